import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { type CsvImport, importCsv } from "../../ingest/csv-import.ts";
import { replayReject } from "../../ingest/replay.ts";
import { UsageError } from "../../model/errors.ts";
import { at, bytes, county, newAcceptor, readingsOf, receivedAt, rejectsOf, steel, tally } from "./county.ts";

const source: CsvImport = {
  profile: "uci-steel",
  site: "works-1",
  meter: "m-3",
  file: "steel.csv",
  receivedAt,
};

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let i = 0; i < text.length; i += size) yield text.slice(i, i + size);
}

async function run(text: string, parts: Partial<CsvImport> = {}, acceptor = newAcceptor()) {
  const chunks = [];
  for await (const chunk of importCsv(acceptor, { ...source, ...parts }, pieces(text, 4096)))
    chunks.push(chunk);
  return { chunks, records: chunks.flatMap((chunk) => chunk.records) };
}

test("two days of the steel works: every quarter-hour once, the day's last row at 24:00", async () => {
  const text = await readFile(new URL("fixtures/steel-two-days.csv", import.meta.url), "utf8");
  expect(text.startsWith("\uFEFF")).toBe(true);
  const { chunks, records } = await run(text);
  expect(chunks).toMatchObject([{ line: 193, accepted: 192, rejected: 0 }]);
  const readings = readingsOf(records).flatMap((record) => record.readings);
  const start = at("2018-01-01T00:00:00+08:00");
  expect(readings.map((reading) => reading.at)).toEqual(
    Array.from({ length: 192 }, (_, i) => start + (i + 1) * 15 * 60_000),
  );
  expect(readings[95]).toMatchObject({ at: at("2018-01-02T00:00:00+08:00"), value: 3.42 });
  const usage = text
    .split("\n")
    .slice(1, 193)
    .map((line) => Number(line.split(",")[1]));
  expect(readings.map((reading) => reading.value)).toEqual(usage);
});

test("rows become records of 500, each counted with what it holds", async () => {
  const rows = Array.from({ length: 1200 }, (_, i) => {
    const date = new Date(Date.UTC(2020, 0, 1) + (i * 15 + 15) * 60_000).toISOString();
    return `${date.slice(8, 10)}/${date.slice(5, 7)}/2020 ${date.slice(11, 16)},${i === 700 ? "x" : i}`;
  });
  const { chunks, records } = await run(["date,Usage_kWh", ...rows].join("\n"));
  expect(chunks.map(({ line, accepted, rejected }) => [line, accepted, rejected])).toEqual([
    [501, 500, 0],
    [1001, 499, 1],
    [1201, 200, 0],
  ]);
  expect(records.map((out) => out.record.received)).toEqual([500, 499, 1, 200]);
  expect(tally(records)).toMatchObject({ received: 1200, accepted: 1199, isBalanced: true });
});

test("refused rows name file and line, and can be replayed on their own", async () => {
  const text = [
    "date,Usage_kWh,Note",
    "01/01/2020 00:15,5,",
    "01/13/2020 00:15,5,",
    "01/01/2017 00:15,5,",
    "01/01/2020 00:30,,",
    "01/01/2020 00:45,6",
    '01/01/2020 01:00,7,"two',
    'lines"',
    "01/01/2099 01:00,7,x",
  ].join("\n");
  const { records } = await run(text);
  const rejects = rejectsOf(records).map(({ reject }) => reject);
  expect(rejects.map(({ code, origin }) => [code, origin])).toEqual([
    ["bad-time", "file steel.csv line 3"],
    ["before-service", "file steel.csv line 4"],
    ["not-a-number", "file steel.csv line 5"],
    ["malformed-csv", "file steel.csv line 6"],
    ["future", "file steel.csv line 9"],
  ]);
  expect(tally(records)).toMatchObject({ received: 7, accepted: 2, isBalanced: true });
  for (const reject of rejects)
    expect(reject).toMatchObject({ site: "works-1", meter: "m-3", profile: "uci-steel" });

  const [badTime, early] = rejects;
  expect(Buffer.from(badTime!.payload!, "base64").toString()).toBe(
    "date,Usage_kWh,Note\n01/13/2020 00:15,5,",
  );
  const american = { ...steel, time: { ...steel.time, form: "MM/dd/yyyy HH:mm" } };
  const mended = newAcceptor({ ...county, profiles: [american] });
  const replayed = replayReject(mended, bytes, badTime!);
  expect(readingsOf(replayed.records)[0]).toMatchObject({
    meter: "m-3",
    receivedAt,
    received: 1,
    readings: [{ at: at("2020-01-13T00:15:00+08:00"), value: 5 }],
  });
  expect(replayReject(mended, bytes, early!)).toMatchObject({
    records: [],
    refused: [{ code: "before-service" }],
  });
});

test.each<[string, string, Partial<CsvImport>, RegExp]>([
  ["an unknown profile", "date,Usage_kWh\n", { profile: "none" }, /--profile none.*uci-steel, rows/],
  [
    "a profile for JSON",
    "date,Usage_kWh\n",
    { profile: "native" },
    /--profile native: no profile that reads CSV/,
  ],
  ["an unknown site", "date,Usage_kWh\n", { site: "works-9" }, /--site works-9/],
  ["an unknown meter", "date,Usage_kWh\n", { meter: "m-9" }, /--meter m-9: .*m-1, m-2, m-3/],
  ["an empty file", "\n\n", {}, /steel.csv is empty/],
  [
    "a missing column",
    "date;Usage_kWh\n1;2",
    {},
    /reads column date, Usage_kWh; the file has date;Usage_kWh/,
  ],
  ["a column twice", "date,Usage_kWh,date\n", {}, /line 1 names a column twice/],
])("%s is told before anything is read", async (_, text, parts, message) => {
  const failed = run(text, parts);
  await expect(failed).rejects.toThrow(UsageError);
  await expect(failed).rejects.toThrow(message);
});
