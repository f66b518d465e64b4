/** HTTP requests that leave nothing behind when they are given up. */
import {
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  type RequestOptions,
  request as requestPlain,
} from "node:http";
import { request as requestSecure, Agent as SecureAgent } from "node:https";
import type { Socket } from "node:net";

type Request = (options: RequestOptions, answered: (answer: IncomingMessage) => void) => ClientRequest;

/**
 * What a closed connection has not sent yet the system goes on sending, for minutes where the way was lost: a write
 * that was given up would land after newer ones. A reset drops it. One of TLS cannot be reset, nor can one that is
 * yet to be made, of which nothing was sent.
 */
function dropUnsent(socket: Socket): void {
  if (socket.connecting || "encrypted" in socket) socket.destroy();
  else socket.resetAndDestroy();
}

/** The same request; when its signal aborts before there is an answer, the connection is reset. */
const givenUpByReset =
  (request: Request): Request =>
  (options, answered) => {
    let isAnswered = false;
    let made: ClientRequest | undefined;
    // Before the request's own listener, which closes; after an answer the connection may be another request's.
    options.signal?.addEventListener("abort", () => {
      if (!isAnswered && made?.socket) dropUnsent(made.socket);
    });
    made = request(options, (answer) => {
      isAnswered = true;
      answered(answer);
    });
    return made;
  };

/** Options of InfluxDB's client: the agent, and how it makes requests, by its name for that. */
export function requestsWith(
  url: string,
  settings: { readonly maxSockets: number; readonly ca?: string | Buffer },
) {
  const agent = new (url.startsWith("https:") ? SecureAgent : PlainAgent)({ keepAlive: true, ...settings });
  const apis = { http: givenUpByReset(requestPlain), https: givenUpByReset(requestSecure) };
  const transportOptions = {
    agent,
    "follow-redirects": { http: { request: apis.http }, https: { request: apis.https } },
  };
  return { agent, transportOptions };
}
