/**
 * One connection to an outside broker. mqtt.js does CONNECT, SUBSCRIBE, keep-alive and DISCONNECT; messages are
 * taken out of the stream before it, so that a PUBACK is ours alone, and always goes to the socket the message
 * came by.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { type IClientOptions, MqttClient } from "mqtt";
import { createReader, DROPPED_TOPIC, type Reader, type ReaderSink } from "./mqtt-source-reader.ts";
import {
  type BrokerPlace,
  connectTrouble,
  filterTrouble,
  lostTrouble,
  notLoggedTrouble,
} from "./mqtt-source-trouble.ts";

export interface ConnectionOptionsOfSource {
  readonly place: BrokerPlace;
  readonly password: string | undefined;
  readonly protocolVersion: 4 | 5;
  readonly tls: ConnectionOptions | undefined;
  readonly filters: readonly string[];
  readonly timeoutMs: number;
  readonly keepAliveSeconds: number;
  readonly messageLimit: number;
  /** Breaks off connecting. */
  readonly signal: AbortSignal;
}

/** What a connection leads to. */
export interface ConnectionSink extends ReaderSink {
  /** The log did not take a message; the connection is about to end. */
  failed(): void;
  /** Filters the broker does not grant; undefined when it grants all. */
  filtersRefused(problem: string | undefined): void;
}

export interface BrokerConnection {
  /** Resolves when the connection is over, with why; without when we ended it. */
  readonly over: Promise<Error | undefined>;
  /** The broker had kept our session, subscriptions included. */
  readonly isResumed: boolean;
  readonly isPaused: () => boolean;
  /** True while a message waits for the log. */
  readonly isBusy: () => boolean;
  /** Reads on if there is room. */
  readOn(): void;
  /** Reads no more messages. */
  hold(): void;
  /** Says goodbye behind the PUBACKs written so far. */
  leave(): Promise<void>;
}

/** Filters of one SUBSCRIBE. */
const FILTERS_AT_ONCE = 200;
const RETRY_FILTERS_MS = 30_000;
const FAREWELL_MS = 1_000;
/** MQTT 5: the broker keeps the session for as long as MQTT 3.1.1 does, for ever. */
const NEVER = 0xffff_ffff;

/**
 * Connects and subscribes.
 * @throws TransientError `mqtt-unreachable`, `mqtt-refused`
 */
export async function openConnection(
  options: ConnectionOptionsOfSource,
  sink: ConnectionSink,
): Promise<BrokerConnection> {
  const socket = await openSocket(options).catch((cause: unknown) => {
    throw connectTrouble(options.place, cause);
  });
  const reader = createReader(socket, options, sink);
  const client = new MqttClient(() => reader.wire, clientOptions(options));
  const breakOff = (): void => void socket.destroy(new Error("stopped"));
  options.signal.addEventListener("abort", breakOff);
  let isResumed: boolean;
  try {
    isResumed = await connected(client, options);
  } catch (cause) {
    socket.destroy();
    throw connectTrouble(options.place, reader.trouble() ?? cause);
  } finally {
    options.signal.removeEventListener("abort", breakOff);
  }
  return { ...joined(client, socket, reader, options, sink), isResumed };
}

function joined(
  client: MqttClient,
  socket: Socket,
  reader: Reader,
  options: ConnectionOptionsOfSource,
  sink: ConnectionSink,
): Omit<BrokerConnection, "isResumed"> {
  const startedAt = performance.now();
  let isLeaving = false;
  let lastError: Error | undefined;
  client.on("error", (error) => {
    lastError = error;
  });
  const stopPings = keepAlive(client, socket, reader, options.keepAliveSeconds);
  const stopAsking = askFor(client, options, sink);
  const over = new Promise<Error | undefined>((resolve) => {
    socket.once("close", () => {
      stopPings();
      stopAsking();
      const cause = reader.trouble() ?? lastError;
      const failure = reader.failure();
      if (failure) resolve(notLoggedTrouble(options.place, failure));
      else resolve(isLeaving ? undefined : lostTrouble(options.place, performance.now() - startedAt, cause));
    });
  });
  const leave = async (): Promise<void> => {
    isLeaving = true;
    reader.discard();
    client.end();
    const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
    await over;
    clearTimeout(timer);
  };
  reader.onFailure(() => {
    sink.failed();
    void leave();
  });
  return {
    over,
    leave,
    isPaused: reader.isPaused,
    isBusy: reader.isBusy,
    readOn: reader.readOn,
    hold: reader.hold,
  };
}

