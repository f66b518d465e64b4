/**
 * A publisher that costs little: MQTT packets written by hand, PUBACKs counted, nothing else. Runs as a process
 * of its own, so that its work is not taken for the program's.
 */
import { connect, type Socket } from "node:net";

export interface PublisherPlan {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly sites: number;
  readonly metersPerSite: number;
  /** Each tick is one reading of every meter. */
  readonly ticks: number;
  readonly firstTick: number;
  readonly start: number;
  readonly stepMs: number;
  /** Messages a second over all connections; absent: as fast as they are acknowledged. */
  readonly rate?: number;
  /** Reports when every n-th message was sent, for latencies. */
  readonly sampleEvery?: number;
  /** Waits so long between the last connection and the first message, and tells when it goes on. */
  readonly holdMs?: number;
  /** Messages of some 120 bytes, with time as text, a second register and power, as gateways send them. */
  readonly isFull?: boolean;
}

export interface PublisherResult {
  readonly acknowledged: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Register value of a meter at a tick: what the bench checks figures against. */
export const energyPerTick = 2.5;
export const siteName = (i: number): string => `site-${String(i).padStart(4, "0")}`;
export const meterName = (i: number): string => `m-${String(i).padStart(3, "0")}`;

function packet(topic: string, payload: string, id: number): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const remaining = 2 + topicBytes + 2 + Buffer.byteLength(payload);
  const head = remaining < 128 ? [0x32, remaining] : [0x32, (remaining & 127) | 128, remaining >> 7];
  const buffer = Buffer.allocUnsafe(head.length + remaining);
  let at = 0;
  for (const byte of head) buffer[at++] = byte;
  at = buffer.writeUInt16BE(topicBytes, at);
  at += buffer.write(topic, at);
  at = buffer.writeUInt16BE(id, at);
  buffer.write(payload, at);
  return buffer;
}

function connectPacket(clientId: string): Buffer {
  const id = Buffer.from(clientId);
  const body = Buffer.concat([
    Buffer.from([0, 4]),
    Buffer.from("MQTT"),
    Buffer.from([4, 2, 0, 0, id.length >> 8, id.length & 255]),
    id,
  ]);
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}

async function open(plan: PublisherPlan, i: number, onAcks: (count: number) => void): Promise<Socket> {
  const socket = connect(plan.port, plan.host);
  socket.setNoDelay(true);
  socket.write(connectPacket(`bench-${i}`));
  let isConnected = false;
  let rest = 0;
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      // Every packet from the broker is four bytes: CONNACK, then PUBACKs.
      rest += chunk.length;
      let packets = Math.floor(rest / 4);
      rest -= packets * 4;
      if (!isConnected && packets > 0) {
        isConnected = true;
        packets -= 1;
        resolve(socket);
      }
      if (packets > 0) onAcks(packets);
    });
  });
}

function payloadOf(tick: number, at: number, isFull: boolean): string {
  const energy = tick * energyPerTick;
  if (!isFull) return `{"at":${at},"registers":{"active-import":${energy}},"seq":${tick}}`;
  const time = new Date(at + 8 * 3_600_000).toISOString().replace(".000Z", "+08:00");
  return `{"at":"${time}","registers":{"active-import":${energy},"reactive-import":${energy / 4}},"powerKw":${10 + (tick % 7)},"seq":${tick}}`;
}

/** Sends the plan's messages; connection c has the sites c, c + connections, … */
async function publish(plan: PublisherPlan): Promise<PublisherResult> {
  const { connections, sites, metersPerSite, ticks, inFlight } = plan;
  const total = sites * metersPerSite * ticks;
  let acknowledged = 0;
  let done: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  const senders: { pump: () => boolean }[] = [];
  for (let c = 0; c < connections; c += 1) {
    const topics: string[] = [];
    for (let s = c; s < sites; s += connections) {
      for (let m = 0; m < metersPerSite; m += 1)
        topics.push(`v1/sites/${siteName(s)}/meters/${meterName(m)}/readings`);
    }
    let unacked = 0;
    let sent = 0;
    const all = topics.length * ticks;
    const socket = await open(plan, c, (count) => {
      unacked -= count;
      acknowledged += count;
      if (plan.rate === undefined) pump();
      if (acknowledged === total) done();
    });
    const sendOne = (): Buffer => {
      const tick = plan.firstTick + Math.floor(sent / topics.length);
      const at = plan.start + tick * plan.stepMs;
      const payload = payloadOf(tick, at, plan.isFull ?? false);
      sent += 1;
      unacked += 1;
      return packet(topics[(sent - 1) % topics.length]!, payload, (sent % 65_535) + 1);
    };
    const pump = (): boolean => {
      const batch: Buffer[] = [];
      while (unacked < inFlight && sent < all && batch.length < 200) batch.push(sendOne());
      if (batch.length > 0) socket.write(Buffer.concat(batch));
      return sent < all;
    };
    const one = (): boolean => {
      if (sent >= all) return false;
      if (plan.sampleEvery && sent % plan.sampleEvery === 0) {
        const tick = plan.firstTick + Math.floor(sent / topics.length);
        const site = c + connections * Math.floor((sent % topics.length) / metersPerSite);
        process.send?.({ sample: { site, meter: sent % metersPerSite, tick, at: Date.now() } });
      }
      socket.write(sendOne());
      return sent < all;
    };
    senders.push({ pump: plan.rate === undefined ? pump : one });
  }
  if (plan.holdMs !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, plan.holdMs));
    process.send?.({ connected: true });
  }
  const started = performance.now();
  const cpu = process.cpuUsage();
  if (plan.rate === undefined) for (const sender of senders) sender.pump();
  else pace(senders, plan.rate);
  await finished;
  const used = process.cpuUsage(cpu);
  return {
    acknowledged,
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (used.user + used.system) / 1e6,
  };
}

/** Spreads messages evenly over time, connection after connection. */
function pace(senders: readonly { pump: () => boolean }[], rate: number): void {
  const started = performance.now();
  let sent = 0;
  let next = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1000) * rate);
    let idle = 0;
    while (sent < due && idle < senders.length) {
      const isMore = senders[next]!.pump();
      next = (next + 1) % senders.length;
      sent += 1;
      idle = isMore ? 0 : idle + 1;
    }
    if (idle >= senders.length) clearInterval(timer);
  }, 4);
}

const [, , json] = process.argv;
if (json?.startsWith("{")) {
  const result = await publish(JSON.parse(json) as PublisherPlan);
  process.send?.({ result });
  process.exit(0);
}
