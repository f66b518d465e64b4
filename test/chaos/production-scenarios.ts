/** The troubles of the production stack, one by one. */
import { setTimeout as wait } from "node:timers/promises";
import { withClock } from "./production-clock.ts";
import type { GatewayOptions, Gateways } from "./production-load.ts";
import { startCatchingProxy } from "./production-proxy.ts";
import { type Cast, type CaughtUp, type Member, type Stage, untilCaughtUp } from "./production-stage.ts";

export interface Drama {
  readonly stage: Stage;
  readonly cast: Cast;
  readonly gateways: Gateways;
  readonly random: () => number;
  /** Long: as many times and as long as a night allows. */
  readonly isLong: boolean;
  readonly say: (text: string) => void;
  /** Waits until all are back to following the load, and notes how long that took from now on. */
  readonly recover: (from: string) => Promise<void>;
}

export interface Scenario {
  readonly name: string;
  /** By Mosquitto, or by the collector's own listener, where a PUBACK means durable. */
  readonly way: "broker" | "direct";
  /** Over how long the load is spread. */
  readonly seconds: number;
  /** Mosquitto may have lost what it alone acknowledged. */
  readonly mayLose?: boolean;
  readonly load?: Pick<GatewayOptions, "inFlight" | "connections">;
  readonly hasWrongClocks?: boolean;
  /** Meters whose past comes after a late message; it is computed 30 s after the last of it. */
  readonly backfills?: number;
  readonly play: (drama: Drama) => Promise<void>;
}

const SECOND_MS = 1_000;

/** A victim that is killed without a word, and brought back. */
interface Victim {
  readonly name: string;
  readonly kill: () => Promise<void>;
  readonly revive: () => Promise<void>;
}

function memberVictim(member: Member): Victim {
  return { name: member.name, kill: () => member.kill(), revive: () => member.start() };
}

function serviceVictim(name: "kafka" | "influx" | "mosquitto", stage: Stage): Victim {
  return { name, kill: () => stage[name].kill9(), revive: () => stage[name].restart() };
}

function victims({ stage, cast }: Drama): Victim[] {
  return [
    ...[cast.collector, ...cast.processors].map(memberVictim),
    serviceVictim("kafka", stage),
    serviceVictim("influx", stage),
  ];
}

/** Every victim in turn, then at random; each at a random moment, and for a random time. */
async function killing(drama: Drama, who: readonly Victim[], times: number): Promise<void> {
  const { random, say, recover } = drama;
  for (let i = 0; i < times; i += 1) {
    const victim = i < who.length ? who[i]! : who[Math.floor(random() * who.length)]!;
    await wait(random() * 1.5 * SECOND_MS);
    await victim.kill();
    const awayMs = random() * 2 * SECOND_MS;
    await wait(awayMs);
    await victim.revive();
    say(`killed ${victim.name}, back after ${Math.round(awayMs)} ms`);
    // Now and then the next one is hit before this one is over.
    if (random() < 0.6) await recover(victim.name);
  }
  await recover("the last kill");
}

const kills = (way: "broker" | "direct"): Scenario => ({
  name: `kill -9 of everything, ${way === "broker" ? "by Mosquitto" : "by our own listener"}`,
  way,
  seconds: 80,
  backfills: way === "broker" ? 3 : 0,
  play: (drama) => killing(drama, victims(drama), drama.isLong ? 40 : 6),
});

const mosquitto: Scenario = {
  name: "kill -9 of Mosquitto",
  way: "broker",
  seconds: 30,
  mayLose: true,
  async play({ stage, cast, isLong, random, say, recover }) {
    for (let i = 0; i < (isLong ? 10 : 2); i += 1) {
      await wait(SECOND_MS + random() * SECOND_MS);
      // With the collector away Mosquitto alone has what it acknowledged.
      const isAlone = i % 2 === 0;
      if (isAlone) await cast.collector.kill();
      await wait((1 + random()) * SECOND_MS);
      await stage.mosquitto.kill9();
      await wait(random() * SECOND_MS);
      await stage.mosquitto.restart();
      if (isAlone) await cast.collector.start();
      say(`killed mosquitto${isAlone ? ", the collector being away" : ""}`);
      await recover("mosquitto");
    }
  },
};

const outage = (name: "influx" | "kafka", way: "broker" | "direct"): Scenario => ({
  name: `an outage of ${name}`,
  way,
  seconds: 50,
  async play({ stage, isLong, say, recover }) {
    const awayMs = (isLong ? 180 : name === "influx" ? 20 : 12) * SECOND_MS;
    await wait(2 * SECOND_MS);
    await stage[name].kill9();
    await wait(awayMs);
    await stage[name].restart();
    say(`${name} away for ${awayMs / SECOND_MS} s`);
    await recover(name);
  },
});

