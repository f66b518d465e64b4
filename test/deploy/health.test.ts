import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { root } from "./compose-file.ts";
import { freshDirectory, makeSecrets } from "./make-secrets.ts";

const secrets = freshDirectory("health");
beforeAll(() => {
  expect(makeSecrets(secrets.path).status).toBe(0);
});
afterAll(secrets.remove);
const pem = (name: string) => readFileSync(join(secrets.path, name));

function ask(environment: Readonly<Record<string, string>>): Promise<number | null> {
  const env = { PATH: process.env.PATH, ...environment };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(root, "deploy/health.mjs")], { env });
    child.once("close", resolve);
  });
}

async function against(
  make: (answer: RequestListener) => Server,
  status: number,
  tls: boolean,
): Promise<number | null> {
  const server = make((request, response) =>
    response.writeHead(request.url === "/healthz" ? status : 404).end(),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = String((server.address() as AddressInfo).port);
  try {
    return await ask({ ENERGY_HTTP_PORT: port, ...(tls ? { ENERGY_TLS_CERT: "given" } : {}) });
  } finally {
    server.close();
  }
}

describe("the container's health check", () => {
  const secure = (answer: RequestListener) =>
    createSecureServer({ key: pem("energy.key"), cert: pem("energy.crt") }, answer);

  it("is well when the process answers, by HTTP and by TLS", async () => {
    expect(await against(createServer, 200, false)).toBe(0);
    expect(await against(secure, 200, true)).toBe(0);
  });

  it("is not when it answers otherwise, by another protocol, or not at all", async () => {
    expect(await against(createServer, 503, false)).toBe(1);
    expect(await against(secure, 200, false)).toBe(1);
    expect(await ask({ ENERGY_HTTP_PORT: "1" })).toBe(1);
  });

  it("does not wait for ever for one that hangs", async () => {
    const hanging = createServer(() => {});
    await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
    const began = performance.now();
    expect(await ask({ ENERGY_HTTP_PORT: String((hanging.address() as AddressInfo).port) })).toBe(1);
    expect(performance.now() - began).toBeLessThan(10_000);
    hanging.closeAllConnections();
    hanging.close();
  });
});
