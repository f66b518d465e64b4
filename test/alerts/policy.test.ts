import "../property-seed.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { merged } from "../../alerts/deliver/merge.ts";
import type { Delivery, OutboxChanges } from "../../alerts/deliver/outbox.ts";
import {
  backOff,
  delivered,
  deliveryPolicy,
  failed,
  fractionOf,
  nextSlot,
  recovered,
  started,
  type TryFailure,
} from "../../alerts/deliver/policy.ts";
import { deliveriesOf, type Told } from "../../alerts/deliver/rows.ts";
import { channelsOf, content, NOW } from "./deliveries.ts";

const channels = channelsOf({ robot: "dingtalk", mail: "smtp", sms: "webhook" });
const told = (officer: string, ...ways: string[]): Told => ({
  officer,
  name: officer,
  language: "zh",
  ways: ways.map((channel) => ({ channel, address: `${officer}@${channel}` })),
});
const rowsOf = (...all: Told[]): Delivery[] =>
  deliveriesOf({ id: "m-2", at: NOW, matters: ["m"] }, all, channels, (language, officers) =>
    content({ language, title: officers.join("+") }),
  );
const down: TryFailure = { isRefused: false, error: "down", mayHaveArrived: false };
const refused: TryFailure = { isRefused: true, error: "bad address", mayHaveArrived: false };

describe("rows of a notice", () => {
  it("reach all of a robot's group by one message, others each by his own, in his language", () => {
    const english = { ...told("ann", "robot"), language: "en" as const };
    const rows = rowsOf(
      told("li", "robot", "mail"),
      told("wang", "mail"),
      told("chen", "robot"),
      told("zhou", "mail"),
      english,
      told("nobody"),
    );
    expect(
      rows.map(({ id, channel, notice }) => [
        id,
        notice.id,
        channel,
        notice.content.language,
        notice.content.title,
      ]),
    ).toEqual([
      ["m-2.1", "m-2.1", "robot", "zh", "li+chen"],
      ["m-2.2", "m-2.2", "mail", "zh", "wang"],
      ["m-2.3", "m-2.3", "mail", "zh", "zhou"],
      ["m-2.4", "m-2.4", "robot", "en", "ann"],
    ]);
    expect(rows.every((row) => row.state === "waiting" && row.nextAt === NOW)).toBe(true);
  });

  it("are the same each time they are made", () => {
    expect(rowsOf(told("li", "robot"))).toEqual(rowsOf(told("li", "robot")));
  });
});