const hang = (name: "influx" | "kafka"): Scenario => ({
  name: `${name} stands still while processors come and go`,
  way: "broker",
  seconds: 60,
  async play({ stage, cast, isLong, random, say, recover }) {
    const third = cast.another("third");
    for (let i = 0; i < (isLong ? 8 : 2); i += 1) {
      await wait(SECOND_MS + random() * SECOND_MS);
      await stage[name].pause();
      const paused = performance.now();
      // Its answers come when whoever asked is not waiting any more, or has lost what it wrote for.
      const starting = third.start();
      await wait((4 + random() * 8) * SECOND_MS);
      await stage[name].resume();
      await starting;
      say(`${name} stood still for ${Math.round(performance.now() - paused)} ms`);
      await recover(name);
      if (third.process()) await third.kill();
    }
  },
});

const rebalances: Scenario = {
  name: "a third processor comes and goes every few seconds",
  way: "broker",
  seconds: 60,
  async play({ cast, isLong, random, say, recover }) {
    const third = cast.another("third");
    let slowest = 0;
    const times = isLong ? 40 : 5;
    for (let i = 0; i < times; i += 1) {
      await third.start();
      await wait((1 + random() * 2.5) * SECOND_MS);
      if (random() < 0.5) await third.kill();
      else slowest = Math.max(slowest, await third.stop());
      await wait(random() * 2 * SECOND_MS);
    }
    say(`it came and went ${times} times; asked to stop, it took ${Math.round(slowest)} ms at most`);
    await recover("the last one");
  },
};

