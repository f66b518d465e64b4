/** The publisher against a real broker, and against a server that loses connections. */
import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import mqttPacket, { type Packet } from "mqtt-packet";
import { afterEach, describe, expect, test } from "vitest";
import { connectMqttPublisher } from "../../adapters/mqtt-publisher.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `mqtt://127.0.0.1:${address.port}`;
}

/** Answers the protocol by hand, so that a test decides about every PUBACK. */
async function handServer(
  onPacket: (packet: Packet, answer: (packet: Packet) => void, socket: Socket) => void,
) {
  return listen(
    createServer((socket) => {
      const parser = mqttPacket.parser({ protocolVersion: 4 });
      const answer = (packet: Packet) => socket.write(mqttPacket.generate(packet));
      parser.on("packet", (packet) => onPacket(packet, answer, socket));
      socket.on("data", (bytes) => parser.parse(bytes));
      socket.on("error", () => undefined);
    }),
  );
}

const welcome: Packet = { cmd: "connack", returnCode: 0, sessionPresent: false };

describe("a publisher", () => {
  test("hands messages to a broker in order and resolves at their PUBACK", async () => {
    const broker = await Aedes.createBroker();
    closers.push(() => new Promise((resolve) => broker.close(resolve)));
    const heard: string[] = [];
    const clients: string[] = [];
    broker.authorizePublish = (client, packet, done) => {
      heard.push(`${packet.topic} ${packet.payload.toString()} ${packet.qos}`);
      clients.push(client?.id ?? "");
      setTimeout(() => done(null), 20);
    };
    const url = await listen(createServer(broker.handle));
    const publisher = await connectMqttPublisher({ url, clientId: "demo-fleet", inFlight: 3 });
    closers.push(() => publisher.close());
    await Promise.all(Array.from({ length: 10 }, (_, i) => publisher.publish("v1/t", `${i}`)));
    expect(heard).toEqual(Array.from({ length: 10 }, (_, i) => `v1/t ${i} 1`));
    expect(new Set(clients)).toEqual(new Set(["demo-fleet"]));
  });

  test("has no more messages on the way than it may", async () => {
    const unanswered: number[] = [];
    let answerNow: ((packet: Packet) => void) | undefined;
    const url = await handServer((packet, answer) => {
      answerNow = answer;
      if (packet.cmd === "connect") answer(welcome);
      if (packet.cmd === "publish") unanswered.push(packet.messageId ?? 0);
    });
    const publisher = await connectMqttPublisher({ url, clientId: "bounded", inFlight: 4 });
    closers.push(() => publisher.close());
    const all = Promise.all(Array.from({ length: 9 }, (_, i) => publisher.publish("t", `${i}`)));
    const seen: number[] = [];
    for (let acked = 0; acked < 9; acked += 1) {
      await expect.poll(() => unanswered.length).toBe(Math.min(9, acked + 4));
      seen.push(unanswered.length - acked);
      answerNow?.({ cmd: "puback", messageId: unanswered[acked] ?? 0 });
    }
    await all;
    expect(Math.max(...seen)).toBe(4);
  });

  test("sends again what had no PUBACK when the connection was lost, and asks to keep its session", async () => {
    const received: string[][] = [];
    const cleans: unknown[] = [];
    const url = await handServer((packet, answer, socket) => {
      if (packet.cmd === "connect") {
        cleans.push(packet.clean);
        received.push([]);
        answer({ ...welcome, sessionPresent: received.length > 1 });
      }
      if (packet.cmd !== "publish") return;
      received.at(-1)?.push(packet.payload.toString());
      // The first connection acknowledges "0" only, and dies at the third message.
      const first = received.length === 1;
      if (!first || packet.payload.toString() === "0")
        answer({ cmd: "puback", messageId: packet.messageId ?? 0 });
      if (first && received[0]?.length === 3) socket.destroy();
    });
    const publisher = await connectMqttPublisher({ url, clientId: "again" });
    closers.push(() => publisher.close());
    await Promise.all(["0", "1", "2"].map((payload) => publisher.publish("t", payload)));
    expect(received).toEqual([
      ["0", "1", "2"],
      ["1", "2"],
    ]);
    expect(cleans).toEqual([false, false]);
  });

  test("names user and client id when the broker refuses it", async () => {
    const url = await handServer((packet, answer) => {
      if (packet.cmd === "connect") answer({ ...welcome, returnCode: 5 });
    });
    const attempt = connectMqttPublisher({ url, clientId: "gw-1-demo", username: "gw-1", password: "wrong" });
    await expect(attempt).rejects.toMatchObject({ code: "mqtt-refused" });
    await expect(attempt).rejects.toThrow(/as gw-1: .*gw-1-demo/);
  });

  test("says when nothing answers", async () => {
    const url = await listen(createServer((socket) => socket.destroy()));
    const attempt = connectMqttPublisher({ url, clientId: "c", connectMs: 300 });
    await expect(attempt).rejects.toMatchObject({ code: "mqtt-unreachable" });
    await expect(attempt).rejects.toThrow(url);
  });

  test("gives up what is on the way when it is closed", async () => {
    const url = await handServer((packet, answer) => {
      if (packet.cmd === "connect") answer(welcome);
    });
    const publisher = await connectMqttPublisher({ url, clientId: "closing", inFlight: 1 });
    const outcomes = ["sent", "waiting"].map((payload) =>
      publisher.publish("t", payload).then(
        () => "acknowledged",
        (error: { code: string }) => error.code,
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    await publisher.close();
    expect(await Promise.all(outcomes)).toEqual(["mqtt-closed", "mqtt-closed"]);
    await expect(publisher.publish("t", "late")).rejects.toMatchObject({ code: "mqtt-closed" });
  });
});
