/** GET /api/v1/stream: server-sent events. One query serves all listeners, and none is asked when nobody listens. */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import type { Log } from "../../model/log.ts";
import type { Answer } from "../answer.ts";
import { ProblemError } from "../answer.ts";
import type { MattersEvent } from "../api/matters.ts";
import type { RawParameters } from "../parameters.ts";

/** Asks the reader thread. */
export type Run = (name: string, params: RawParameters) => Promise<Answer>;

export interface FeedOptions {
  readonly run: Run;
  /** How many matters are open: told as an event of its own when it changes. */
  readonly matters?: () => Promise<MattersEvent>;
  readonly log: Log;
  /** Shortest time between two events. */
  readonly tickMs?: number;
  readonly heartbeatMs?: number;
  /** An event at least this often, so that a listener can tell a quiet county from a dead connection. */
  readonly freshMs?: number;
  readonly mostListeners?: number;
}

export interface Feed {
  /**
   * Takes the reply over until its socket closes, or `ended` aborts.
   * @throws ProblemError 503 when there are too many.
   */
  listen(reply: FastifyReply, ended?: AbortSignal): void;
  close(): void;
}

const RETRY_MS = 2_000;
/** A query that takes long is asked less often: it may use this share of the reader's time. */
const BUSY_SHARE = 0.2;

/** Opens the feed; it runs only while somebody listens. */
export function createFeed({
  run,
  matters,
  log,
  tickMs = 1_000,
  heartbeatMs = 15_000,
  freshMs = 30_000,
  mostListeners = 200,
}: FeedOptions): Feed {
  const listeners = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  let asking = false;
  let etag: string | undefined;
  let toldMatters: string | undefined;
  let toldMattersAt = Number.NEGATIVE_INFINITY;
  let sentAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;

  const broadcast = (frame: string): void => {
    // A listener that does not keep up misses events; the next one it gets is whole.
    for (const listener of listeners) if (!listener.writableNeedDrain) listener.write(frame);
  };
  /** A fault that lasts is told once, not at every tick. */
  let told: string | undefined;
  const complain = (fault: string): void => {
    if (fault !== told) log.warn("stream-failed", { fault });
    told = fault;
  };
  const ask = async (): Promise<void> => {
    const fresh = performance.now() - sentAt > freshMs;
    const answer = await run("stream", etag === undefined || fresh ? {} : { since: etag });
    if (answer.status !== 200 && answer.status !== 304) return complain(answer.body);
    told = undefined;
    if (answer.status === 304) return;
    etag = answer.etag;
    sentAt = performance.now();
    broadcast(`event: figures\ndata: ${answer.body}\n\n`);
  };
  const askMatters = async (): Promise<void> => {
    if (matters === undefined) return;
    const text = JSON.stringify(await matters());
    // Told again now and then, changed or not: who did not keep up missed it, however often figures come.
    if (text === toldMatters && performance.now() - toldMattersAt < freshMs) return;
    toldMatters = text;
    toldMattersAt = performance.now();
    broadcast(`event: matters\ndata: ${text}\n\n`);
  };
  const tick = async (): Promise<void> => {
    timer = undefined;
    asking = true;
    askedAt = performance.now();
    await askMatters().catch((error: unknown) => complain(String(error)));
    await ask().catch((error: unknown) => complain(String(error)));
    asking = false;
    const took = performance.now() - askedAt;
    if (listeners.size > 0) schedule(Math.max(tickMs, took / BUSY_SHARE));
  };
  const schedule = (sinceAsked: number): void => {
    const delay = Math.max(0, askedAt + sinceAsked - performance.now());
    timer ??= setTimeout(() => void tick(), delay);
  };
  const leave = (listener: ServerResponse): void => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearTimeout(timer);
    clearInterval(heartbeat);
    timer = undefined;
    heartbeat = undefined;
  };

  return {
    listen(reply, ended) {
      if (listeners.size >= mostListeners) {
        const detail = `${mostListeners} pages are listening already; close one`;
        throw new ProblemError(503, detail, { code: "too-many-listeners" });
      }
      reply.hijack();
      const listener = reply.raw;
      if (listener.destroyed) return;
      listener.writeHead(200, {
        ...(reply.getHeaders() as OutgoingHttpHeaders),
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      });
      listener.write(`retry: ${RETRY_MS}\n\n`);
      const hangUp = (): void => void listener.end();
      ended?.addEventListener("abort", hangUp);
      listener.on("close", () => {
        ended?.removeEventListener("abort", hangUp);
        leave(listener);
      });
      listener.on("error", () => leave(listener));
      listeners.add(listener);
      // The newcomer is told at the next tick, changed or not.
      etag = undefined;
      toldMatters = undefined;
      heartbeat ??= setInterval(() => broadcast(": alive\n\n"), heartbeatMs);
      if (!asking) schedule(tickMs);
    },
    close() {
      for (const listener of [...listeners]) {
        listener.end();
        leave(listener);
      }
    },
  };
}
