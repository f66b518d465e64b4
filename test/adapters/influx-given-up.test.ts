/** Writes that are given up: nothing of them is to come after what is written next. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createInfluxClient } from "../../adapters/influx/client.ts";
import { createInfluxStore } from "../../adapters/influx/store.ts";
import { calendarOf } from "../../model/time.ts";
import { rejectOf } from "./influx-samples.ts";

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

/** A server that reads nothing before it is told to. */
async function listen(connected: (socket: Socket) => void): Promise<string> {
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
    connected(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const options = { org: "o", bucket: "b", token: "t" };

test("the connection of a write that was given up is reset, so that nothing more of it is sent", async () => {
  const client = createInfluxClient({
    ...options,
    url: await listen(() => undefined),
    calendar: calendarOf("Asia/Shanghai"),
    deadlineMs: 300,
    maxAttempts: 1,
  });
  await expect(client.write([`m f="${"x".repeat(1_000_000)}" 0`], "ms")).rejects.toThrow("no answer within");
  const socket = sockets[0]!;
  let came = 0;
  socket.on("data", (part) => {
    came += part.length;
  });
  const closed = once(socket, "close");
  socket.resume();
  await closed;
  // What had come by then is there to be read, and no whole write.
  expect(came).toBeLessThan(1_000_000);
  client.close();
});

test("a failure of one of several requests is told when the others have ended", async () => {
  const events: string[] = [];
  const answer = (socket: Socket, status: string) =>
    socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
  let count = 0;
  const url = await listen((socket) => {
    count += 1;
    const isFirst = count === 1;
    socket.resume();
    setTimeout(
      () => {
        events.push(isFirst ? "refused" : "taken");
        answer(socket, isFirst ? "400 Bad Request" : "204 No Content");
      },
      isFirst ? 100 : 400,
    );
  });
  const store = createInfluxStore({ ...options, url, calendar: calendarOf("Asia/Shanghai") });
  const payload = "x".repeat(300_000);
  const rejects = Array.from({ length: 45 }, (_, i) =>
    rejectOf(i, { payload: payload + Math.sin(i), detail: `${i}` }),
  );
  await expect(store.write({ rejects })).rejects.toThrow("400");
  expect(count).toBeGreaterThan(1);
  expect(events).toHaveLength(count);
  await store.close();
});
