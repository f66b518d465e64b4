/** When a published reading can be asked of InfluxDB as a figure: asked again and again, all that is awaited at once. */
import type { InfluxService } from "../test/services/influx.ts";
import { pause, type Sample } from "./process.ts";
import { meterName, siteName } from "./publisher.ts";

const QUARTER_MS = 900_000;
const ASK_EVERY_MS = 10;

export interface InfluxWatch {
  add(sample: Sample): void;
  /** Latencies in ms from the moment of publishing, of what was seen so far. */
  readonly seen: number[];
  waiting(): number;
  close(): Promise<void>;
}

interface Answer {
  readonly results: readonly {
    readonly series?: readonly { values: [number, number, string, string][] }[];
  }[];
}

/** @param start instant of tick 0; a sample is seen when the quarter-hour that its reading ends has a point */
export function watchInflux(
  influx: InfluxService,
  bucket: string,
  start: number,
  stepMs: number,
): InfluxWatch {
  const open = new Map<string, Sample>();
  const seen: number[] = [];
  const quarterOf = ({ tick }: Sample): number => start + tick * stepMs - QUARTER_MS;
  let isClosed = false;

  const ask = async (): Promise<void> => {
    const samples = [...open.values()];
    const times = samples.map(quarterOf);
    const meters = samples.map(
      ({ site, meter }) => `("site"='${siteName(site)}' AND "meter"='${meterName(meter)}')`,
    );
    const range = `time>=${Math.min(...times)}ms AND time<=${Math.max(...times)}ms`;
    const question = `SELECT "coverage","site","meter" FROM "meter_15m" WHERE ${range} AND (${[...new Set(meters)].join(" OR ")})`;
    const answer = await fetch(`${influx.url}/query`, {
      method: "POST",
      headers: {
        authorization: `Token ${influx.token}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: `db=${bucket}&epoch=ms&q=${encodeURIComponent(question)}`,
    });
    const { results } = (await answer.json()) as Answer;
    const now = Date.now();
    for (const [time, , site, meter] of results[0]?.series?.[0]?.values ?? []) {
      const name = `${site}/${meter} ${time}`;
      const sample = open.get(name);
      if (sample === undefined) continue;
      open.delete(name);
      seen.push(now - sample.at);
    }
  };

  const watching = (async () => {
    while (!isClosed) {
      if (open.size > 0) await ask();
      await pause(ASK_EVERY_MS);
    }
  })();
  return {
    seen,
    add: (sample) =>
      void open.set(`${siteName(sample.site)}/${meterName(sample.meter)} ${quarterOf(sample)}`, sample),
    waiting: () => open.size,
    async close() {
      isClosed = true;
      await watching;
    },
  };
}
