/** How fast the store writes and reads, beside InfluxDB's own pace: printed, since machines differ. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createFigureLines } from "../../adapters/influx/figure-lines.ts";
import { winnerLines } from "../../adapters/influx/reading-lines.ts";
import { createInfluxStore } from "../../adapters/influx/store.ts";
import { calendarOf } from "../../model/time.ts";
import { haveServices } from "../services/available.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { emptyBucket } from "./influx-bucket.ts";
import { figureOf, readingOf, start } from "./influx-samples.ts";

const METERS = 2_000;
const QUARTERS = 12;
const QUARTER = 900_000;

/** What a quarter-hour of meters on 50 sites changes. */
function changesOf(quarter: number) {
  const meters = Array.from({ length: METERS }, (_, i) => ({ site: `s-${i % 50}`, meter: `m-${i}` }));
  const none = { kgceCalorific: null, kgceEquivalent: null, kgCo2Location: null, kgCo2Market: null };
  const at = start + quarter * QUARTER;
  return {
    readings: meters.map((meter) => ({
      series: { ...meter, register: "active-import" },
      rows: [readingOf(quarter, { value: Math.random() * 1e6 })],
    })),
    figures: [
      ...meters.map(({ site, meter }) =>
        figureOf({
          scope: "meter",
          owner: `${site}/${meter}`,
          start: at,
          amount: Math.random(),
          ...none,
          outputEffects: none,
          factors: [],
        }),
      ),
      ...Array.from({ length: 50 }, (_, i) =>
        figureOf({ owner: `s-${i}`, start: at, amount: Math.random() }),
      ),
    ],
  };
}

async function timed(work: () => Promise<void>): Promise<{ seconds: number; cpuSeconds: number }> {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - begun) / 1000, cpuSeconds: (user + system) / 1e6 };
}

describe.skipIf(!(await haveServices(["influx"])))("the pace of the InfluxDB store", () => {
  let influx: InfluxService;
  beforeAll(async () => {
    influx = await startInflux();
  });
  afterAll(() => influx?.stop());

  test("of writing, beside posting the same lines made before", async () => {
    const { url, org, token } = influx;
    const bucket = await emptyBucket(influx);
    const store = createInfluxStore({ url, org, token, bucket, calendar: calendarOf("Asia/Shanghai") });
    const steps = Array.from({ length: QUARTERS }, (_, i) => changesOf(i));
    const ours = await timed(async () => {
      for (const step of steps) await store.write(step);
    });
    const rawBucket = await emptyBucket(influx);
    const figureLines = createFigureLines();
    const lines = steps.flatMap((step) => [...winnerLines(step.readings), ...figureLines(step.figures)]);
    const bodies: string[] = [];
    for (let i = 0; i < lines.length; i += 5_000) bodies.push(lines.slice(i, i + 5_000).join("\n"));
    const post = async (): Promise<void> => {
      for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
        const path = `${url}/api/v2/write?org=${org}&bucket=${rawBucket}&precision=ms`;
        const answer = await fetch(path, {
          method: "POST",
          headers: { authorization: `Token ${token}` },
          body,
        });
        expect(answer.status).toBe(204);
      }
    };
    const raw = await timed(async () => {
      await Promise.all([post(), post(), post(), post()]);
    });
    const pace = (seconds: number): string => `${Math.round(lines.length / seconds)} lines/s`;
    const micros = (seconds: number): string =>
      `${((seconds / lines.length) * 1e6).toFixed(1)} µs CPU a line`;
    process.stderr.write(
      `InfluxDB: the store writes ${pace(ours.seconds)} (${micros(ours.cpuSeconds)}), lines made before ${pace(raw.seconds)} (${micros(raw.cpuSeconds)}): ${Math.round((raw.seconds / ours.seconds) * 100)} %\n`,
    );
    const wanted = steps[0]!.readings.map(({ series }) => series);
    const figures = steps[0]!.figures.map((key) => ({ key, from: start, to: start + QUARTERS * QUARTER }));
    let rows = 0;
    const ahead = await timed(async () => {
      const reader = await store.ahead({
        readings: wanted.map((series) => ({ series, from: start })),
        figures,
      });
      for (const series of wanted) rows += (await reader.readings(series, start, start + 1e9)).length;
      const keys = figures.map(({ key }) => key);
      rows += (await reader.figures(keys, "15m", start, start + QUARTERS * QUARTER)).length;
    });
    process.stderr.write(
      `InfluxDB: ${rows} rows of ${METERS} meters read ahead in ${ahead.seconds.toFixed(1)} s\n`,
    );
    expect(rows).toBe(lines.length);
    await store.close();
  });
});