/** Messages that the collector took and the log has not. */
async function unloggedOf(collector: Member): Promise<number> {
  const text = await (await fetch(`${collector.process()!.httpUrl}/metrics`)).text();
  return Number(/^energy_unlogged_messages(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? Number.NaN);
}

const fullBuffer: Scenario = {
  name: "a full buffer: Kafka away until the collector holds the gateways back",
  way: "direct",
  seconds: 12,
  // Of one connection no more is taken at once than what it brought in one piece.
  load: { inFlight: 320, connections: 12 },
  async play({ stage, cast, gateways, isLong, say, recover }) {
    await wait(SECOND_MS);
    await stage.kafka.kill9();
    await wait(SECOND_MS);
    gateways.hurry();
    const before = gateways.acknowledged();
    await wait((isLong ? 60 : 10) * SECOND_MS);
    if (gateways.acknowledged() > before)
      throw new Error(`${gateways.acknowledged() - before} PUBACKs while Kafka was away`);
    const unlogged = await unloggedOf(cast.collector);
    // It reads no further than its bound of 2,000, but for what each connection has brought already.
    if (unlogged < 2_000 || unlogged > 8_000) throw new Error(`${unlogged} messages wait for the log`);
    const state = await cast.collector.readiness();
    if (state?.ready !== false) throw new Error("the collector calls itself ready while nothing is logged");
    say(`${gateways.left()} messages to go, held back with ${unlogged} unlogged`);
    await stage.kafka.restart();
    await recover("kafka");
  },
};

const clocks: Scenario = {
  hasWrongClocks: true,
  name: "clocks that are wrong and jump",
  way: "direct",
  seconds: 50,
  async play({ cast, say, recover }) {
    const [first, second] = cast.processors as [Member, Member];
    const hour = 3_600_000;
    await wait(2 * SECOND_MS);
    await first.kill();
    await first.start(withClock([{ afterMs: 0, byMs: -40 * 24 * hour }]));
    await second.kill();
    await second.start(
      withClock([
        { afterMs: 0, byMs: 5 * hour },
        { afterMs: 8_000, byMs: -7 * hour },
        { afterMs: 16_000, byMs: 3 * hour },
      ]),
    );
    await cast.collector.kill();
    // Behind its time it would refuse readings as future, and rightly.
    await cast.collector.start(
      withClock([
        { afterMs: 0, byMs: 26 * hour },
        { afterMs: 10_000, byMs: -25 * hour },
      ]),
    );
    await wait(20 * SECOND_MS);
    say("one processor 40 days behind, one that jumped 7 hours back and 3 ahead, a collector a day ahead");
    await recover("the clocks");
  },
};

const pauses: Scenario = {
  name: "a processor stands still while another takes over",
  way: "broker",
  seconds: 60,
  async play({ cast, isLong, random, say, recover }) {
    for (let i = 0; i < (isLong ? 6 : 2); i += 1) {
      const victim = cast.processors[i % 2]!;
      await wait(SECOND_MS + random() * SECOND_MS);
      const pausedMs = (isLong ? 30 : 9 + random() * 3) * SECOND_MS;
      victim.process()!.pause();
      await wait(pausedMs);
      victim.process()!.resume();
      say(`${victim.name} stood still for ${Math.round(pausedMs)} ms`);
      await recover(victim.name);
    }
  },
};

/** The brokers miss a dead processor sooner, so that the next does not wait long for its partitions. */
const quickSession = { ENERGY_KAFKA_SESSION_MS: "3000" };

/** Where a step of a processor is cut: its writes in their order, and the notices behind them. */
const seams = ["reading", "site_15m", "group_15m", "pending", "balance", "site_month", "live", "group_month"];

const betweenWrites: Scenario = {
  name: "a crash between two writes of a step",
  way: "broker",
  seconds: 90,
  backfills: 3,
  async play({ stage, cast, isLong, random, say, recover }) {
    const proxy = await startCatchingProxy(stage.influx.url);
    const victim = cast.processors[0]!;
    // The other may not take over what this one is to be killed at.
    await cast.processors[1]!.kill();
    await victim.kill();
    const hits = new Map<string, number>();
    try {
      for (let i = 0; i < (isLong ? 60 : 10); i += 1) {
        const seam = seams[i % seams.length]!;
        const last = Math.floor(random() * 2);
        // It dies before InfluxDB has the write, or after that and before it is told.
        const fate = random() < 0.5 ? "swallow" : "mute";
        let seen = 0;
        let hit: () => void = () => undefined;
        const isHit = new Promise<void>((resolve) => {
          hit = resolve;
        });
        let isDying = false;
        proxy.judge = ({ measurements }) => {
          if (!isDying && measurements.has(seam)) {
            seen += 1;
            isDying = seen > last;
          }
          if (isDying) hit();
          return isDying ? fate : "pass";
        };
        await victim.start({ ENERGY_INFLUX_URL: proxy.url, ...quickSession });
        await Promise.race([isHit, wait(12 * SECOND_MS)]);
        await victim.kill();
        if (isDying) hits.set(seam, (hits.get(seam) ?? 0) + 1);
      }
      proxy.judge = () => "pass";
      await victim.start();
      await cast.processors[1]!.start();
      say(`killed at the write of ${[...hits].map(([seam, n]) => `${seam} ${n}×`).join(", ")}`);
      await recover("the last crash");
    } finally {
      await proxy.close();
    }
  },
};

const lateWrites: Scenario = {
  name: "writes that land after those of the next owner",
  way: "broker",
  seconds: 60,
  async play({ stage, cast, isLong, random, say, recover }) {
    const proxy = await startCatchingProxy(stage.influx.url);
    try {
      for (let i = 0; i < (isLong ? 12 : 2); i += 1) {
        const victim = cast.processors[i % 2]!;
        await victim.stop();
        await victim.start({ ENERGY_INFLUX_URL: proxy.url });
        await recover("the start");
        await wait(random() * 2 * SECOND_MS);
        proxy.judge = () => "hold";
        const patience = performance.now() + 20 * SECOND_MS;
        while (proxy.held().length === 0 && performance.now() < patience) await wait(20);
        // It stands still with its writes on their way, and others take over.
        victim.process()!.pause();
        await wait((10 + random() * 3) * SECOND_MS);
        const late = proxy.held();
        await proxy.letGo();
        proxy.judge = () => "pass";
        victim.process()!.resume();
        const what = late.map(({ measurements, lines }) => `${lines} lines of ${[...measurements].join()}`);
        // Of few sites a processor may have none.
        say(`${what.join(", ") || `nothing of ${victim.name}`} landed late`);
        await recover("late writes");
        await victim.stop();
        await victim.start();
      }
    } finally {
      await proxy.close();
    }
  },
};

/** Each by itself, from an empty store to its checks. */
export const scenarios: readonly Scenario[] = [
  { name: "nothing", way: "broker", seconds: 10, play: () => Promise.resolve() },
  kills("broker"),
  kills("direct"),
  mosquitto,
  outage("influx", "broker"),
  outage("kafka", "direct"),
  hang("influx"),
  hang("kafka"),
  rebalances,
  fullBuffer,
  clocks,
  pauses,
  betweenWrites,
  lateWrites,
];

/** One after the other on the same stores, with one check at the end. */
function inTurn(name: string, parts: readonly Scenario[], part: Partial<Scenario> = {}): Scenario {
  const play = async (drama: Drama): Promise<void> => {
    for (const one of parts) {
      drama.say(one.name);
      await one.play(drama);
    }
  };
  return { name, way: parts[0]!.way, seconds: 150, ...part, play };
}

/** All of them in few runs, where time is short. */
export const shortScenarios: readonly Scenario[] = [
  inTurn("kills, an outage, rebalances and pauses", [
    kills("broker"),
    outage("influx", "broker"),
    rebalances,
    pauses,
  ]),
  clocks,
  fullBuffer,
  mosquitto,
  inTurn("crashes between writes, and writes that land late", [betweenWrites, lateWrites], { backfills: 3 }),
];

/** A stall would show within so many looks: they are a quarter of a second apart. */
const STEADY_LOOKS = 10;

/** Waits until all that live are ready and follow the load within a second. */
export const followsLoad = (cast: Cast, rate: number): Promise<CaughtUp> =>
  untilCaughtUp(cast, { records: Math.max(20, rate), quiet: STEADY_LOOKS });