describe("after a try", () => {
  const [row] = rowsOf(told("li", "mail", "sms")) as [Delivery];

  it("that delivered, the row is done and the try recorded", () => {
    const { rows, attempts } = delivered(started(row, NOW + 5), NOW + 25);
    expect(rows).toMatchObject([{ id: row.id, state: "delivered", tries: 1, allTries: 1 }]);
    expect(attempts).toEqual([
      {
        delivery: "m-2.1",
        notice: "m-2.1",
        matters: ["m"],
        kind: "raised",
        channel: "mail",
        officers: ["li"],
        at: NOW + 5,
        tookMs: 20,
        try: 1,
        status: "delivered",
        isRepeat: false,
      },
    ]);
  });

  it("that failed, the wait doubles, and after three the next channel has its turn at once", () => {
    let now = NOW;
    let one = row;
    const waits: number[] = [];
    for (let count = 0; count < 2; count += 1) {
      [one] = failed(started(one, now), down, channels, now).rows as [Delivery];
      expect(one).toMatchObject({ state: "waiting", channel: "mail", tries: count + 1 });
      waits.push(one.nextAt - now);
      now = one.nextAt;
    }
    expect(waits[0]).toBeGreaterThanOrEqual(1_500);
    expect(waits[1]! / waits[0]!).toBeGreaterThan(1);
    const { rows, attempts } = failed(started(one, now), down, channels, now);
    expect(rows).toMatchObject([
      { id: row.id, state: "waiting", channel: "sms", tries: 0, allTries: 3, nextAt: now, isRepeat: false },
    ]);
    expect(attempts).toMatchObject([{ channel: "mail", status: "failed", try: 3, error: "down" }]);
    expect(rows[0]!.addressees[0]).toMatchObject({ officer: "li", way: 1, refused: [] });
  });

  it("of which one address is wrong goes to the others at once, by the same channel", () => {
    const group = rowsOf(told("li", "robot"), told("wang", "robot", "sms"), told("chen", "robot"))[0]!;
    const wrong: TryFailure = { ...refused, refusedOfficers: ["wang", "chen"] };
    const { rows, attempts } = failed(started(group, NOW), wrong, channels, NOW);
    expect(rows.map(({ state, channel, addressees }) => [state, channel, addressees[0]!.officer])).toEqual([
      ["replaced", "robot", "li"],
      ["waiting", "robot", "li"],
      ["waiting", "sms", "wang"],
    ]);
    expect(rows[1]!.nextAt).toBe(NOW);
    expect(attempts).toMatchObject([{ status: "refused" }, { status: "given-up", officers: ["chen"] }]);
    // Where none of the others is left, nobody goes on by it.
    const alone = rowsOf(told("li", "robot"), told("chen", "robot"))[0]!;
    const rest = failed(started(alone, NOW), { ...refused, refusedOfficers: ["chen"] }, channels, NOW).rows;
    expect(rest).toMatchObject([{ id: alone.id, state: "waiting", channel: "robot" }]);
    expect(rest[0]!.addressees.map(({ officer }) => officer)).toEqual(["li"]);
  });

  it("that goes on to several people one by one has an id for each of them", () => {
    const group = rowsOf(told("li", "robot", "sms"), told("wang", "robot", "sms"))[0]!;
    const waiting = failed(started(group, NOW), refused, channels, NOW).rows.filter(
      ({ state }) => state === "waiting",
    );
    expect(waiting.map(({ channel }) => channel)).toEqual(["sms", "sms"]);
    expect(new Set(waiting.map(({ notice }) => notice.id)).size).toBe(2);
    for (const { id, notice } of waiting) expect(notice).toMatchObject({ id, matters: ["m"] });
  });

  it("that was refused, the next channel has its turn at once and this one never again", () => {
    let { rows } = failed(started(row, NOW), refused, channels, NOW);
    expect(rows).toMatchObject([{ channel: "sms", nextAt: NOW, state: "waiting" }]);
    for (let count = 0; count < 6; count += 1) {
      ({ rows } = failed(started(rows[0]!, NOW), down, channels, NOW));
      expect(rows).toMatchObject([{ channel: "sms", state: "waiting" }]);
    }
    const { rows: last, attempts } = failed(started(rows[0]!, NOW), refused, channels, NOW);
    expect(last).toMatchObject([{ state: "failed" }]);
    expect(attempts).toMatchObject([
      { status: "refused" },
      { status: "given-up", error: "refused by every channel" },
    ]);
  });

  it("of a channel that asks for a long rest, the next one has its turn", () => {
    const rest = { ...down, retryAfterMs: 600_000 };
    expect(failed(started(row, NOW), rest, channels, NOW).rows).toMatchObject([
      { channel: "sms", nextAt: NOW },
    ]);
    const [only] = rowsOf(told("li", "mail")) as [Delivery];
    const { rows } = failed(started(only, NOW), rest, channels, NOW);
    expect(rows).toMatchObject([{ channel: "mail", nextAt: NOW + 600_000, state: "waiting" }]);
  });

  it("that may have arrived, every further one is marked", () => {
    const { rows } = failed(started(row, NOW), { ...down, mayHaveArrived: true }, channels, NOW);
    expect(rows).toMatchObject([{ isRepeat: true }]);
    expect(failed(started(rows[0]!, NOW), refused, channels, NOW).rows).toMatchObject([
      { channel: "sms", isRepeat: true },
    ]);
  });

  it("that nobody saw the end of, it goes out once more at once, marked", () => {
    const { rows, attempts } = recovered(started(row, NOW), NOW + 60_000);
    expect(rows).toMatchObject([{ state: "waiting", nextAt: NOW + 60_000, isRepeat: true }]);
    expect(attempts).toMatchObject([{ status: "unknown", at: NOW }]);
  });

  it("the group of a robot that fails parts, each to his own next channel", () => {
    const [group] = rowsOf(
      told("li", "robot", "mail"),
      told("wang", "robot", "sms"),
      told("chen", "robot"),
    ) as [Delivery];
    const { rows } = failed(started(group, NOW), refused, channels, NOW);
    expect(
      rows.map(({ id, state, channel, addressees }) => [
        id,
        state,
        channel,
        addressees.map(({ officer }) => officer),
      ]),
    ).toEqual([
      ["m-2.1", "replaced", "robot", ["li", "wang", "chen"]],
      ["m-2.1/1.1", "waiting", "mail", ["li"]],
      ["m-2.1/1.2", "waiting", "sms", ["wang"]],
    ]);
    expect(rows[0]!.into).toEqual(["m-2.1/1.1", "m-2.1/1.2"]);
  });

  it("whom nobody can reach is said so, though others of his group go on", () => {
    const [group] = rowsOf(told("li", "robot", "mail"), told("chen", "robot")) as [Delivery];
    const { rows, attempts } = failed(started(group, NOW), refused, channels, NOW);
    expect(rows).toMatchObject([{ id: group.id, channel: "mail", addressees: [{ officer: "li" }] }]);
    expect(attempts).toMatchObject([
      { status: "refused", officers: ["li", "chen"] },
      { status: "given-up", officers: ["chen"] },
    ]);
  });

  it("in three days it is given up, and said so", () => {
    const late = NOW + deliveryPolicy.giveUpAfterMs;
    const { rows, attempts } = failed(started(row, late), down, channels, late);
    expect(rows).toMatchObject([{ state: "failed" }]);
    expect(attempts).toMatchObject([{ status: "failed" }, { status: "given-up" }]);
  });
});

