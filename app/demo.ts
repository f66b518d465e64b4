/** The demo fleet's thread: publishes over MQTT like any gateway would. */
import { parentPort, workerData } from "node:worker_threads";
import { connectMqttPublisher } from "../adapters/mqtt-publisher.ts";
import { serveCalls } from "../adapters/thread-call.ts";
import { systemClock } from "../demo/clock.ts";
import { faultPlan } from "../demo/faults.ts";
import { createFleet } from "../demo/fleet.ts";
import { publishHistory } from "../demo/publish-history.ts";
import { publishLive } from "../demo/publish-live.ts";
import type { Registry } from "../model/registry.ts";
import type { Instant } from "../model/time.ts";

export interface DemoData {
  readonly url: string;
  readonly registry: Registry;
  readonly seed: number;
  readonly lastReadings: readonly {
    readonly site: string;
    readonly meter: string;
    readonly at: Instant;
    readonly oldest: Instant;
  }[];
}

const { url, registry, seed, lastReadings } = workerData as DemoData;
const stop = new AbortController();
const fleet = createFleet(registry, seed);
const senders = { fleet, plan: faultPlan(fleet) };
const last = new Map(lastReadings.map(({ site, meter, at }) => [`${site}/${meter}`, at]));
const since = (site: string, meter: string): Instant | undefined => last.get(`${site}/${meter}`);
const first = new Map(lastReadings.map(({ site, meter, oldest }) => [`${site}/${meter}`, oldest]));
const oldest = (site: string, meter: string): Instant | undefined => first.get(`${site}/${meter}`);

async function* history() {
  const publisher = await connectMqttPublisher({ url, clientId: "demo-history", inFlight: 64 });
  let shown = { fraction: 0, readings: 0 };
  let ended = false;
  const filled = publishHistory(senders, publisher, {
    now: Date.now(),
    since,
    oldest,
    signal: stop.signal,
    presentIsSent: (sentTo) => void live(sentTo),
    progress: (fraction, readings) => {
      shown = { fraction, readings };
    },
  }).finally(() => {
    ended = true;
  });
  while (!ended) {
    yield shown;
    await systemClock.sleep(100, stop.signal);
    if (stop.signal.aborted) break;
  }
  const { readings } = await filled;
  await publisher.close();
  yield { fraction: 1, readings };
}

async function live(sentTo: (site: string, meter: string) => Instant | undefined): Promise<void> {
  while (!stop.signal.aborted) {
    try {
      const publisher = await connectMqttPublisher({ url, clientId: "demo-live", inFlight: 256 });
      await publishLive(senders, publisher, { clock: systemClock, since: sentTo, signal: stop.signal });
      await publisher.close();
    } catch (error) {
      if (stop.signal.aborted) return;
      console.error(`demo fleet: ${error instanceof Error ? error.message : String(error)}; trying again`);
      await systemClock.sleep(2_000, stop.signal);
    }
  }
}

serveCalls(parentPort!, {
  history,
  async stop() {
    stop.abort();
    setTimeout(() => parentPort!.close(), 100);
  },
});
