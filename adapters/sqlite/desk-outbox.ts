/** Tellings, deliveries and tries of the desk's store. */
import type { DeskStore, StoredAttempt, StoredDelivery, Telling } from "../../model/desk.ts";
import { colours } from "../../model/limit.ts";
import { DAY_MS } from "../../model/time.ts";
import type { Database } from "./driver.ts";

/** Counts of messages are looked back on for digest windows alone, which are shorter. */
const TOLD_KEPT_MS = DAY_MS;

type OutboxPart = Pick<
  DeskStore,
  | "addTelling"
  | "dueTellings"
  | "dropTellings"
  | "tellingsOf"
  | "addTold"
  | "toldSince"
  | "putDelivery"
  | "dueDeliveries"
  | "waitingDeliveries"
  | "nextDeliveryAt"
  | "waitingChannels"
  | "deliveriesIn"
  | "deliveriesOf"
  | "addAttempt"
  | "attemptsOf"
  | "attemptsSince"
  | "oldestWaiting"
>;

interface TellingRow extends Omit<Telling, "dueAt"> {
  readonly due_at: number;
}
const tellingOf = ({ due_at: dueAt, ...rest }: TellingRow): Telling => ({ ...rest, dueAt });

interface DeliveryRow {
  readonly id: string;
  readonly channel: string;
  readonly state: string;
  readonly next_at: number;
  readonly created_at: number;
  readonly rank: number;
  readonly body: string;
}

const worstRank = colours.length - 1;
/** Red is 0, so that it comes first. */
const rankOf = (colour: StoredDelivery["colour"]): number => worstRank - colours.indexOf(colour);

/** Rows are looked up by what is in columns; what else there is, `body` has. */
function deliveryOf({ id, channel, state, next_at, created_at, rank, body }: DeliveryRow): StoredDelivery {
  return {
    id,
    channel,
    state,
    nextAt: next_at,
    createdAt: created_at,
    colour: colours[worstRank - rank]!,
    matters: [],
    body,
  };
}

function tellingsIn(
  db: Database,
): Pick<OutboxPart, "addTelling" | "dueTellings" | "dropTellings" | "tellingsOf"> {
  const insert = db.prepare(
    "INSERT INTO telling(officer, matter, kind, colour, at, due_at) VALUES(?,?,?,?,?,?)",
  );
  const longest = db.prepare("SELECT officer FROM telling WHERE due_at <= ? ORDER BY due_at, id LIMIT 1");
  const due = db.prepare("SELECT * FROM telling WHERE officer=? AND due_at <= ? ORDER BY id LIMIT ?");
  const drop = db.prepare("DELETE FROM telling WHERE id=?");
  const of = db.prepare("SELECT * FROM telling WHERE matter=? ORDER BY id");
  return {
    addTelling({ officer, matter, kind, colour, at, dueAt }) {
      insert.run(officer, matter, kind, colour, at, dueAt);
    },
    dueTellings(now, limit) {
      const first = longest.get(now) as { officer: string } | undefined;
      return first === undefined
        ? []
        : (due.all(first.officer, now, limit) as unknown as TellingRow[]).map(tellingOf);
    },
    dropTellings(ids) {
      for (const id of ids) drop.run(id);
    },
    tellingsOf: (matter) => (of.all(matter) as unknown as TellingRow[]).map(tellingOf),
  };
}

function toldIn(db: Database): Pick<OutboxPart, "addTold" | "toldSince"> {
  const insert = db.prepare("INSERT INTO told(officer, at, digest) VALUES(?,?,?)");
  const forget = db.prepare("DELETE FROM told WHERE officer=? AND at < ?");
  const count = db.prepare("SELECT count(*) AS messages FROM told WHERE officer=? AND at > ?");
  const digest = db.prepare("SELECT max(at) AS at FROM told WHERE officer=? AND digest=1");
  return {
    addTold(officer, at, isDigest) {
      forget.run(officer, at - TOLD_KEPT_MS);
      insert.run(officer, at, isDigest ? 1 : 0);
    },
    toldSince(officer, since) {
      const { messages } = count.get(officer, since) as { messages: number };
      const { at } = digest.get(officer) as { at: number | null };
      return at === null ? { messages } : { messages, lastDigestAt: at };
    },
  };
}

