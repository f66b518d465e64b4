/** A command's question to a running process, with a server in its place. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { ask } from "../../cli/ask.ts";
import { UsageError } from "../../model/errors.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function occupant(answer: RequestListener) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return { pid: 1, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "shown" };
}

async function all(lines: AsyncIterable<object>): Promise<object[]> {
  const got: object[] = [];
  for await (const line of lines) got.push(line);
  return got;
}

test("the question carries its proof and its body, and the lines come as they are written", async () => {
  const other = await occupant(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const { method, url, headers } = request;
    const asked = [method, url, headers["content-type"], headers.authorization, body];
    response.write(`${JSON.stringify({ asked })}\n{"县":`);
    await wait(20);
    response.end('"岱山"}\n');
  });
  const proof = `Basic ${Buffer.from("command:shown").toString("base64")}`;
  async function* csv() {
    yield Buffer.from("a,b\n");
    await wait(5);
    yield Buffer.from("1,2\n");
  }
  expect(await all(ask(other, "import?site=s", "text/csv", csv()))).toEqual([
    { asked: ["POST", "/api/v1/admin/import?site=s", "text/csv", proof, "a,b\n1,2\n"] },
    { 县: "岱山" },
  ]);
  const [line] = await all(ask(other, "replay", "application/json", "{}"));
  expect(line).toEqual({ asked: ["POST", "/api/v1/admin/replay", "application/json", proof, "{}"] });
});

test("a refusal is one of the command, also before all was sent", async () => {
  const other = await occupant((_, response) => {
    response.writeHead(400, { "content-type": "application/problem+json" });
    response.end('{"detail":"--site x: not in the registry"}');
  });
  let isOver = false;
  async function* endless() {
    try {
      for (;;) yield Buffer.alloc(65_536, "x");
    } finally {
      isOver = true;
    }
  }
  const refused = all(ask(other, "import", "text/csv", endless()));
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow("--site x: not in the registry");
  await expect.poll(() => isOver).toBe(true);
});

test("an answer that ends with an error, or breaks off, is none", async () => {
  const failing = await occupant((_, response) =>
    response.end('{"done":1}\n{"error":{"detail":"no disk"}}\n'),
  );
  await expect(all(ask(failing, "reconcile", "application/json", "{}"))).rejects.toThrow("no disk");
  const breaking = await occupant((_, response) => {
    response.write('{"done":1}\n', () => response.destroy());
  });
  await expect(all(ask(breaking, "reconcile", "application/json", "{}"))).rejects.toThrow();
  const gone = { pid: 1, url: "http://127.0.0.1:9" };
  await expect(all(ask(gone, "reconcile", "application/json", "{}"))).rejects.toThrow(/ECONNREFUSED/);
});
