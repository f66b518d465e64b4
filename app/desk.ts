/**
 * The desk's thread: its store, the evaluation of rules in the embedded stack, and the carrying of notices. Its commits
 * wait for the disk, and nothing that takes readings in waits for them.
 */
import { parentPort, workerData } from "node:worker_threads";
import { createNotifier } from "../adapters/channels/create.ts";
import type { ChannelSecret } from "../adapters/channels/options.ts";
import { createDeskStore } from "../adapters/sqlite/desk.ts";
import { openDatabase } from "../adapters/sqlite/driver.ts";
import { serveCalls } from "../adapters/thread-call.ts";
import { createComposer } from "../alerts/compose/notice.ts";
import type { Language } from "../alerts/compose/words.ts";
import { createDeliverer } from "../alerts/deliver/deliverer.ts";
import type { Attempt } from "../alerts/deliver/outbox.ts";
import { type Actor, type Deed, mayOf } from "../alerts/desk/actions.ts";
import { answerByLink, answersOf, mayByLink } from "../alerts/desk/answer.ts";
import { createDesk } from "../alerts/desk/desk.ts";
import { noticesOf } from "../alerts/desk/notices.ts";
import { createOutbox } from "../alerts/desk/outbox.ts";
import { alertRecord, alertRows } from "../alerts/desk/publish.ts";
import { alertsOf } from "../alerts/document.ts";
import { workingTimeOf } from "../alerts/escalate/working-time.ts";
import { LINK_LIFE_MS, linkPath, signLink } from "../alerts/link.ts";
import type { Alert } from "../model/alert.ts";
import type { DeskMatter, MatterQuery, OpenCounts } from "../model/desk.ts";
import type { Facts, Log } from "../model/log.ts";
import type { DeskRegistry } from "../model/registry.ts";
import type { Role } from "../model/roles.ts";
import { shareTexts } from "../model/share-texts.ts";
import { calendarOf, type Instant } from "../model/time.ts";
import { openEvaluation } from "./desk-evaluation.ts";

export interface DeskData {
  readonly file: string;
  readonly registry: DeskRegistry;
  /** The embedded store, whose observations are evaluated here; absent where Grafana does that. */
  readonly observations?: string;
  readonly secrets: Readonly<Record<string, ChannelSecret>>;
  readonly linkKey: Uint8Array;
  readonly allowPlaintext: boolean;
}

/** What the thread says beside its answers. */
export type DeskSays =
  | { readonly log: keyof Log; readonly event: string; readonly facts?: Facts }
  | { readonly print: string };

/** How the desk does, for /metrics and /readyz. */
export interface DeskStatus extends OpenCounts {
  /** Since the start: alerts by colour and status, tries of channels by outcome. */
  readonly alerts: readonly { readonly colour: string; readonly status: string; readonly count: number }[];
  readonly tries: readonly { readonly channel: string; readonly outcome: string; readonly count: number }[];
  readonly waiting: number;
  /** Made, and not carried yet. */
  readonly oldestWaitingMs: number;
  /** Why it does not do its work, if it does not. */
  readonly failure?: string;
}

const data = workerData as DeskData;
const registry = shareTexts(data.registry);
const { duties } = registry;
const calendar = calendarOf(registry.county.zone);
const say = (what: DeskSays): void => parentPort!.postMessage(what);
const tell = (level: keyof Log) => (event: string, facts?: Facts) =>
  say({ log: level, event, ...(facts === undefined ? {} : { facts }) });
const log: Log = { error: tell("error"), warn: tell("warn"), info: tell("info"), debug: tell("debug") };

const store = createDeskStore(openDatabase(data.file));
/** Links lead to the address that the board is heard of by, which is known once it listens. */
let boardUrl = duties.boardUrl ?? "";
const composerAt = (url: string) =>
  createComposer(
    { registry, calendar },
    {
      ...(url === "" ? {} : { boardUrl: url }),
      ...(url === ""
        ? {}
        : {
            answer: (matter: string, officers: readonly string[], now: Instant) =>
              `${url.replace(/\/+$/, "")}${linkPath(signLink({ matter, officers, expiresAt: now + LINK_LIFE_MS }, data.linkKey))}`,
          }),
    },
  );
let composer = composerAt(boardUrl);
const desk = createDesk({
  store,
  registry,
  calendar,
  work: workingTimeOf(duties.calendar, calendar),
  compose: (...given) => composer.notice(...given),
});

const alertCounts = new Map<string, number>();
const tryCounts = new Map<string, number>();
const count = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

const carried = createOutbox(store);
const deliverer = createDeliverer({
  outbox: {
    ...carried,
    write(changes) {
      carried.write(changes);
      for (const { channel, status } of changes.attempts)
        count(tryCounts, `${channel} ${status satisfies Attempt["status"]}`);
    },
  },
  channels: duties.channels,
  notifiers: new Map(
    duties.channels.map((channel) => [
      channel.id,
      createNotifier(channel, data.secrets[channel.id], {
        allowPlaintext: data.allowPlaintext,
        write: (text) => say({ print: text }),
      }),
    ]),
  ),
  composeDigest: (contents) => composer.merge(contents),
  now: Date.now,
  log,
});

