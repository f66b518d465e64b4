/** What a county's gateways send, and gateways that send it again until it is acknowledged. */
import { connect, type MqttClient } from "mqtt";
import { faultPlan } from "../../demo/faults.ts";
import { createFleet, type FleetMeter } from "../../demo/fleet.ts";
import { intervalTimes, liveMessage, type Senders, strayMessage, topicOf } from "../../demo/payload.ts";
import type { Registry } from "../../model/registry.ts";
import { shuffled } from "./random.ts";

const HOUR_MS = 3_600_000;
/** Every so many meters send several readings in a message, as after an outage. */
const GATHERING = 7;
const GATHERED = 8;
/** Shares of messages that come cut off besides, and that come twice. */
const CUT_OFF = 0.01;
const TWICE = 0.1;
const LATE_HOURS = 3;

export interface GatewayMessage {
  readonly topic: string;
  /** `site/meter`. */
  readonly meter: string;
  /** Rises by one with each message of the meter; absent for what no meter would send. */
  readonly seq: number | undefined;
  readonly at: number;
  readonly payload: string;
}

function messagesOf(senders: Senders, meter: FleetMeter, index: number, after: number, until: number) {
  const { site, meter: of } = meter;
  const place = { topic: topicOf(site.id, of.id), meter: `${site.id}/${of.id}` };
  const times = intervalTimes(meter, after, until);
  const size = index % GATHERING === 0 ? GATHERED : 1;
  const messages: GatewayMessage[] = [];
  for (let i = 0; i < times.length; i += size) {
    const seq = messages.length;
    const part = times.slice(i, i + size);
    const readings = part.map((at) => liveMessage(senders, meter, at, seq, String));
    const payload = readings.length === 1 ? readings[0]! : `[${readings.join(",")}]`;
    messages.push({ ...place, seq, at: part.at(-1)!, payload });
  }
  return messages;
}

/** Hours of every meter of the registry up to `now`, its faults included, and what cannot be decoded. */
export function countyMessages(registry: Registry, now: number, hours: number): GatewayMessage[] {
  const fleet = createFleet(registry, 7);
  const senders = { fleet, plan: faultPlan(fleet) };
  const after = now - hours * HOUR_MS;
  const messages = fleet.meters.flatMap((meter, i) => messagesOf(senders, fleet.of(meter), i, after, now));
  const site = registry.sites[0]!.id;
  const strays = Array.from({ length: 20 }, (_, i): GatewayMessage => {
    const at = now - i * HOUR_MS;
    const place = { topic: topicOf(site, "unregistered-1"), meter: `${site}/unregistered-1` };
    return { ...place, seq: undefined, at, payload: strayMessage([at]) };
  });
  const torn = messages
    .filter((_, i) => i % Math.round(1 / CUT_OFF) === 5)
    .map((whole): GatewayMessage => {
      const payload = whole.payload.slice(0, Math.floor(whole.payload.length * 0.6));
      return { ...whole, seq: undefined, payload };
    });
  return [...messages, ...strays, ...torn];
}

/**
 * Hours late, a tenth twice; each meter's last message at the very end, so that a gap before it shows.
 * @param backfills how many meters send a late message first and then what is long past, oldest first
 */
export function disordered(
  messages: readonly GatewayMessage[],
  random: () => number,
  backfills: number,
): GatewayMessage[] {
  const last = new Map<string, GatewayMessage>();
  for (const one of messages) if (one.seq !== undefined) last.set(one.meter, one);
  const final = new Set(last.values());
  const others = messages.filter((one) => !final.has(one));
  const ahead = [...last.values()]
    .slice(0, backfills)
    .map(({ meter, seq }) => messages.find((one) => one.meter === meter && one.seq === seq! - 1)!);
  const twice = others.filter(() => random() < TWICE);
  const places = [...others, ...twice].map((one) => ({ one, at: one.at + random() * LATE_HOURS * HOUR_MS }));
  places.sort((a, b) => a.at - b.at);
  return [...ahead, ...places.map(({ one }) => one), ...shuffled([...final], random)];
}