function openSocket({ place, tls, timeoutMs, signal }: ConnectionOptionsOfSource): Promise<Socket> {
  const { hostname, port, protocol } = new URL(place.url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isTls = protocol === "mqtts:";
  return new Promise((resolve, reject) => {
    const at = { host, port: Number(port) || (isTls ? 8883 : 1883) };
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = isTls ? connectTls({ ...at, ...servername, ...tls }) : connectTcp(at);
    const stop = (): void => fail(new Error("stopped"));
    const late = (): void => fail(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }));
    const timer = setTimeout(late, timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
    const fail = (error: Error): void => {
      finish();
      socket.destroy();
      reject(error);
    };
    signal.addEventListener("abort", stop);
    // Stays, so that an error between here and the reader ends nothing but the connection.
    socket.on("error", fail);
    socket.once(isTls ? "secureConnect" : "connect", () => {
      finish();
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 60_000);
      resolve(socket);
    });
  });
}

function clientOptions(options: ConnectionOptionsOfSource): IClientOptions {
  const { place, password, protocolVersion, keepAliveSeconds, timeoutMs, messageLimit } = options;
  return {
    protocolId: "MQTT",
    protocolVersion,
    clean: false,
    clientId: place.clientId,
    keepalive: keepAliveSeconds,
    connectTimeout: timeoutMs,
    // A connection is one client: what waits is the broker's, and the next connection is made by the source.
    reconnectPeriod: 0,
    resubscribe: false,
    ...(place.username === undefined ? {} : { username: place.username }),
    ...(password === undefined ? {} : { password }),
    ...(protocolVersion === 5
      ? { properties: { sessionExpiryInterval: NEVER, receiveMaximum: Math.min(messageLimit, 65_535) } }
      : {}),
  };
}

/** Resolves at CONNACK with whether the broker had kept the session. */
function connected(client: MqttClient, { timeoutMs }: ConnectionOptionsOfSource): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const fail = (error?: Error): void => {
      clearTimeout(timer);
      reject(
        error ?? Object.assign(new Error("closed without an answer to CONNECT"), { code: "ECONNRESET" }),
      );
    };
    const timer = setTimeout(() => fail(new Error("no answer to CONNECT")), timeoutMs);
    // Errors behind the first must not end the process.
    client.on("error", fail);
    client.once("close", () => fail());
    client.once("connect", ({ sessionPresent }) => {
      clearTimeout(timer);
      resolve(sessionPresent);
    });
  });
}

/**
 * Keeps a connection that is paused, or whose PINGRESP is behind many messages: the broker is pinged by us, and
 * mqtt.js, which waits for an answer that we do not read, is told that all is well. A silent one is left to it.
 */
function keepAlive(client: MqttClient, socket: Socket, reader: Reader, seconds: number): () => void {
  const timer = setInterval(() => {
    if (!reader.isAlive() || !socket.writable) return;
    reader.ping();
    client.reschedulePing(true);
  }, seconds * 333);
  return () => clearInterval(timer);
}

/** Subscribes, and asks again for what was not granted. */
function askFor(
  client: MqttClient,
  { filters, place }: ConnectionOptionsOfSource,
  sink: ConnectionSink,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const ask = async (wanted: readonly string[]): Promise<void> => {
    const refused: string[] = [];
    for (let at = 0; at < wanted.length; at += FILTERS_AT_ONCE)
      refused.push(...(await subscribe(client, wanted.slice(at, at + FILTERS_AT_ONCE))));
    if (isOver) return;
    sink.filtersRefused(refused.length === 0 ? undefined : filterTrouble(place, refused));
    if (refused.length > 0) timer = setTimeout(() => void ask(refused), RETRY_FILTERS_MS);
  };
  void ask(filters);
  // Where it is not granted or not known, the broker does not say what it dropped.
  void subscribe(client, [DROPPED_TOPIC]);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** Filters of one SUBSCRIBE that were refused, or granted with QoS 0 only. */
function subscribe(client: MqttClient, filters: string[]): Promise<string[]> {
  return new Promise((resolve) => {
    // MQTT 5: retained messages come with a new subscription only.
    client.subscribe(filters, { qos: 1, rh: 1 }, (_error, _granted, packet) => {
      // Without an answer the connection is over, which is told elsewhere.
      const codes = packet?.cmd === "suback" ? (packet.granted as number[]) : filters.map(() => 1);
      resolve(filters.filter((_filter, i) => codes[i] !== 1));
    });
  });
}