function attemptsIn(db: Database): Pick<OutboxPart, "addAttempt" | "attemptsOf" | "attemptsSince"> {
  const insert = db.prepare("INSERT INTO attempt(delivery, channel, at, status, body) VALUES(?,?,?,?,?)");
  const of = db.prepare(
    "SELECT a.delivery, a.channel, a.at, a.status, a.body FROM delivery_matter m JOIN attempt a ON a.delivery = m.delivery WHERE m.matter=? ORDER BY a.n",
  );
  const since = db.prepare("SELECT at, status FROM attempt WHERE channel=? AND at >= ? ORDER BY at");
  return {
    addAttempt({ delivery, channel, at, status, body }) {
      insert.run(delivery, channel, at, status, body);
    },
    attemptsOf: (matter) =>
      (of.all(matter) as unknown as Omit<StoredAttempt, "matters">[]).map((row) => ({ ...row, matters: [] })),
    attemptsSince: (channel, from, statuses) =>
      (since.all(channel, from) as { at: number; status: string }[])
        .filter(({ status }) => statuses.includes(status))
        .map(({ at }) => at),
  };
}

type Deliveries = Omit<
  OutboxPart,
  keyof (ReturnType<typeof tellingsIn> & ReturnType<typeof toldIn> & ReturnType<typeof attemptsIn>)
>;

function deliveriesIn(db: Database): Deliveries {
  const put = db.prepare(
    "INSERT INTO delivery(id, channel, state, next_at, created_at, rank, body) VALUES(?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET channel=excluded.channel, state=excluded.state, next_at=excluded.next_at, rank=excluded.rank, body=excluded.body",
  );
  const putMatter = db.prepare(
    "INSERT INTO delivery_matter(matter, delivery) VALUES(?,?) ON CONFLICT DO NOTHING",
  );
  const due = db.prepare(
    "SELECT * FROM delivery WHERE state='waiting' AND channel=? AND next_at <= ? ORDER BY rank, next_at, id LIMIT ?",
  );
  const waiting = db.prepare("SELECT count(*) AS n FROM delivery WHERE state='waiting' AND channel=?");
  const next = db.prepare("SELECT min(next_at) AS at FROM delivery WHERE state='waiting' AND channel=?");
  const channels = db.prepare("SELECT DISTINCT channel FROM delivery WHERE state='waiting'");
  const inState = db.prepare("SELECT * FROM delivery WHERE state=? ORDER BY id");
  const sending = db.prepare("SELECT * FROM delivery WHERE state='sending' ORDER BY id");
  const of = db.prepare(
    "SELECT d.* FROM delivery_matter m JOIN delivery d ON d.id = m.delivery WHERE m.matter=? ORDER BY d.created_at, d.id",
  );
  const oldest = [
    db.prepare("SELECT min(created_at) AS at FROM delivery WHERE state='waiting'"),
    db.prepare("SELECT min(created_at) AS at FROM delivery WHERE state='sending'"),
  ];
  const rows = (found: unknown[]): StoredDelivery[] => (found as DeliveryRow[]).map(deliveryOf);
  return {
    putDelivery({ id, channel, state, nextAt, createdAt, colour, matters, body }) {
      put.run(id, channel, state, nextAt, createdAt, rankOf(colour), body);
      for (const matter of matters) putMatter.run(matter, id);
    },
    dueDeliveries: (channel, now, limit) => rows(due.all(channel, now, limit)),
    waitingDeliveries: (channel) => (waiting.get(channel) as { n: number }).n,
    nextDeliveryAt: (channel) => (next.get(channel) as { at: number | null }).at ?? undefined,
    waitingChannels: () => (channels.all() as { channel: string }[]).map(({ channel }) => channel),
    deliveriesIn: (state) => rows(state === "sending" ? sending.all() : inState.all(state)),
    deliveriesOf: (matter) => rows(of.all(matter)),
    oldestWaiting() {
      const found = oldest.map((one) => (one.get() as { at: number | null }).at).filter((at) => at !== null);
      return found.length > 0 ? Math.min(...found) : undefined;
    },
  };
}

/** The part of the store that carries notices. */
export function outboxIn(db: Database): OutboxPart {
  return { ...tellingsIn(db), ...toldIn(db), ...deliveriesIn(db), ...attemptsIn(db) };
}
