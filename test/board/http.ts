/** The board's server on a free port of this machine, and plain requests to it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, type RequestOptions, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { createLog } from "../../adapters/pino.ts";
import { type BoardServerOptions, createBoardServer } from "../../board/server.ts";
import { type Board, openBoard } from "./county.ts";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  json<T>(): T;
}

export async function serve(part: Partial<BoardServerOptions> = {}, board: Board = openBoard()) {
  const log: string[] = [];
  const nothing = async function* (): AsyncGenerator<object> {};
  const app = await createBoardServer({
    run: board.run,
    actions: { importCsv: nothing, replay: nothing, reconcile: nothing },
    readiness: async () => ({
      ready: true,
      recordsBehind: 0,
      pendingSpans: 0,
      dirtyDays: 0,
      dependencies: [],
    }),
    metrics: async () => "energy_up 1\n",
    host: "127.0.0.1",
    log: createLog({ form: "json", level: "debug", write: (line) => log.push(line) }),
    ...part,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const ask = (path: string, options: RequestOptions & { body?: string | Buffer } = {}): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const { body, ...rest } = options;
      const asked = request({ host: "127.0.0.1", port, path, ...rest }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const all = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: all,
            text: all.toString("utf8"),
            json: <T>() => JSON.parse(all.toString("utf8")) as T,
          });
        });
      });
      asked.on("error", reject);
      asked.end(body);
    });
  const closeAll = async (): Promise<void> => {
    await app.close();
    await board.close();
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  return { app, board, port, log, ask, close };
}

export type Served = Awaited<ReturnType<typeof serve>>;

/** A built page of two files, compressed as the build does it. */
export function builtPage(): { root: string; remove: () => void } {
  const root = mkdtempSync(join(tmpdir(), "board-page-"));
  for (const [name, text] of [
    ["index.html", "<!doctype html><title>板</title>"],
    ["app.js", `console.log("${"x".repeat(500)}")`],
  ] as const) {
    writeFileSync(join(root, name), text);
    writeFileSync(join(root, `${name}.gz`), gzipSync(text));
    writeFileSync(join(root, `${name}.br`), brotliCompressSync(text));
  }
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}
