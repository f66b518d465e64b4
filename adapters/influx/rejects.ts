/** Rejects: a point at the moment of receipt, its offset telling those of one millisecond apart. */
import type { RejectQuery } from "../../model/ports.ts";
import type { StoredReject } from "../../model/reject.ts";
import type { InfluxClient } from "./client.ts";
import { bodyFields, bodyNames, bodyOf, nanoTime, tagValue } from "./line.ts";
import { chunksOf, namesOf, recordsOf, tagsAre, timeWithin } from "./question.ts";

/** Bodies asked for at once; each may have half a megabyte. */
const BODIES_PER_QUESTION = 25;
/**
 * Offsets told apart within a millisecond, and as many negative ones: those of the topic of readings. Prime to the
 * step by which the offsets of one partition rise (`placeOf` of the processors): all of an import have one moment.
 */
const PLACES = 499_999;
const BODY = ["offset", "replayedAt", ...bodyNames];

const timeOf = (receivedAt: number, offset: number): string =>
  nanoTime(receivedAt, (Math.abs(offset) % PLACES) * 2 + (offset < 0 ? 1 : 0));

export function rejectLine(reject: StoredReject): string {
  const { offset, replayedAt, ...body } = reject;
  const replayed = replayedAt === undefined ? "" : `,replayedAt=${replayedAt}`;
  const fields = bodyFields(JSON.stringify(body), `reject ${offset} of ${reject.site}`);
  const tags = `code=${tagValue(reject.code)},site=${tagValue(reject.site)}`;
  return `reject,${tags} offset=${offset}${replayed},${fields} ${timeOf(reject.receivedAt, offset)}`;
}

interface Place {
  readonly offset: number;
  readonly receivedAt: number;
  readonly site: string;
  readonly code: string;
}

/** Where the rejects of a page lie, by falling offset. */
async function placesOf(client: InfluxClient, query: RejectQuery): Promise<Place[]> {
  const { site, code, before } = query;
  const conditions = [
    ...(site === undefined ? [] : [tagsAre({ site })]),
    ...(code === undefined ? [] : [tagsAre({ code })]),
    before === undefined ? `"parts">0` : `"offset"<${before}`,
  ];
  const range = timeWithin(query.from, query.to - 1);
  let places: Place[] = [];
  await client.ask(
    [
      `SELECT TOP("offset",${query.limit}) AS "offset","site","code" FROM "reject" WHERE ${range}${conditions.join(" AND ")}`,
    ],
    (piece) => {
      for (const row of recordsOf(piece)) {
        const { time, ...rest } = row;
        places.push({ receivedAt: time, ...rest } as unknown as Place);
      }
    },
    () => {
      places = [];
    },
  );
  return places.sort((a, b) => b.offset - a.offset);
}

/** Rejects by falling offset. Two questions: the first reads no bodies, which may have hundreds of kilobytes. */
export async function readRejects(client: InfluxClient, query: RejectQuery): Promise<StoredReject[]> {
  if (query.from >= query.to || query.limit < 1) return [];
  const places = await placesOf(client, query);
  const rejects: StoredReject[] = [];
  for (const chunk of chunksOf(places, BODIES_PER_QUESTION)) {
    const found: (StoredReject | undefined)[] = [];
    const statements = chunk.map(
      ({ offset, receivedAt, site, code }) =>
        `SELECT ${namesOf(BODY)} FROM "reject" WHERE time=${timeOf(receivedAt, offset)} AND ${tagsAre({ site, code })}`,
    );
    await client.ask(statements, (piece, statement) => {
      for (const row of recordsOf(piece)) {
        const replayed = row.replayedAt === null ? {} : { replayedAt: row.replayedAt as number };
        const body = JSON.parse(bodyOf(row)) as StoredReject;
        found[statement] = { ...body, offset: row.offset as number, ...replayed };
      }
    });
    rejects.push(...found.filter((one) => one !== undefined));
  }
  return rejects;
}
