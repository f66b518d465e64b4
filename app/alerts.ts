/** The desk from outside its thread: for the board, for metrics, and what is published of it to log and store. */
import { Worker } from "node:worker_threads";
import { alertsFile } from "../adapters/data-directory.ts";
import { loadLinkKey } from "../adapters/link-key.ts";
import type { Metrics } from "../adapters/metrics.ts";
import { callWorker } from "../adapters/thread-call.ts";
import { verifyLink } from "../alerts/link.ts";
import type { AnswerDoor, BoardDesk, Dependency } from "../board/server.ts";
import type { Secrets } from "../config/secrets.ts";
import type { Log } from "../model/log.ts";
import type { Observation } from "../model/observation.ts";
import type { LogRecord } from "../model/ports.ts";
import { deskRegistryOf, type Registry } from "../model/registry.ts";
import { atMost } from "./close.ts";
import { threadFile } from "./core.ts";
import type { DeskData, DeskSays, DeskStatus } from "./desk.ts";
import { type Repeating, repeat } from "./repeating.ts";

export interface AlertsOptions {
  readonly data: string;
  readonly registry: Registry;
  readonly secrets: Secrets | undefined;
  /** The embedded store, whose observations the desk evaluates. */
  readonly observations?: string;
  readonly allowPlaintext: boolean;
  readonly log: Log;
  /** Where the console channel writes to. */
  readonly print: (text: string) => void;
  /** Appends to the topic `alerts`. */
  readonly append: (records: readonly LogRecord[]) => Promise<void>;
  readonly write: (observations: readonly Observation[]) => Promise<void>;
}

export interface Alerts {
  readonly desk: BoardDesk;
  readonly answers: AnswerDoor;
  /** Resolves with the reason once the desk's thread has ended, asked or not. */
  readonly ended: Promise<Error>;
  /** Starts to evaluate, escalate and deliver; links of notices lead to `boardUrl`, unless the duties name another. */
  begin(boardUrl: string): Promise<void>;
  status(): Promise<DeskStatus>;
  dependency(): Promise<Dependency>;
  close(): Promise<void>;
}

interface Unpublished {
  readonly upTo: number;
  readonly records: LogRecord[];
  readonly rows: Observation[];
}

/** Listening on every address is none that a telephone could open. */
const everyAddress = /^https?:\/\/(0\.0\.0\.0|\[::\])(:|$)/;

const PUBLISH_EVERY_MS = 500;
const PUBLISH_AFTER_ERROR_MS = 5_000;
const PUBLISHING_END_MS = 1_500;
const AT_ONCE = 500;
/** A notice that waits longer than this says that no channel takes any. */
const LONG_WAITING_MS = 15 * 60_000;

/** Takes the events of matters to the log and the store, at least once and in order, for as long as it takes. */
function startPublishing(
  desk: ReturnType<typeof callWorker>,
  { append, write, log }: Pick<AlertsOptions, "append" | "write" | "log">,
): Repeating {
  let wasFailing = false;
  const publish = async (): Promise<boolean> => {
    const next = await desk.call<Unpublished | undefined>("unpublished", AT_ONCE);
    if (next === undefined) return false;
    await append(next.records);
    await write(next.rows);
    await desk.call("published", next.upTo);
    return true;
  };
  return repeat(async (isStopping) => {
    try {
      while (!isStopping() && (await publish()));
      wasFailing = false;
      return PUBLISH_EVERY_MS;
    } catch (error) {
      if (!wasFailing) log.warn("matters-unpublished", { error });
      wasFailing = true;
      return PUBLISH_AFTER_ERROR_MS;
    }
  });
}

/** Opens the desk's thread. Alerts are taken in and stored at once; nothing is told before `begin`. */
export async function openAlerts(options: AlertsOptions): Promise<Alerts> {
  const { data, registry, secrets, observations, allowPlaintext, log, print } = options;
  const linkKey = loadLinkKey(data, secrets?.linkKey);
  const worker = new Worker(threadFile("app-desk"), {
    workerData: {
      file: alertsFile(data),
      registry: deskRegistryOf(registry),
      secrets: { ...secrets?.channels },
      linkKey,
      allowPlaintext,
      ...(observations === undefined ? {} : { observations }),
    } satisfies DeskData,
  });
  worker.on("message", (said: Partial<DeskSays>) => {
    if ("print" in said && said.print !== undefined) print(said.print);
    else if ("log" in said && said.log !== undefined) log[said.log](said.event ?? "", said.facts);
  });
  worker.on("error", (error) => log.error("desk-ended", { error }));
  const thread = callWorker(worker, "desk");
  await thread.call("status");
  let publishing: Repeating | undefined;
  const status = () => thread.call<DeskStatus>("status");
  return {
    ended: thread.ended,
    desk: {
      receive: (document) => thread.call("receive", document),
      matters: (query, caller) => thread.call("matters", query, caller),
      matter: (id, caller) => thread.call("matter", id, caller),
      act: (id, deed, caller) => thread.call("act", id, deed, caller),
      summary: (from, to) => thread.call("summary", from, to),
      counts: () => thread.call("counts"),
    },
    answers: {
      check: (token, matter) => verifyLink(token, linkKey, Date.now(), matter),
      read: (matter, officers, language) => thread.call("answerView", matter, officers, language),
      act: (given) => thread.call("answer", given),
      log,
    },
    async begin(boardUrl) {
      const isAddress = !everyAddress.test(boardUrl);
      if (!isAddress && registry.duties.boardUrl === undefined && registry.duties.officers.length > 0)
        log.warn("no-board-url", {
          message: "notices go out without links: set boardUrl in duties.yaml to the board's address",
        });
      await thread.call("begin", isAddress ? boardUrl : "");
      publishing = startPublishing(thread, options);
    },
    status,
    async dependency() {
      try {
        const { failure, oldestWaitingMs, waiting } = await status();
        const isLate = oldestWaitingMs > LONG_WAITING_MS;
        const detail =
          failure ??
          (isLate ? `${waiting} notices wait, the oldest for ${Math.round(oldestWaitingMs / 1000)} s` : "");
        return { name: "alerts", ok: failure === undefined, ...(detail === "" ? {} : { detail }) };
      } catch (error) {
        return { name: "alerts", ok: false, detail: (error as Error).message };
      }
    },
    async close() {
      // What the log has not taken by then is published after the next start.
      if (publishing) await atMost(PUBLISHING_END_MS, publishing.stop());
      await thread.call("stop");
    },
  };
}

/** What the desk tells Prometheus. */
export function tellAlerts(metrics: Metrics, status: DeskStatus): void {
  for (const [colour, matters] of Object.entries(status.open))
    metrics.set("energy_matters_open", matters, { colour });
  metrics.set("energy_matters_overdue", status.overdue);
  metrics.set("energy_matters_unassigned", status.unassigned);
  for (const { colour, status: of, count } of status.alerts)
    metrics.set("energy_alerts_total", count, { colour, status: of });
  for (const { channel, outcome, count } of status.tries)
    metrics.set("energy_notices_total", count, { channel, outcome });
  metrics.set("energy_notices_waiting", status.waiting);
  metrics.set("energy_notice_oldest_waiting_seconds", status.oldestWaitingMs / 1000);
}
