/** Calls between threads: a function's name, arguments that can be cloned, and an answer or a failure. */
import type { MessagePort, Worker } from "node:worker_threads";
import { UsageError } from "../model/errors.ts";

interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly item: unknown }
  | { readonly id: number; readonly error: { name: string; message: string; stack?: string; code?: string } };

// biome-ignore lint/suspicious/noExplicitAny: any function may be called; the caller's types hold the two ends together.
export type Functions = Record<string, (...args: any[]) => unknown>;

function errorOf(error: unknown) {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack = "" } = error;
  const code = (error as { code?: unknown }).code;
  return { name, message, stack, ...(typeof code === "string" ? { code } : {}) };
}

/** Answers calls that come in on a port. A function that gives an async iterable is streamed. */
export function serveCalls(port: MessagePort, functions: Functions): void {
  port.on("message", async ({ id, name, args }: Call) => {
    try {
      const result = await functions[name]!(...args);
      if (isIterable(result)) for await (const item of result) port.postMessage({ id, item } satisfies Reply);
      port.postMessage({ id, value: isIterable(result) ? undefined : result } satisfies Reply);
    } catch (error) {
      port.postMessage({ id, error: errorOf(error) } satisfies Reply);
    }
  });
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/** An error loses its class on the way between threads; that of a refusal decides how a command ends. */
function revived(error: Error): Error {
  return error.name === "UsageError" ? new UsageError(error.message) : error;
}

interface Open {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly item: (item: unknown) => void;
}

export interface Caller {
  /** Resolves with the reason once the thread has ended, asked or not. */
  readonly ended: Promise<Error>;
  call<T>(name: string, ...args: unknown[]): Promise<T>;
  /** The items of a streamed function, as they come. */
  stream<T>(name: string, ...args: unknown[]): AsyncIterable<T>;
}

/** Calls functions of a worker thread. When the thread ends, what is open fails. */
export function callWorker(worker: Worker, what: string): Caller {
  const open = new Map<number, Open>();
  let next = 0;
  let gone: Error | undefined;
  worker.on("message", (reply: Reply) => {
    const waiting = open.get(reply.id);
    if (waiting === undefined) return;
    if ("item" in reply) {
      waiting.item(reply.item);
      return;
    }
    open.delete(reply.id);
    if ("error" in reply) waiting.reject(Object.assign(new Error(reply.error.message), reply.error));
    else waiting.resolve(reply.value);
  });
  let tellEnd: (error: Error) => void = () => undefined;
  const ended = new Promise<Error>((resolve) => {
    tellEnd = resolve;
  });
  const end = (error: Error): void => {
    gone ??= error;
    tellEnd(gone);
    for (const waiting of open.values()) waiting.reject(gone);
    open.clear();
  };
  worker.on("error", (error) => end(revived(error as Error)));
  worker.on("exit", () => end(new Error(`The ${what} thread has ended.`)));
  const start = (name: string, args: readonly unknown[], handlers: Open): void => {
    if (gone) {
      handlers.reject(gone);
      return;
    }
    next += 1;
    open.set(next, handlers);
    worker.postMessage({ id: next, name, args } satisfies Call);
  };
  return {
    ended,
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        start(name, args, { resolve: resolve as Open["resolve"], reject, item: () => undefined });
      }),
    stream: (name, ...args) => streamed((handlers) => start(name, args, handlers)),
  };
}

async function* streamed<T>(begin: (handlers: Open) => void): AsyncGenerator<T> {
  const items: T[] = [];
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;
  const done = (change: () => void) => (value?: unknown) => {
    change();
    void value;
    wake();
  };
  begin({
    resolve: done(() => {
      ended = true;
    }),
    reject: (error) => {
      failure = { error };
      wake();
    },
    item: (item) => {
      items.push(item as T);
      wake();
    },
  });
  for (;;) {
    while (items.length > 0) yield items.shift()!;
    if (failure) throw failure.error;
    if (ended) return;
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}
