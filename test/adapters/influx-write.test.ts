/** The order in which a step reaches InfluxDB: a crash may come between any two requests. */
import { expect, test } from "vitest";
import type { InfluxClient } from "../../adapters/influx/client.ts";
import { createWriter } from "../../adapters/influx/write.ts";
import type { Figure } from "../../model/figure.ts";
import { calendarOf } from "../../model/time.ts";
import { at, reading } from "../world.ts";

test("what waits is stored before the readings that make it wait, and is done after the figures", async () => {
  const requests: string[][] = [];
  const client = {
    write: async (lines: readonly string[]) =>
      void requests.push([...new Set(lines.map((line) => line.split(",")[0]!))]),
  } as unknown as InfluxClient;
  const write = createWriter(client, calendarOf("Asia/Shanghai"));
  const start = at("2026-04-03");
  const effects = { kgceCalorific: null, kgceEquivalent: null, kgCo2Location: null, kgCo2Market: null };
  const figure: Figure = {
    ...{ scope: "meter", owner: "s/m", carrier: "electricity", window: "15m", start },
    ...{ amount: 1, coverage: 1, estimated: 0, missingMeters: 0, output: 0, factors: [] },
    ...effects,
    outputEffects: effects,
  };
  const row = { ...reading(start, 1), receivedAt: start, offset: 1, verdict: "ok", certain: true } as const;
  const span = { site: "s", meter: "m", start, end: start + 1, firstAt: 0, lastAt: 0, cause: "readings" };
  await write({
    readings: [{ series: { site: "s", meter: "m", register: "active-import" }, rows: [row] }],
    figures: [figure],
    pendingSet: [span],
    pendingDone: [{ site: "s", meter: "n" }],
  });
  expect(requests).toEqual([["pending"], ["reading"], ["meter_15m"], ["pending"]]);
});
