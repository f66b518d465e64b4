/** An HTTP server in front of InfluxDB that counts requests and misbehaves as it is told. */
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What becomes of a request: passed on, or answered here; an answer cut off in the middle; or none at all. */
export type Fate =
  | { readonly kind: "pass" }
  | { readonly kind: "answer"; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  | { readonly kind: "hang" }
  | { readonly kind: "reset" }
  | { readonly kind: "cut" }
  /** InfluxDB gets it, and the answer is lost. */
  | { readonly kind: "lose-answer" };

export const pass: Fate = { kind: "pass" };

export interface Seen {
  readonly path: string;
  readonly body: string;
}

export interface FaultyProxy {
  readonly url: string;
  /** Requests so far. */
  readonly seen: Seen[];
  /** Asked for each request. */
  decide: (seen: Seen, index: number) => Fate;
  close(): Promise<void>;
}

function forward(
  target: URL,
  incoming: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  fate: Fate,
): void {
  const options = {
    host: target.hostname,
    port: target.port,
    path: incoming.url,
    method: incoming.method,
    headers: incoming.headers,
  };
  const onward = request(options, (answer) => {
    const parts: Buffer[] = [];
    answer.on("data", (part: Buffer) => parts.push(part));
    answer.on("end", () => {
      if (fate.kind === "lose-answer") return response.destroy();
      const whole = Buffer.concat(parts);
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      if (fate.kind !== "cut") return response.end(whole);
      return response.write(whole.subarray(0, Math.floor(whole.length / 2)), () => response.destroy());
    });
  });
  onward.on("error", () => response.destroy());
  onward.end(body);
}

/** Starts one before `target` on a free port of 127.0.0.1. */
export async function startProxy(target: string): Promise<FaultyProxy> {
  const proxy = { seen: [] as Seen[], decide: (): Fate => pass };
  const server = createServer((incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("error", () => undefined);
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const body = Buffer.concat(parts);
      const seen = { path: incoming.url ?? "", body: body.toString("utf8") };
      proxy.seen.push(seen);
      const fate: Fate = (proxy as Pick<FaultyProxy, "decide">).decide(seen, proxy.seen.length - 1);
      if (fate.kind === "hang") return;
      if (fate.kind === "reset") response.destroy();
      else if (fate.kind === "answer") response.writeHead(fate.status, fate.headers).end();
      else forward(new URL(target), incoming, body, response, fate);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}
