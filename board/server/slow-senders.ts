/** Bounds for whoever holds connections, or sends his request slowly, so that sockets cannot be used up. */
import type { Server } from "node:http";
import { normalizeIP } from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";

export interface SendLimits {
  /** For a request's headers, and for the first byte on a new connection. */
  readonly headersMs: number;
  /** For a body; that of an operator's import may take its time. */
  readonly bodyMs: number;
  /** Connections of one address; an open page has six at most, and a proxy shares its own. */
  readonly connectionsPerAddress: number;
}

export const sendLimits: SendLimits = { headersMs: 15_000, bodyMs: 30_000, connectionsPerAddress: 300 };

/** An idle connection is kept this long, for the page's next question. */
export const KEEP_ALIVE_MS = 30_000;

/** What Node's server is made with. Its own deadline for whole requests would end long imports. */
export function serverSettings({ headersMs }: SendLimits) {
  return {
    headersTimeout: headersMs,
    connectionsCheckingInterval: Math.min(5_000, headersMs),
    maxHeaderSize: 16 * 1024,
  };
}

/** Ends connections whose body takes too long, refused ones included. Comes before all other hooks. */
export function addBodyDeadline(app: FastifyInstance, { bodyMs }: SendLimits): void {
  app.addHook("onRequest", async (request) => {
    const { raw } = request;
    const { "content-length": length = "0", "transfer-encoding": encoding } = raw.headers;
    if (encoding === undefined && Number(length) === 0) return;
    const timer = setTimeout(() => {
      const mayLast = request.routeOptions.config.longBody === true && request.operator !== null;
      if (!raw.complete && !mayLast) raw.socket.destroy();
    }, bodyMs);
    raw.once("close", () => clearTimeout(timer));
  });
}

/** Closes connections beyond those that one address may have. */
export function limitConnections(server: Server, { connectionsPerAddress }: SendLimits): void {
  const open = new Map<string, number>();
  server.on("connection", (socket) => {
    const address = normalizeIP(socket.remoteAddress ?? "", 64);
    const count = (open.get(address) ?? 0) + 1;
    if (count > connectionsPerAddress) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once("close", () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
