/**
 * MessageSource on an outside broker (Mosquitto or any other) with a persistent session: what comes while we are
 * away, the broker keeps. A message gets its PUBACK once the log has it, on the connection that brought it, in
 * the order of receipt; what was not acknowledged comes again. The gateway was acknowledged by the broker before.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { UsageError } from "../model/errors.ts";
import type { MessageSource, Refusal, SourceMessage } from "../model/ports.ts";
import type { Instant } from "../model/time.ts";
import { type BrokerConnection, type ConnectionSink, openConnection } from "./mqtt-source-connection.ts";
import { createLoad } from "./mqtt-source-load.ts";
import type { Published } from "./mqtt-source-walk.ts";
import { packetLimits } from "./packet-guard.ts";

export interface MqttSourceOptions {
  /** `mqtts://host:port`, or `mqtt://` without TLS; a password goes there in the clear only on loopback. */
  readonly url: string;
  /** Names the session; two collectors must not use one at the same time. */
  readonly clientId: string;
  readonly username?: string;
  readonly password?: string;
  /** CA, client certificate and key, server name. Without a CA, Node's own list holds. */
  readonly tls?: Pick<ConnectionOptions, "ca" | "cert" | "key" | "passphrase" | "servername">;
  /** Allows a password over `mqtt://` to other machines. Default false. */
  readonly allowPlaintext?: boolean;
  /** Topic filters that do not overlap: a broker may deliver a message once for each that matches. */
  readonly filters: readonly string[];
  /** 4 is MQTT 3.1.1. Default 4. */
  readonly protocolVersion?: 4 | 5;
  /** Nothing is read while as many messages wait for the log. Default 2,000. */
  readonly unloggedLimit?: number;
  /** The same in bytes of payload. Default 16 MiB. */
  readonly unloggedBytesLimit?: number;
  /** Shortest and longest wait before connecting again. Default 500 and 30,000. */
  readonly reconnectMs?: { readonly first: number; readonly most: number };
  /** Time for connecting, TLS and the answer to CONNECT. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** Default 30. */
  readonly keepAliveSeconds?: number;
  /** Longest wait for the log when stopping. Default 10 s. */
  readonly stopTimeoutMs?: number;
  /** Told of every connection, and of every problem once. */
  readonly log?: (line: string) => void;
}

/** Counts since the start; `isConnected`, `unlogged`, `unloggedBytes` and `isPaused` are of now. */
export interface MqttSourceStats {
  readonly isConnected: boolean;
  readonly connectionsTotal: number;
  /** Connections that were lost or could not be made. */
  readonly connectionErrors: number;
  readonly messages: number;
  /** Durable; those of QoS 1 got their PUBACK, if their connection still stood. */
  readonly acknowledged: number;
  /** Connections ended because the log did not take a message; the broker sends it again. */
  readonly failed: number;
  /** Dropped by the broker since its own start, as far as it says; the gaps in seq tell which. */
  readonly droppedByBroker: number;
  readonly unlogged: number;
  readonly unloggedBytes: number;
  readonly isPaused: boolean;
}

/** Whether messages can come in now; `problem` says what is wrong and what to do. */
export interface MqttSourceHealth {
  readonly ok: boolean;
  readonly problem?: string;
  /** When the connection was made. */
  readonly since?: Instant;
}

export interface MqttSource extends MessageSource {
  stats(): MqttSourceStats;
  health(): MqttSourceHealth;
}

/** A connection that stood for so long is a new beginning for the waits between attempts. */
const STEADY_MS = 30_000;

/**
 * Creates the source. `start` begins to connect and does not wait for it: a broker that is not there yet, or
 * refuses, is tried again for ever, and `health` says why.
 * @throws UsageError when the options cannot work
 */