describe("whatever happens", () => {
  const outcome = fc.record({
    isRefused: fc.boolean(),
    mayHaveArrived: fc.boolean(),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 700_000 }), { nil: undefined }),
    error: fc.constant("x"),
  });

  it("every officer is either still to be told, told, or given up with a record; nobody is told after a refusal", () => {
    fc.assert(
      fc.property(fc.array(fc.option(outcome, { nil: undefined }), { maxLength: 40 }), (outcomes) => {
        const rows = new Map(
          rowsOf(told("li", "robot", "mail"), told("wang", "robot", "sms", "mail"), told("chen", "sms")).map(
            (one) => [one.id, one],
          ),
        );
        const attempts: OutboxChanges["attempts"][number][] = [];
        let now = NOW;
        for (const failure of outcomes) {
          const due = [...rows.values()]
            .filter(({ state }) => state === "waiting")
            .sort((a, b) => a.nextAt - b.nextAt)[0];
          if (!due) break;
          now = Math.max(now, due.nextAt);
          const going = started(due, now);
          for (const one of going.addressees) expect(one.refused).not.toContain(going.channel);
          const changes = failure ? failed(going, failure, channels, now) : delivered(going, now);
          for (const one of changes.rows) {
            expect(one.state === "waiting" ? one.nextAt : now).toBeGreaterThanOrEqual(now);
            rows.set(one.id, one);
          }
          attempts.push(...changes.attempts);
        }
        for (const officer of ["li", "wang", "chen"]) {
          const isIn = (one: Delivery): boolean => one.addressees.some((who) => who.officer === officer);
          const live = [...rows.values()].filter((one) => isIn(one) && one.state !== "replaced");
          const isGivenUp = attempts.some(
            (one) => one.status === "given-up" && one.officers.includes(officer),
          );
          // One whom every channel refused leaves a group that goes on for others.
          if (live.length === 0) expect(isGivenUp).toBe(true);
          if (live.some(({ state }) => state === "failed")) expect(isGivenUp).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("waits", () => {
  it("grow to ten minutes, spread by a quarter, the same for the same notice", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 60 }), (id, failures) => {
        const wait = backOff(id, failures, deliveryPolicy);
        const plain = Math.min(2_000 * 2 ** (failures - 1), 600_000);
        expect(wait).toBeGreaterThanOrEqual(plain * 0.75 - 1);
        expect(wait).toBeLessThanOrEqual(plain * 1.25 + 1);
        expect(backOff(id, failures, deliveryPolicy)).toBe(wait);
      }),
    );
  });

  it("of notices that failed together are spread evenly", () => {
    const tenths = Array<number>(10).fill(0);
    for (let index = 0; index < 10_000; index += 1) {
      const tenth = Math.floor(fractionOf(`20261123-${String(index).padStart(4, "0")}-2.1 1`) * 10);
      tenths[tenth] = tenths[tenth]! + 1;
    }
    for (const count of tenths) expect(count).toBeGreaterThan(800);
  });

  it("keep a channel under its rate in any minute", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 100 }),
        (perMinute, steps) => {
          const tries: number[] = [];
          let now = NOW;
          for (const step of steps) {
            now = Math.max(now + step, nextSlot(perMinute, tries, now + step));
            tries.push(now);
          }
          for (const at of tries) {
            expect(tries.filter((other) => other > at - 60_000 && other <= at).length).toBeLessThanOrEqual(
              perMinute,
            );
          }
        },
      ),
    );
  });
});

