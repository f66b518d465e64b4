import { connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { PacketGuard } from "../../adapters/packet-guard.ts";

const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** Both ends of a connection, one of them guarded. */
async function pair(): Promise<{ guard: PacketGuard; peer: Socket }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const accepted = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const peer = connect((server.address() as { port: number }).port, "127.0.0.1");
  const guard = new PacketGuard(await accepted);
  server.close();
  open.push(peer, guard);
  return { guard, peer };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test("a peer that does not read is cut off, and the writer is never asked to wait", async () => {
  const { guard, peer } = await pair();
  peer.pause();
  const failed = new Promise<Error>((resolve) => guard.once("error", resolve));
  for (let i = 0; i < 2000 && !guard.destroyed; i++) {
    expect(guard.write(Buffer.alloc(64 * 1024))).toBe(true);
    if (i % 50 === 0) await turn();
  }
  expect((await failed).message).toBe("the peer does not read");
});

test("nothing is read while held, and all of it after the release", async () => {
  const { guard, peer } = await pair();
  const read: Buffer[] = [];
  guard.on("readable", () => {
    for (let bytes = guard.read(); bytes; bytes = guard.read()) read.push(bytes);
  });
  const connect = Buffer.from("100d00044d5154540402003c000163", "hex");
  guard.hold();
  const whole = (bytes: Buffer): boolean => Buffer.concat(read).length >= bytes.length;
  peer.write(connect);
  await turn();
  expect(read).toEqual([]);
  guard.release();
  while (!whole(connect)) await turn();
  expect(Buffer.concat(read)).toEqual(connect);
  peer.write(Buffer.from([0xc0, 0]));
  await turn();
  // What comes behind CONNECT waits for the answer.
  expect(Buffer.concat(read)).toEqual(connect);
  guard.write(Buffer.from([0x20, 2, 0, 0]));
  const both = Buffer.concat([connect, Buffer.from([0xc0, 0])]);
  while (!whole(both)) await turn();
  expect(Buffer.concat(read)).toEqual(both);
});

test("only the guard's own stand-ins are taken for oversized messages", async () => {
  const { guard, peer } = await pair();
  const read: Buffer[] = [];
  guard.on("data", (bytes: Buffer) => read.push(bytes));
  peer.write(Buffer.from("100d00044d5154540402003c000163", "hex"));
  await turn();
  guard.write(Buffer.from([0x20, 2, 0, 0]));
  // PUBLISH, QoS 1, topic "a", id 7, and 262,145 bytes behind them.
  peer.write(Buffer.concat([Buffer.from([0x32, 0x86, 0x80, 0x10, 0, 1, 97, 0, 7]), Buffer.alloc(262_145)]));
  while (read.length < 2) await turn();
  const standIn = read[1]!;
  expect(standIn.subarray(0, 7)).toEqual(Buffer.from([0x32, 25, 0, 1, 97, 0, 7]));
  const payload = standIn.subarray(7);
  expect(guard.takeOversized(Buffer.alloc(20))).toBeUndefined();
  expect(guard.takeOversized(payload)).toMatchObject({ length: 262_145 });
  expect(guard.takeOversized(payload)).toBeUndefined();
});
