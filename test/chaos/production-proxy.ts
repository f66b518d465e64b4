/** A way to InfluxDB on which a write can be caught: let through late, or answered by nobody. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Caught {
  /** Of its lines. */
  readonly measurements: ReadonlySet<string>;
  readonly lines: number;
}

/** What becomes of a write: `hold` until `letGo`; `swallow`: InfluxDB never gets it; `mute`: its answer is lost. */
export type Verdict = "pass" | "hold" | "swallow" | "mute";

export interface CatchingProxy {
  readonly url: string;
  /** Asked for each write. */
  judge: (write: Caught) => Verdict;
  /** Writes that are held now. */
  held(): readonly Caught[];
  /** Lets what is held through to InfluxDB, and waits for its answers. */
  letGo(): Promise<void>;
  close(): Promise<void>;
}

const isWrite = (incoming: IncomingMessage): boolean => incoming.url?.startsWith("/api/v2/write") ?? false;

function caughtOf(body: Buffer): Caught {
  const lines = body.toString("utf8").split("\n");
  return { measurements: new Set(lines.map((line) => /^[^, ]*/.exec(line)![0])), lines: lines.length };
}

function forward(
  target: URL,
  incoming: IncomingMessage,
  body: Buffer,
  response: ServerResponse | undefined,
): Promise<void> {
  return new Promise((resolve) => {
    const { url: path, method, headers } = incoming;
    const onward = request({ host: target.hostname, port: target.port, path, method, headers }, (answer) => {
      response?.writeHead(answer.statusCode ?? 500, answer.headers);
      if (response) answer.pipe(response);
      else answer.resume();
      answer.once("close", resolve);
    });
    onward.once("error", () => {
      response?.destroy();
      resolve();
    });
    onward.end(body);
  });
}

/** Starts one before `target` on a free port of 127.0.0.1. */
export async function startCatchingProxy(target: string): Promise<CatchingProxy> {
  const to = new URL(target);
  const held: { caught: Caught; go: () => Promise<void> }[] = [];
  const state = { judge: (_: Caught): Verdict => "pass" };
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("error", () => undefined);
    response.on("error", () => undefined);
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const body = Buffer.concat(parts);
      const go = () => forward(to, incoming, body, response);
      const caught = isWrite(incoming) ? caughtOf(body) : undefined;
      const verdict = caught ? proxy.judge(caught) : "pass";
      if (verdict === "pass") void go();
      if (verdict === "mute") void forward(to, incoming, body, undefined);
      if (verdict === "hold") held.push({ caught: caught!, go });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const proxy: CatchingProxy = Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    held: () => held.map(({ caught }) => caught),
    async letGo() {
      for (const { go } of held.splice(0)) await go();
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  return proxy;
}