describe("more than a channel may carry", () => {
  const many = (count: number, ...ways: string[]): Delivery[] =>
    Array.from({ length: count }, (_, index) =>
      deliveriesOf(
        { id: `m${index}`, at: NOW + index, matters: [`m${index}`] },
        [told(`o${index % 3}`, ...ways)],
        channels,
        (language) => content({ language, title: `t${index}` }),
      ),
    ).flat();
  const compose = (all: readonly { title: string }[]) =>
    content({ kind: "digest", title: `${all.length}`, lines: all.map(({ title }) => title) });

  it("stays as it is while there is room", () => {
    expect(merged(many(5, "robot"), 5, true, NOW, compose)).toBeUndefined();
  });

  it("becomes one digest of a robot's group, with everybody and every matter in it", () => {
    const rows = many(50, "robot");
    const changes = merged(rows, 20, true, NOW + 99, compose)!;
    const [digest, ...rest] = changes.rows;
    expect(rest.map(({ id }) => id).sort()).toEqual(rows.map(({ id }) => id).sort());
    expect(rest.every(({ state, into }) => state === "replaced" && into?.[0] === digest!.id)).toBe(true);
    expect(digest).toMatchObject({ state: "waiting", createdAt: NOW, nextAt: NOW + 99 });
    expect(digest!.addressees.map(({ officer }) => officer)).toEqual(["o0", "o1", "o2"]);
    expect(digest!.notice.matters).toEqual(rows.flatMap(({ notice }) => notice.matters));
    expect(digest!.notice.content.lines).toHaveLength(50);
  });

  it("becomes one digest for each mailbox, and what may be a repeat stays apart", () => {
    const rows = many(30, "mail");
    const changes = merged([...rows.slice(1), { ...rows[0]!, isRepeat: true }], 2, false, NOW, compose)!;
    const digests = changes.rows.filter(({ state }) => state === "waiting");
    expect(
      digests.map(({ addressees, notice }) => [
        addressees.map(({ officer }) => officer),
        notice.matters.length,
      ]),
    ).toEqual([
      [["o1"], 10],
      [["o2"], 10],
      [["o0"], 9],
    ]);
  });

  it("stays as it is where no two are for the same", () => {
    expect(merged(many(3, "mail"), 1, false, NOW, compose)).toBeUndefined();
  });
});