export function createMqttSource(options: MqttSourceOptions): MqttSource {
  checkOptions(options);
  const readOn = (): void => connection?.readOn();
  const load = createLoad(options.unloggedLimit ?? 2000, options.unloggedBytesLimit ?? 16 << 20, readOn);
  const counts = { connectionsTotal: 0, connectionErrors: 0, messages: 0, acknowledged: 0, failed: 0 };
  const stopping = new AbortController();
  let droppedByBroker = 0;
  let connection: BrokerConnection | undefined;
  let since: Instant | undefined;
  let problem: string | undefined = "not started";
  let refusedFilters: string | undefined;
  let running: Promise<void> | undefined;

  const tell = (what: string): void => {
    if (what !== problem) options.log?.(what);
    problem = what;
  };
  const noteDropped = (count: number): void => {
    if (count > droppedByBroker)
      options.log?.(
        `${options.url}: the broker has dropped ${count} messages since its start, a queue being full; raise max_queued_messages and max_queued_bytes`,
      );
    droppedByBroker = count;
  };
  const sinkFor = (accept: (message: SourceMessage) => Promise<void>): ConnectionSink => ({
    load,
    take(message) {
      counts.messages += 1;
      return accept(sourceMessage(message));
    },
    acknowledged(messages) {
      counts.acknowledged += messages;
    },
    failed() {
      counts.failed += 1;
    },
    dropped: noteDropped,
    filtersRefused(what) {
      if (what !== undefined && what !== refusedFilters) options.log?.(what);
      refusedFilters = what;
    },
  });
  /** One connection from beginning to end; false when it did not stand for long. */
  const once = async (sink: ConnectionSink): Promise<boolean> => {
    const openedAt = performance.now();
    try {
      connection = await openConnection(connectionOptions(options, stopping.signal), sink);
      if (stopping.signal.aborted) await connection.leave();
      else readOn();
      counts.connectionsTotal += 1;
      since = Date.now();
      problem = undefined;
      refusedFilters ??= connection.isResumed ? undefined : `${options.url}: subscribing`;
      options.log?.(`${options.url}: connected as ${options.clientId}`);
      const ending = await connection.over;
      if (stopping.signal.aborted) return true;
      if (ending) throw ending;
    } catch (error) {
      counts.connectionErrors += 1;
      tell(error instanceof Error ? error.message : String(error));
    } finally {
      connection = undefined;
      since = undefined;
    }
    return performance.now() - openedAt > STEADY_MS;
  };
  const run = async (accept: (message: SourceMessage) => Promise<void>): Promise<void> => {
    const sink = sinkFor(accept);
    const { first, most } = options.reconnectMs ?? { first: 500, most: 30_000 };
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      if (await once(sink)) attempt = 0;
      const longest = Math.min(most, first * 2 ** Math.min(attempt, 20));
      await wait(longest * (0.5 + Math.random() / 2), undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  return {
    async start(accept) {
      problem = `${options.url}: connecting`;
      running = run(accept);
    },
    async stop() {
      const end = performance.now() + (options.stopTimeoutMs ?? 10_000);
      stopping.abort();
      connection?.hold();
      while (connection?.isBusy() && performance.now() < end) await wait(5);
      await connection?.leave();
      await running;
      problem = "stopped";
    },
    stats: () => ({
      isConnected: connection !== undefined,
      ...counts,
      droppedByBroker,
      unlogged: load.messages(),
      unloggedBytes: load.bytes(),
      isPaused: connection?.isPaused() ?? false,
    }),
    health() {
      const wrong = problem ?? refusedFilters;
      return {
        ok: wrong === undefined,
        ...(wrong === undefined ? {} : { problem: wrong }),
        ...(since === undefined ? {} : { since }),
      };
    },
  };
}

function checkOptions({ url, tls, filters, password, allowPlaintext, username }: MqttSourceOptions): void {
  const at = URL.canParse(url) ? new URL(url) : undefined;
  if (!at || !["mqtt:", "mqtts:"].includes(at.protocol) || at.hostname === "")
    throw new UsageError(`broker ${url}: write mqtts://host:port, or mqtt://host:port for one without TLS`);
  if (at.username !== "" || at.password !== "")
    throw new UsageError("broker: no user or password in the address, where others see it; give them apart");
  const isLocal = ["127.0.0.1", "[::1]", "localhost"].includes(at.hostname);
  if (at.protocol === "mqtt:") {
    if (tls) throw new UsageError(`broker ${url}: certificates are of no use without TLS; write mqtts://`);
    if (password !== undefined && !isLocal && !allowPlaintext)
      throw new UsageError(
        `broker ${url}: the password would go in the clear; write mqtts://, or allow plain text`,
      );
  }
  if ((tls?.cert === undefined) !== (tls?.key === undefined))
    throw new UsageError(`broker ${url}: a client certificate and its key come together; give both`);
  if (password !== undefined && username === undefined)
    throw new UsageError(`broker ${url}: a password without a user name; give both`);
  if (filters.length === 0)
    throw new UsageError(
      `broker ${url}: no topic to read; add gateways to sites/, or a profile with a topic`,
    );
}

function connectionOptions(options: MqttSourceOptions, signal: AbortSignal) {
  const { url, clientId, username, password, tls, filters } = options;
  return {
    place: { url, clientId, username },
    password,
    tls,
    filters,
    signal,
    protocolVersion: options.protocolVersion ?? 4,
    timeoutMs: options.connectTimeoutMs ?? 10_000,
    keepAliveSeconds: options.keepAliveSeconds ?? 30,
    messageLimit: options.unloggedLimit ?? 2000,
  };
}

function sourceMessage({ topic, payload, retained, oversized }: Published): SourceMessage {
  const message = { topic, payload, retained, receivedAt: Date.now() };
  return oversized ? { ...message, refused: tooLarge(oversized) } : message;
}

function tooLarge({ length, sha256 }: { length: number; sha256: string }): Refusal {
  const detail = `payload of ${length} bytes, at most ${packetLimits.payloadBytes} are taken; send several messages`;
  return { code: "too-large", detail, values: 1, whole: { length, sha256 } };
}
