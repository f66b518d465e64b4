/**
 * MessageSource on the embedded broker, aedes 1.2. A message is handed over in `authorizePublish`, behind
 * whose callback aedes writes the PUBACK: it therefore means that the log has the message. That order is no
 * promise of aedes, so its version is pinned and a test holds it.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { Aedes, type Client } from "aedes";
import { UsageError } from "../model/errors.ts";
import type { MessageSource, SourceMessage } from "../model/ports.ts";
import { type Credentials, createAdmission, type TopicPermissions } from "./aedes-admission.ts";
import { brokerHooks } from "./aedes-hooks.ts";
import { createIntake, type Intake } from "./aedes-intake.ts";
import { createRefusals, type Refusals } from "./aedes-refusals.ts";
import { PacketGuard } from "./packet-guard.ts";

export interface AedesSourceOptions {
  readonly host: string;
  /** 0 takes a free one; see `address`. */
  readonly port: number;
  readonly permissions: TopicPermissions;
  /** Without them anyone is let in. */
  readonly credentials?: Credentials;
  /** Certificate and key; without them the listener is plain. */
  readonly tls?: TlsOptions;
  /** Sockets are not read while more messages than this wait for the log. Default 2,000. */
  readonly unloggedLimit?: number;
  /** Default 2,000. */
  readonly connectionLimit?: number;
  /** Time that a connection has for its CONNECT. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** Refused connections of one gateway and code share a reject for this long. Default 5 s. */
  readonly refusalMergeMs?: number;
  /** Longest wait for the log when stopping. Default 10 s. */
  readonly stopTimeoutMs?: number;
}

/** Counts since the start; `connections`, `unlogged` and `isPaused` are of now. */
export interface AedesSourceStats {
  readonly connections: number;
  readonly connectionsTotal: number;
  /** Turned away because there were too many. */
  readonly connectionsDropped: number;
  /** Closed by an error: no MQTT, too large, silent for too long, or a message the log did not take. */
  readonly connectionErrors: number;
  readonly messages: number;
  readonly acknowledged: number;
  /** Not taken by the log; their senders were cut off and send them again. */
  readonly failed: number;
  /** Refused connections and messages, by code. What the decoder refuses is not among them. */
  readonly refused: Readonly<Record<string, number>>;
  readonly unlogged: number;
  readonly isPaused: boolean;
}

export interface AedesSource extends MessageSource {
  /** Where it listens. */
  address(): { readonly host: string; readonly port: number };
  stats(): AedesSourceStats;
}

/** Creates the source; `start` listens. */
export function createAedesSource(options: AedesSourceOptions): AedesSource {
  const counts = { connectionsTotal: 0, connectionsDropped: 0, connectionErrors: 0 };
  const intake = createIntake(options.unloggedLimit ?? 2000);
  let running: { server: Server; broker: Aedes; refusals: Refusals } | undefined;

  const start = async (accept: (message: SourceMessage) => Promise<void>): Promise<void> => {
    const refusals = createRefusals(accept, options.refusalMergeMs ?? 5000);
    const admission = createAdmission(options.permissions, options.credentials);
    const { tls, connectTimeoutMs = 10_000 } = options;
    const broker = new Aedes({
      connectTimeout: connectTimeoutMs,
      maxClientsIdLength: 1024,
      ...brokerHooks({ admission, intake, refusals, accept }),
    });
    await broker.listen();
    const onError = (): void => {
      counts.connectionErrors += 1;
    };
    broker.on("clientError", onError);
    broker.on("connectionError", onError);
    const onSocket = (socket: Socket): void => {
      counts.connectionsTotal += 1;
      takeSocket(socket, broker, intake);
    };
    const server = tls
      ? createTlsServer({ handshakeTimeout: connectTimeoutMs, ...tls }, onSocket)
      : createServer(onSocket);
    server.maxConnections = options.connectionLimit ?? 2000;
    server.on("drop", () => {
      counts.connectionsDropped += 1;
    });
    running = { server, broker, refusals };
    await listen(server, options.port, options.host).catch(async (error: NodeJS.ErrnoException) => {
      await stop();
      throw error.code === "EADDRINUSE" ? portInUse(options) : error;
    });
    // A socket that could not be accepted, for want of file handles say, must not end the process.
    server.on("error", onError);
  };
  const stop = async (): Promise<void> => {
    if (!running) return;
    const { server, broker, refusals } = running;
    running = undefined;
    server.close();
    await intake.finish(options.stopTimeoutMs ?? 10_000);
    await refusals.stop();
    await new Promise<void>((resolve) => broker.close(() => resolve()));
  };
  return {
    start,
    stop,
    address() {
      if (!running) throw new Error("the broker does not listen; start it first");
      const { address, port } = running.server.address() as AddressInfo;
      return { host: address, port };
    },
    stats: () => ({ ...counts, ...intake.stats() }),
  };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function portInUse({ host, port }: AedesSourceOptions): UsageError {
  return new UsageError(
    `MQTT port ${port} of ${host} is in use; stop the program that listens there, or give another --mqtt-port`,
  );
}

function takeSocket(socket: Socket, broker: Aedes, intake: Intake): void {
  socket.setNoDelay(true);
  // Finds the peers that vanished; MQTT's own keep-alive may be switched off by the client.
  socket.setKeepAlive(true, 60_000);
  const guard = new PacketGuard(socket);
  intake.add(guard);
  guard.on("close", () => intake.remove(guard));
  const client = broker.handle(guard) as Client & { _keepaliveTimer?: NodeJS.Timeout | null };
  // A large packet on a slow line outlasts the keep-alive, of which the broker sees nothing.
  guard.onProgress = () => client._keepaliveTimer?.refresh();
}
