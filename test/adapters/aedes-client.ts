/** A bare MQTT client: it sends what it is told to, good or bad, and keeps what comes back. */
import { connect, type Socket } from "node:net";
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from "mqtt-packet";

export interface Received {
  readonly packet: Packet;
  /** Milliseconds since the connection. */
  readonly at: number;
}

export interface BareClient {
  readonly socket: Socket;
  readonly received: Received[];
  send(...packets: (Packet | Buffer)[]): void;
  /** Resolves with the first `count` packets of a kind; rejects when the connection ends or 10 s pass. */
  wait(cmd: string, count?: number): Promise<Received[]>;
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>;
  end(): void;
}

export function connectPacket(parts: Partial<IConnectPacket> = {}): IConnectPacket {
  const plain = { protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 60 } as const;
  return { cmd: "connect", ...plain, clientId: `c-${Math.random().toString(36).slice(2)}`, ...parts };
}

export function publishPacket(
  topic: string,
  payload: unknown,
  parts: Partial<IPublishPacket> = {},
): IPublishPacket {
  const isRaw = typeof payload === "string" || Buffer.isBuffer(payload);
  const bytes = isRaw ? payload : JSON.stringify(payload);
  return { cmd: "publish", topic, payload: bytes, qos: 1, messageId: 1, dup: false, retain: false, ...parts };
}

export async function openSocket(port: number): Promise<BareClient> {
  const socket = connect(port, "127.0.0.1");
  const start = Date.now();
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let isClosed = false;
  const wake = (): void => {
    for (const check of [...waiting]) check();
  };
  const parse = parser({ protocolVersion: 4 });
  parse.on("packet", (packet) => received.push({ packet, at: Date.now() - start }));
  socket.on("data", (bytes) => {
    parse.parse(bytes);
    wake();
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      isClosed = true;
      wake();
      resolve();
    });
  });
  await new Promise<void>((resolve) => socket.once("connect", resolve).once("close", resolve));
  const wait = (cmd: string, count = 1): Promise<Received[]> =>
    new Promise((resolve, reject) => {
      const finish = (outcome: () => void): void => {
        clearTimeout(timer);
        waiting.delete(check);
        outcome();
      };
      const timer = setTimeout(
        () => finish(() => reject(new Error(`no ${count} ${cmd} within 10 s`))),
        10_000,
      );
      const check = (): void => {
        const found = received.filter(({ packet }) => packet.cmd === cmd);
        if (found.length >= count) finish(() => resolve(found));
        else if (isClosed) finish(() => reject(new Error(`closed with ${found.length} ${cmd}`)));
      };
      waiting.add(check);
      check();
    });
  return {
    socket,
    received,
    send(...packets) {
      socket.write(Buffer.concat(packets.map((one) => (Buffer.isBuffer(one) ? one : generate(one)))));
    },
    wait,
    closed,
    end: () => socket.destroy(),
  };
}

/** Opens a connection and waits for its CONNACK. */
export async function openClient(port: number, parts: Partial<IConnectPacket> = {}): Promise<BareClient> {
  const client = await openSocket(port);
  client.send(connectPacket(parts));
  await client.wait("connack");
  return client;
}
