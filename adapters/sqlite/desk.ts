/** The desk's store: `alerts.db`, one connection that writes, every transaction on disk before it is answered. */
import type { MatterAction, MatterEvent } from "../../model/alert.ts";
import type {
  AgencySummary,
  AlertLink,
  DeskMatter,
  DeskStore,
  MatterQuery,
  NumberedEvent,
  OpenCounts,
} from "../../model/desk.ts";
import type { Colour } from "../../model/limit.ts";
import { outboxIn } from "./desk-outbox.ts";
import { prepareDesk } from "./desk-schema.ts";
import type { Database, SqlValue } from "./driver.ts";

/** Agencies between bars, so that one is found by its whole name. */
const barred = (agencies: readonly string[]): string => `|${agencies.join("|")}|`;

const matterOf = (row: unknown): DeskMatter | undefined =>
  row === undefined ? undefined : (JSON.parse((row as { body: string }).body) as DeskMatter);

/** Begins a transaction at the outermost call and commits it there; a throw anywhere undoes it all. */
function transactionsOn(db: Database): DeskStore["transaction"] {
  let depth = 0;
  return (work) => {
    if (depth === 0) db.exec("BEGIN IMMEDIATE");
    depth += 1;
    try {
      const result = work();
      depth -= 1;
      if (depth === 0) db.exec("COMMIT");
      return result;
    } catch (error) {
      if (depth > 0) depth -= 1;
      if (depth === 0) db.exec("ROLLBACK");
      throw error;
    }
  };
}

type Matters = Pick<
  DeskStore,
  | "nextNumber"
  | "matter"
  | "newestOf"
  | "putMatter"
  | "matters"
  | "counts"
  | "summary"
  | "dueMatters"
  | "nextDueAt"
>;

/** The conditions of a query, and what they compare with. */
function conditionsOf({ state, site, colour, agency, before }: MatterQuery): {
  sql: string;
  values: SqlValue[];
} {
  const parts: [string, SqlValue[]][] = [];
  if (state !== "all") parts.push([`closed_at IS ${state === "open" ? "NULL" : "NOT NULL"}`, []]);
  if (site !== undefined) parts.push(["site = ?", [site]]);
  if (colour !== undefined) parts.push(["colour = ?", [colour]]);
  if (agency !== undefined) parts.push(["instr(agencies, ?) > 0", [barred([agency])]]);
  if (before !== undefined) parts.push(["n < (SELECT n FROM matter WHERE id = ?)", [before]]);
  return {
    sql: parts.length === 0 ? "1" : parts.map(([sql]) => sql).join(" AND "),
    values: parts.flatMap(([, values]) => values),
  };
}

const SUMMARY = `SELECT coalesce(lead, '') AS agency, count(*) AS raised,
  coalesce(sum(acknowledged_at IS NOT NULL AND (due_at IS NULL OR acknowledged_at <= due_at)), 0) AS answeredInTime,
  coalesce(sum(due_at IS NOT NULL AND coalesce(acknowledged_at, ?) > due_at), 0) AS overdue,
  coalesce(sum(closed_at IS NOT NULL), 0) AS closed
  FROM matter WHERE raised_at >= ? AND raised_at < ? GROUP BY 1 ORDER BY 1`;

const COUNTS = `SELECT colour, count(*) AS n, coalesce(sum(acknowledged_at IS NULL AND due_at < ?), 0) AS overdue, sum(nobody) AS nobody
  FROM matter WHERE closed_at IS NULL GROUP BY colour`;

function mattersIn(db: Database): Matters {
  const number = db.prepare(
    "INSERT INTO day_number(day, last) VALUES(?, 1) ON CONFLICT DO UPDATE SET last = last + 1 RETURNING last",
  );
  const one = db.prepare("SELECT body FROM matter WHERE id=?");
  const newest = db.prepare("SELECT body FROM matter WHERE subject=? ORDER BY n DESC LIMIT 1");
  const put =
    db.prepare(`INSERT INTO matter(id, subject, colour, state, lead, agencies, site, raised_at, due_at, acknowledged_at, closed_at,
    next_at, nobody, body) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET colour=excluded.colour, state=excluded.state,
    lead=excluded.lead, agencies=excluded.agencies, due_at=excluded.due_at, acknowledged_at=excluded.acknowledged_at,
    closed_at=excluded.closed_at, next_at=excluded.next_at, nobody=excluded.nobody, body=excluded.body`);
  const due = db.prepare("SELECT body FROM matter WHERE next_at <= ? ORDER BY next_at, n LIMIT ?");
  const next = db.prepare(
    "SELECT min(at) AS at FROM (SELECT min(next_at) AS at FROM matter WHERE next_at IS NOT NULL UNION ALL SELECT min(due_at) FROM telling)",
  );
  const counts = db.prepare(COUNTS);
  const last = db.prepare("SELECT id FROM matter ORDER BY n DESC LIMIT 1");
  const summary = db.prepare(SUMMARY);
  return {
    nextNumber: (day) => (number.get(day) as { last: number }).last,
    matter: (id) => matterOf(one.get(id)),
    newestOf: (subject) => matterOf(newest.get(subject)),
    putMatter(matter) {
      const { id, subject, colour, state, lead, others, alert, raisedAt, told } = matter;
      const agencies = barred(lead === undefined ? others : [lead, ...others]);
      const { dueAt = null, acknowledgedAt = null, closedAt = null, nextAt = null } = matter;
      put.run(
        id,
        subject,
        colour,
        state,
        lead ?? null,
        agencies,
        alert.site ?? null,
        raisedAt,
        dueAt,
        acknowledgedAt,
        closedAt,
        nextAt,
        told.length === 0 ? 1 : 0,
        JSON.stringify(matter),
      );
    },
    matters(query) {
      const { sql, values } = conditionsOf(query);
      const rows = db
        .prepare(`SELECT body FROM matter WHERE ${sql} ORDER BY n DESC LIMIT ?`)
        .all(...values, query.limit);
      return rows.map((row) => matterOf(row)!);
    },
    counts(now): OpenCounts {
      const rows = counts.all(now) as { colour: Colour; n: number; overdue: number; nobody: number }[];
      const open = { yellow: 0, orange: 0, red: 0 };
      for (const { colour, n } of rows) open[colour] = n;
      const sum = (of: "overdue" | "nobody"): number => rows.reduce((total, row) => total + row[of], 0);
      const newestRow = last.get() as { id: string } | undefined;
      return {
        open,
        overdue: sum("overdue"),
        unassigned: sum("nobody"),
        ...(newestRow === undefined ? {} : { newest: newestRow.id }),
      };
    },
    summary: (from, to, now) => summary.all(now, from, to) as AgencySummary[],
    dueMatters: (now, limit) => due.all(now, limit).map((row) => matterOf(row)!),
    nextDueAt: () => (next.get() as { at: number | null }).at ?? undefined,
  };
}

