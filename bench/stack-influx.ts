/** InfluxDB as the bench sees it: the very lines that the adapter writes, posted again as fast as it takes them. */
import { Agent, request } from "node:http";
import { emptyBucket } from "../test/adapters/influx-bucket.ts";
import { type FaultyProxy, startProxy } from "../test/adapters/influx-proxy.ts";
import type { InfluxService } from "../test/services/influx.ts";
import { cpuOf } from "./stack-services.ts";

/** Requests under way at once. */
const IN_FLIGHT = 4;

export interface WrittenLines {
  readonly body: string;
  readonly precision: string;
}

export interface Recorder {
  readonly url: string;
  /** What was written since the last call. */
  take(): WrittenLines[];
  close(): Promise<void>;
}

/** Stands before InfluxDB and keeps what is written. */
export async function startRecorder(influx: InfluxService): Promise<Recorder> {
  const proxy: FaultyProxy = await startProxy(influx.url);
  return {
    url: proxy.url,
    take: () =>
      proxy.seen.splice(0).flatMap(({ path, body }) => {
        const { pathname, searchParams } = new URL(path, influx.url);
        return pathname === "/api/v2/write"
          ? [{ body, precision: searchParams.get("precision") ?? "ns" }]
          : [];
      }),
    close: () => proxy.close(),
  };
}

export const linesOf = (written: readonly WrittenLines[]): number =>
  written.reduce((sum, { body }) => sum + body.split("\n").length, 0);

export interface RawWrite {
  readonly seconds: number;
  readonly clientCpuSeconds: number;
  readonly influxCpuSeconds: number;
}

/** Posts lines to an empty bucket, four requests under way. */
export async function postAll(influx: InfluxService, written: readonly WrittenLines[]): Promise<RawWrite> {
  const bucket = await emptyBucket(influx);
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  const { hostname, port } = new URL(influx.url);
  const post = ({ body, precision }: WrittenLines): Promise<void> =>
    new Promise((resolve, reject) => {
      const path = `/api/v2/write?org=${influx.org}&bucket=${bucket}&precision=${precision}`;
      const headers = { authorization: `Token ${influx.token}` };
      const sent = request({ agent, hostname, port, path, method: "POST", headers }, (answer) => {
        answer.resume();
        answer.once("end", () =>
          answer.statusCode === 204 ? resolve() : reject(new Error(`InfluxDB answered ${answer.statusCode}`)),
        );
      });
      sent.once("error", reject);
      sent.end(body);
    });
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < written.length) {
      next += 1;
      await post(written[next - 1]!);
    }
  };
  const before = cpuOf(influx);
  const cpu = process.cpuUsage();
  const started = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  agent.destroy();
  return { seconds, clientCpuSeconds: (user + system) / 1e6, influxCpuSeconds: cpuOf(influx) - before };
}

/** Energy of all meters' days, in kWh: what the bench checks figures against. */
export async function storedEnergy(influx: InfluxService, bucket: string): Promise<number> {
  const path = `db=${bucket}&q=${encodeURIComponent('SELECT sum("amount") FROM "meter_day"')}`;
  const answer = await fetch(`${influx.url}/query?${path}`, {
    headers: { authorization: `Token ${influx.token}` },
  });
  const { results } = (await answer.json()) as { results: { series?: { values: [string, number][] }[] }[] };
  return results[0]?.series?.[0]?.values[0]?.[1] ?? 0;
}