/** On disk when it returns, with the notices it led to. */
function receive(alerts: readonly Alert[], along?: () => void) {
  const received = desk.receive(alerts, Date.now(), along);
  for (const { colour, status } of alerts) count(alertCounts, `${colour} ${status}`);
  deliverer.wake();
  return received;
}

const evaluation =
  data.observations === undefined
    ? undefined
    : openEvaluation({ file: data.observations, registry, store, calendar, log, receive });

let failure: string | undefined;
const DUE_EVERY_MS = 500;

/** Ladders, held back notices and digests: looked at twice a second, done when they are due. */
function lookForDue(): void {
  try {
    const at = desk.nextDueAt();
    if (at !== undefined && at <= Date.now()) {
      desk.due(Date.now());
      deliverer.wake();
    }
    failure = undefined;
  } catch (error) {
    failure ??= (error as Error).message;
    log.error("desk-halted", { error });
  }
}
let dueTimer: NodeJS.Timeout | undefined;

const actorOf = ({ name, role }: { name: string; role: Role }): Actor => {
  const officer = duties.officers.find(({ operator }) => operator === name)?.id;
  return { name, role, ...(officer === undefined ? {} : { officer }) };
};

const whole = (matter: DeskMatter, actor: Actor) => ({
  matter,
  may: mayOf(matter, actor, duties),
  events: store.events(matter.id),
  notices: noticesOf(store, matter.id),
});

/** The place up to which events were published. */
const PUBLISHED = "published";

function answerView(id: string, officers: readonly string[], asked: Language | undefined) {
  const matter = store.matter(id);
  const known = duties.officers.filter((one) => officers.includes(one.id));
  if (matter === undefined || known.length === 0) return undefined;
  const language = asked ?? known[0]!.language;
  const { title, facts } = composer.notice("raised", [matter], language, officers, Date.now());
  const { panelUrl } = matter.alert;
  return {
    language,
    matter: {
      id,
      colour: matter.colour,
      title,
      facts,
      answers: answersOf(store.events(id), registry, calendar, language),
      may: mayByLink(matter, registry),
      officers: known.map((one) => ({ id: one.id, name: one.name[language] })),
      ...(boardUrl === "" ? {} : { boardUrl }),
      ...(panelUrl === undefined ? {} : { panelUrl }),
    },
  };
}

function status(): DeskStatus {
  const waiting = store.waitingChannels().reduce((sum, channel) => sum + store.waitingDeliveries(channel), 0);
  const oldest = store.oldestWaiting();
  const trouble = failure ?? evaluation?.failure();
  return {
    ...store.counts(Date.now()),
    alerts: [...alertCounts].map(([key, total]) => {
      const [colour = "", of = ""] = key.split(" ");
      return { colour, status: of, count: total };
    }),
    tries: [...tryCounts].map(([key, total]) => {
      const [channel = "", outcome = ""] = key.split(" ");
      return { channel, outcome, count: total };
    }),
    waiting,
    oldestWaitingMs: oldest === undefined ? 0 : Math.max(0, Date.now() - oldest),
    ...(trouble === undefined ? {} : { failure: trouble }),
  };
}

serveCalls(parentPort!, {
  async begin(url: string) {
    boardUrl = duties.boardUrl ?? url;
    composer = composerAt(boardUrl);
    await deliverer.start();
    evaluation?.start();
    dueTimer = setInterval(lookForDue, DUE_EVERY_MS);
  },
  receive(document: unknown) {
    const read = alertsOf(document);
    if (!read.ok) return read;
    if (read.truncated > 0) log.error("hook-truncated", { leftOut: read.truncated });
    return { ok: true, ...receive(read.alerts) };
  },
  matters: (query: MatterQuery, caller: { name: string; role: Role }) => {
    const actor = actorOf(caller);
    return store.matters(query).map((matter) => ({ matter, may: mayOf(matter, actor, duties) }));
  },
  matter(id: string, caller: { name: string; role: Role }) {
    const matter = store.matter(id);
    return matter && whole(matter, actorOf(caller));
  },
  act(id: string, deed: Deed, caller: { name: string; role: Role }) {
    const actor = actorOf(caller);
    const acted = desk.act(id, deed, actor, Date.now());
    deliverer.wake();
    return "matter" in acted ? { whole: whole(acted.matter, actor) } : acted;
  },
  summary: (from: Instant, to: Instant) => store.summary(from, to, Date.now()),
  counts: () => store.counts(Date.now()),
  answerView,
  answer(given: Parameters<typeof answerByLink>[2]) {
    const outcome = answerByLink(desk, store.matter(given.matter), given, Date.now());
    deliverer.wake();
    return outcome;
  },
  status,
  unpublished(limit: number) {
    const events = store.eventsSince(Number(store.fact(PUBLISHED) ?? 0), limit);
    const last = events.at(-1);
    return (
      last && { upTo: last.number, records: events.map(alertRecord), rows: alertRows(events, Date.now()) }
    );
  },
  published: (upTo: number) => store.putFact(PUBLISHED, String(upTo)),
  async stop() {
    clearInterval(dueTimer);
    await evaluation?.stop();
    await deliverer.stop();
    store.close();
    // The driver aborts the process when a thread ends inside a call: the thread closes first, then ends itself.
    setImmediate(() => parentPort!.close());
  },
});