interface LinkRow {
  readonly fingerprint: string;
  readonly starts_at: number;
  readonly matter: string;
  readonly colour: Colour;
  readonly resolved_at: number | null;
}

function linkOf({ fingerprint, starts_at, matter, colour, resolved_at }: LinkRow): AlertLink {
  return {
    fingerprint,
    startsAt: starts_at,
    matter,
    colour,
    ...(resolved_at === null ? {} : { resolvedAt: resolved_at }),
  };
}

function linksIn(db: Database): Pick<DeskStore, "link" | "openLinks" | "putLink"> {
  const one = db.prepare("SELECT * FROM link WHERE fingerprint=? AND starts_at=?");
  const open = db.prepare(
    "SELECT * FROM link WHERE matter=? AND resolved_at IS NULL ORDER BY fingerprint, starts_at",
  );
  const put = db.prepare(
    "INSERT INTO link(fingerprint, starts_at, matter, colour, resolved_at) VALUES(?,?,?,?,?) ON CONFLICT DO UPDATE SET resolved_at=excluded.resolved_at",
  );
  return {
    link(fingerprint, startsAt) {
      const row = one.get(fingerprint, startsAt) as LinkRow | undefined;
      return row && linkOf(row);
    },
    openLinks: (matter) => (open.all(matter) as LinkRow[]).map(linkOf),
    putLink({ fingerprint, startsAt, matter, colour, resolvedAt = null }) {
      put.run(fingerprint, startsAt, matter, colour, resolvedAt);
    },
  };
}

interface EventRow {
  readonly n: number;
  readonly matter: string;
  readonly seq: number;
  readonly at: number;
  readonly action: MatterAction;
  readonly actor: string;
  readonly text: string;
  readonly details: string;
}

function eventOf({ matter, seq, at, action, actor, text, details }: EventRow): MatterEvent {
  return { matter, seq, at, action, actor, text, details: JSON.parse(details) as MatterEvent["details"] };
}

function eventsIn(db: Database): Pick<DeskStore, "addEvent" | "events" | "eventsSince"> {
  const last = db.prepare("SELECT coalesce(max(seq), 0) AS seq FROM event WHERE matter=?");
  const insert = db.prepare(
    "INSERT INTO event(matter, seq, at, action, actor, text, details) VALUES(?,?,?,?,?,?,?)",
  );
  const of = db.prepare("SELECT * FROM event WHERE matter=? ORDER BY seq");
  const since = db.prepare(
    "SELECT e.*, m.body FROM event e JOIN matter m ON m.id = e.matter WHERE e.n > ? ORDER BY e.n LIMIT ?",
  );
  return {
    addEvent(event) {
      const seq = (last.get(event.matter) as { seq: number }).seq + 1;
      const { matter, at, action, actor, text, details } = event;
      insert.run(matter, seq, at, action, actor, text, JSON.stringify(details));
      return { ...event, seq };
    },
    events: (matter) => (of.all(matter) as EventRow[]).map(eventOf),
    eventsSince: (number, limit) =>
      (since.all(number, limit) as (EventRow & { body: string })[]).map(
        (row): NumberedEvent => ({ number: row.n, event: eventOf(row), matter: matterOf(row)! }),
      ),
  };
}

/** The desk's store on an open file. @throws Error of another version's file */
export function createDeskStore(db: Database): DeskStore {
  prepareDesk(db);
  const read = db.prepare("SELECT value FROM fact WHERE name=?");
  const write = db.prepare(
    "INSERT INTO fact(name, value) VALUES(?,?) ON CONFLICT DO UPDATE SET value=excluded.value",
  );
  return {
    transaction: transactionsOn(db),
    ...mattersIn(db),
    ...linksIn(db),
    ...eventsIn(db),
    ...outboxIn(db),
    fact: (name) => (read.get(name) as { value: string } | undefined)?.value,
    putFact(name, value) {
      write.run(name, value);
    },
    close: () => db.close(),
  };
}
