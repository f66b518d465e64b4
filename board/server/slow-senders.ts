/** Deadlines for whoever sends his request slowly, so that open sockets cannot be used up by waiting. */
import type { FastifyInstance } from "fastify";

export interface SendLimits {
  /** For a request's headers, and for the first byte on a new connection. */
  readonly headersMs: number;
  /** For a body; that of an operator's import may take its time. */
  readonly bodyMs: number;
}

export const sendLimits: SendLimits = { headersMs: 15_000, bodyMs: 30_000 };

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
