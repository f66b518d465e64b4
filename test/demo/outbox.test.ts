import { describe, expect, test } from "vitest";
import { createOutbox, type Publisher, publisherBySite } from "../../demo/outbox.ts";

/** A publisher whose messages arrive when the test says so. */
function held(): Publisher & { readonly open: { topic: string; arrive(error?: Error): void }[] } {
  const open: { topic: string; arrive(error?: Error): void }[] = [];
  const publish = (topic: string) =>
    new Promise<void>((resolve, reject) => {
      open.push({ topic, arrive: (error) => (error ? reject(error) : resolve()) });
    });
  return { open, publish };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("an outbox", () => {
  test("keeps the order and waits while too much is on the way", async () => {
    const publisher = held();
    const outbox = createOutbox(publisher, 2);
    const arrived: string[] = [];
    const all = (async () => {
      for (const topic of ["a", "b", "c"]) await outbox.send(topic, "", () => arrived.push(topic));
      await outbox.drain();
    })();
    await settle();
    expect(publisher.open.map((row) => row.topic)).toEqual(["a", "b"]);
    publisher.open[1]?.arrive();
    await settle();
    expect(publisher.open.map((row) => row.topic)).toEqual(["a", "b", "c"]);
    publisher.open[0]?.arrive();
    publisher.open[2]?.arrive();
    await all;
    expect(arrived).toEqual(["b", "a", "c"]);
  });

  test("passes the first failure on, from the next message or the end", async () => {
    const publisher = held();
    const outbox = createOutbox(publisher, 2);
    await outbox.send("a", "");
    publisher.open[0]?.arrive(new Error("no line"));
    await settle();
    await expect(outbox.send("b", "")).rejects.toThrow("no line");
    await expect(outbox.drain()).rejects.toThrow("no line");
    expect(publisher.open).toHaveLength(1);
  });
});

test("each site's messages go over its own connection", async () => {
  const heard: string[] = [];
  const bySite = publisherBySite((site) => ({
    publish: async (topic) => void heard.push(`${site} ${topic}`),
  }));
  await bySite.publish("v1/sites/works-1/meters/m/readings", "{}");
  await bySite.publish("v1/sites/works-2/meters/m/readings", "{}");
  expect(heard).toEqual([
    "works-1 v1/sites/works-1/meters/m/readings",
    "works-2 v1/sites/works-2/meters/m/readings",
  ]);
});
