/** `replay rejects` on a real store: what is mended in part stays to be replayed. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { payloadBytes } from "../../adapters/payload-bytes.ts";
import { createActions } from "../../app/actions.ts";
import { knownOf } from "../../app/logged-replay.ts";
import { createAcceptor } from "../../ingest/accept.ts";
import { createCollector } from "../../ingest/collector.ts";
import { native } from "../ingest/county.ts";
import { at, meter, openPipeline, reading, register, registry, site, temporaryDirectory } from "../world.ts";

const moment = at("2026-04-01T00:15:00");
const request = { what: "rejects", from: "2026-04-01", to: "2026-04-02" } as const;

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

/** The program's actions with a registry that has these registers, on the directory's file. */
async function open(registers: readonly string[]) {
  const gateways = [{ id: "gw", username: "gw", topics: ["v1/sites/s/#"] }];
  const meters = [meter({ registers: registers.map((id) => register({ id, counted: false })) })];
  const config = { ...registry([site({ gateways, meters })]), profiles: [native] };
  const pipeline = await openPipeline(config, `${directory.path}/energy.db`, () => moment);
  const acceptor = createAcceptor({ registry: config, bytes: payloadBytes });
  const collector = createCollector(acceptor, pipeline.log);
  const { store, log } = pipeline;
  const actions = createActions(
    config,
    {
      append: collector.append,
      request: async () => undefined,
      sumAgain: async () => undefined,
      caughtUp: pipeline.settled,
      rejects: (query) => store.rejects(query),
      async replayLogged({ offset }) {
        const { again, ...replay } = knownOf(pipeline.plan, log.recordAt("readings", offset));
        await log.append("readings", again);
        return replay;
      },
      write: (changes) => store.write(changes),
      async *reconcile() {},
    },
    acceptor,
  );
  const replay = async () => {
    let last: object = {};
    for await (const item of actions.replay({ ...request, signal: new AbortController().signal }))
      last = item;
    return last;
  };
  const valuesOf = async (id: string) => {
    const series = { site: "s", meter: "m", register: id };
    return (await store.readings(series, 0, moment + 1)).map(({ value }) => value);
  };
  const rejects = () => store.rejects({ from: 0, to: moment + 1, limit: 10 });
  return { ...pipeline, collector, replay, valuesOf, rejects };
}

test("a message of which some values are still refused is replayed again once they are mended", async () => {
  const first = await open(["active-import"]);
  const registers = { "active-import": 5, "active-export": 3 };
  await first.collector.accept({
    topic: "v1/sites/s/meters/m/readings",
    payload: Buffer.from(JSON.stringify({ at: "2026-04-01T00:15:00+08:00", registers })),
    retained: false,
    receivedAt: moment,
    username: "gw",
  });
  await first.settled();
  expect(await first.rejects()).toMatchObject([{ code: "unknown-register", values: 1 }]);
  expect(await first.replay()).toMatchObject({ replayed: 1, stillRefused: 1, skipped: 0 });
  expect((await first.rejects())[0]).not.toHaveProperty("replayedAt");
  await first.close();

  const mended = await open(["active-import", "active-export"]);
  expect(await mended.valuesOf("active-export")).toEqual([]);
  expect(await mended.replay()).toMatchObject({ replayed: 1, stillRefused: 0, skipped: 0 });
  expect(await mended.valuesOf("active-export")).toEqual([3]);
  expect(await mended.valuesOf("active-import")).toEqual([5]);
  expect(await mended.rejects()).toMatchObject([{ replayedAt: expect.any(Number) }]);
  expect(await mended.replay()).toMatchObject({ replayed: 0, stillRefused: 0, skipped: 0 });
  await mended.close();
});

test("readings that were logged and then unknown come back register by register", async () => {
  const first = await open(["active-import"]);
  await first.publish(
    [reading(moment, 5), reading(moment, 3, { register: "b" }), reading(moment, 4, { register: "c" })],
    { receivedAt: moment },
  );
  await first.settled();
  expect(await first.rejects()).toMatchObject([{ code: "unknown-register", values: 2 }]);
  expect(await first.replay()).toMatchObject({ replayed: 1, stillRefused: 2 });
  await first.close();

  const half = await open(["active-import", "b"]);
  expect(await half.replay()).toMatchObject({ replayed: 1, stillRefused: 1 });
  expect(await half.valuesOf("b")).toEqual([3]);
  await half.close();

  const whole = await open(["active-import", "b", "c"]);
  expect(await whole.replay()).toMatchObject({ replayed: 1, stillRefused: 0 });
  expect(await whole.valuesOf("c")).toEqual([4]);
  expect(await whole.rejects()).toMatchObject([{ replayedAt: expect.any(Number) }]);
  await whole.close();
});