export interface Gateways {
  /** Resolves when everything is acknowledged. */
  readonly done: Promise<void>;
  acknowledged(): number;
  left(): number;
  readonly acknowledgedMessages: ReadonlySet<GatewayMessage>;
  /** From now on as fast as it goes, and to the last message. */
  hurry(): void;
  stop(): void;
}

export interface GatewayOptions {
  /** Where the broker is now; undefined while there is none. */
  readonly where: () => string | undefined;
  /** What is left is spread over so many seconds, ever slower: some is left however long it takes. */
  readonly seconds: number;
  /** Messages that are not sent before `hurry`. */
  readonly heldBack: number;
  /** Unacknowledged messages of a connection at most. Default 150. */
  readonly inFlight?: number;
  /** Default 4. */
  readonly connections?: number;
}

const CONNECTIONS = 4;
const IN_FLIGHT = 150;
const TICK_MS = 20;
const AGAIN_MS = 200;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts the gateways. Each keeps what was not acknowledged, and sends it again on its next connection. */
export function startGateways(messages: readonly GatewayMessage[], options: GatewayOptions): Gateways {
  const acknowledgedMessages = new Set<GatewayMessage>();
  let waiting = [...messages].reverse();
  let acknowledged = 0;
  let underWayAll = 0;
  let allowance = 0;
  let isHurrying = false;
  let isStopped = false;
  const left = (): number => waiting.length + underWayAll;

  const next = (): GatewayMessage | undefined => {
    if (!isHurrying && (allowance < 1 || waiting.length <= options.heldBack)) return undefined;
    allowance -= 1;
    return waiting.pop();
  };

  const session = (url: string, name: string): Promise<void> =>
    new Promise((resolve) => {
      const client: MqttClient = connect(url, {
        protocolVersion: 4,
        reconnectPeriod: 0,
        clientId: name,
        connectTimeout: 3_000,
        keepalive: 20,
      });
      const underWay = new Set<{ message: GatewayMessage }>();
      let over = false;
      const finish = (): void => {
        if (over) return;
        over = true;
        clearInterval(timer);
        underWayAll -= underWay.size;
        waiting.push(...[...underWay].map(({ message }) => message).reverse());
        client.end(true, () => resolve());
      };
      const send = (message: GatewayMessage): void => {
        const one = { message };
        underWay.add(one);
        underWayAll += 1;
        client.publish(message.topic, message.payload, { qos: 1 }, (error) => {
          if (error || over) return;
          underWay.delete(one);
          underWayAll -= 1;
          acknowledged += 1;
          acknowledgedMessages.add(message);
        });
      };
      const pump = (): void => {
        if (!client.connected || over) return;
        while (underWay.size < (options.inFlight ?? IN_FLIGHT)) {
          const message = next();
          if (message === undefined) break;
          send(message);
        }
        if (isStopped || left() === 0) finish();
      };
      const timer = setInterval(pump, TICK_MS);
      client.on("connect", pump);
      client.on("close", finish);
      client.on("error", finish);
    });

  const gateway = async (name: string): Promise<void> => {
    while (!isStopped && left() > 0) {
      const url = options.where();
      if (url !== undefined) await session(url, name);
      if (left() > 0) await wait(AGAIN_MS);
    }
  };
  const pace = setInterval(() => {
    const rate = Math.max(0, waiting.length - options.heldBack) / options.seconds;
    allowance = Math.min(allowance + (rate * TICK_MS) / 1_000, Math.max(1, rate));
  }, TICK_MS);
  const all = Array.from({ length: options.connections ?? CONNECTIONS }, (_, i) =>
    gateway(`chaos-gateway-${i}`),
  );
  return {
    done: Promise.all(all).then(() => clearInterval(pace)),
    acknowledged: () => acknowledged,
    left,
    acknowledgedMessages,
    hurry() {
      isHurrying = true;
    },
    stop() {
      isStopped = true;
      waiting = [];
    },
  };
}

/** Sends everything once, as fast as it goes. */
export async function sendAll(messages: readonly GatewayMessage[], url: string): Promise<void> {
  const gateways = startGateways(messages, { where: () => url, seconds: 1, heldBack: 0 });
  gateways.hurry();
  await gateways.done;
}
