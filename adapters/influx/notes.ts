/** What waits, what is live, and facts: a point each at the beginning of 1970, overwritten in place. */

import { TransientError } from "../../model/errors.ts";
import type { LiveMeter, PendingSpan } from "../../model/ports.ts";
import type { Cell, InfluxClient } from "./client.ts";
import { bodyFields, bodyNames, bodyOf, isWholeBody, stringValue, tagValue } from "./line.ts";
import { namesOf, recordsOf, tagsAre } from "./question.ts";

/** Time of points that are overwritten in place. */
const PLACE = 0;
const PENDING = ["start", "end", "firstAt", "lastAt", "cause", "site", "meter"];
/** The fields of a point come to light one after the other: whoever reads while another writes may see a part. */
const FACT_ATTEMPTS = 50;
const FACT_PAUSE_MS = 100;
const LIVE = ["at", "receivedAt", "register", "value", "powerKw", "site", "meter"];

export const ownerOf = ({ site, meter }: { readonly site: string; readonly meter: string }): string =>
  `${site}/${meter}`;

const byOwner = <T extends { readonly site: string; readonly meter: string }>(rows: T[]): T[] =>
  rows.sort((a, b) => (a.site < b.site ? -1 : a.site > b.site ? 1 : a.meter < b.meter ? -1 : 1));

/** A site's own span has no meter, and InfluxDB no empty tags. */
const tags = (site: string, meter: string): string =>
  `${meter === "" ? "" : `meter=${tagValue(meter)},`}site=${tagValue(site)}`;

export function pendingLines(
  set: readonly PendingSpan[],
  done: readonly { readonly site: string; readonly meter: string }[],
): string[] {
  const lines = new Map<string, string>();
  for (const span of set) {
    const { site, meter, start, end, firstAt, lastAt, cause } = span;
    lines.set(
      ownerOf(span),
      `pending,${tags(site, meter)} open=1,start=${start},end=${end},firstAt=${firstAt},lastAt=${lastAt},cause=${stringValue(cause)} ${PLACE}`,
    );
  }
  for (const one of done) lines.set(ownerOf(one), `pending,${tags(one.site, one.meter)} open=0 ${PLACE}`);
  return [...lines.values()];
}

export async function readPending(client: InfluxClient): Promise<PendingSpan[]> {
  let spans: PendingSpan[] = [];
  await client.ask(
    [`SELECT ${namesOf(PENDING)} FROM "pending" WHERE "open"=1`],
    (piece) => {
      for (const row of recordsOf(piece)) {
        const { time: _, meter, ...rest } = row;
        spans.push({ ...rest, meter: meter ?? "" } as unknown as PendingSpan);
      }
    },
    () => {
      spans = [];
    },
  );
  return byOwner(spans);
}

/** Without a power the point keeps the one it has. */
export function liveLine(row: LiveMeter): string {
  const power = row.powerKw === null ? "" : `,powerKw=${row.powerKw}`;
  const { site, meter, at, receivedAt, register, value } = row;
  return `live,${tags(site, meter)} at=${at},receivedAt=${receivedAt},register=${stringValue(register)},value=${value}${power} ${PLACE}`;
}

export async function readLive(client: InfluxClient, lease?: AbortSignal): Promise<LiveMeter[]> {
  let rows: LiveMeter[] = [];
  await client.ask(
    [`SELECT ${namesOf(LIVE)} FROM "live"`],
    (piece) => {
      for (const { time: _, ...row } of recordsOf(piece)) rows.push(row as unknown as LiveMeter);
    },
    () => {
      rows = [];
    },
    lease,
  );
  return byOwner(rows);
}

export function factLine(fact: { readonly name: string; readonly value: string }): string {
  return `fact,name=${tagValue(fact.name)} ${bodyFields(fact.value, `fact ${fact.name}`)} ${PLACE}`;
}

export async function readFact(client: InfluxClient, name: string): Promise<string | undefined> {
  const statement = `SELECT ${namesOf(bodyNames)} FROM "fact" WHERE ${tagsAre({ name })}`;
  for (let attempt = 1; ; attempt += 1) {
    let found: Record<string, Cell> | undefined;
    await client.ask(
      [statement],
      (piece) => {
        found = recordsOf(piece).at(-1);
      },
      () => {
        found = undefined;
      },
    );
    if (found === undefined || isWholeBody(found)) return found && bodyOf(found);
    if (attempt === FACT_ATTEMPTS)
      throw new TransientError("influxdb", `InfluxDB at ${client.where} holds fact ${name} in part only`);
    await new Promise((resolve) => setTimeout(resolve, FACT_PAUSE_MS));
  }
}
