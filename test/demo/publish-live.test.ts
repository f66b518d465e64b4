import { describe, expect, test } from "vitest";
import { type faultPlan, type MeterFault, strayMeter } from "../../demo/faults.ts";
import { createFleet, trueRate } from "../../demo/fleet.ts";
import { publishLive } from "../../demo/publish-live.ts";
import { HOUR_MS, type Instant, MINUTE_MS } from "../../model/time.ts";
import { exampleRegistry, local } from "./example-registry.ts";
import { jumpingClock, readingsOf, recorder } from "./recorder.ts";

const start = local("2026-11-19T08:00:00");
const fleet = createFleet(exampleRegistry, 1);
const count = fleet.meters.length;
const quiet = { of: () => undefined, outageOn: () => undefined };

async function live(options: {
  minutes: number;
  plan?: Partial<ReturnType<typeof faultPlan>>;
  since?: (site: string, meter: string) => Instant | undefined;
}) {
  const clock = jumpingClock(start, start + options.minutes * MINUTE_MS);
  const publisher = recorder({ now: clock.now });
  const senders = { fleet, plan: { ...quiet, ...options.plan } };
  await publishLive(senders, publisher, {
    clock,
    signal: clock.signal,
    since: options.since ?? (() => start),
  });
  return publisher.sent;
}

function withFault(id: string, fault: MeterFault) {
  return { of: (meter: { id: string }) => (meter.id === id ? fault : undefined) };
}

describe("live readings", () => {
  test("come twice a minute from each meter, evenly spread, never from the future", async () => {
    const sent = await live({ minutes: 10 });
    const rows = sent.flatMap((row) => (readingsOf(row) ?? []).map((reading) => ({ ...row, ...reading })));
    const main = rows.filter((row) => row.meter === "works/main");
    expect(main).toHaveLength(20);
    expect(new Set(main.slice(1).map((row, i) => row.at - main[i]!.at))).toEqual(new Set([30_000]));
    const steady = rows.filter((row) => row.seq !== undefined);
    const gaps = steady.slice(1).map((row, i) => row.at - steady[i]!.at);
    expect(Math.max(...gaps)).toBeLessThanOrEqual((2 * 30_000) / count + 1);
    for (const row of rows) expect(row.at).toBeLessThanOrEqual(row.sentAt);
  });

  test("carry the meter's register, its power in kW and a number that rises by one", async () => {
    const sent = await live({ minutes: 10 });
    const row = fleet.find("works", "main")!;
    const rows = sent
      .flatMap((message) => readingsOf(message) ?? [])
      .filter(({ meter }) => meter === "works/main");
    for (const [i, reading] of rows.entries()) {
      const path = row.registers[0]!;
      expect(reading.values).toEqual({ "active-import": path.shown(path.counts(reading.at)) });
      expect(reading.powerKw).toBeCloseTo(trueRate(row, reading.at), 0);
      expect(reading.seq).toBe((rows[0]?.seq ?? 0) + i);
    }
    const coal = sent
      .flatMap((message) => readingsOf(message) ?? [])
      .find(({ meter }) => meter === "kiln/coal");
    expect(coal?.values).toHaveProperty("mass");
    expect(coal).not.toHaveProperty("powerKw");
  });

  test("an interval register speaks at its boundaries only", async () => {
    const sent = await live({ minutes: 40 });
    const rows = sent
      .flatMap((row) => readingsOf(row) ?? [])
      .filter(({ meter }) => meter === "works/amounts");
    expect(rows.map((row) => row.at)).toEqual([start + 15 * MINUTE_MS, start + 30 * MINUTE_MS]);
  });

  test("what lies between the last reading sent and now comes first", async () => {
    const sent = await live({ minutes: 1, since: () => start - 2 * HOUR_MS });
    const rows = sent.flatMap((row) => readingsOf(row) ?? []).filter(({ meter }) => meter === "works/main");
    const times = rows.map((row) => row.at);
    expect(times).toHaveLength(8 + 2);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBe(start - 105 * MINUTE_MS);
  });

  test("a machine that slept does not hurry after what it missed: the gateway's store does", async () => {
    const clock = jumpingClock(start, start + 4 * HOUR_MS);
    const publisher = recorder({ now: clock.now });
    let slept = false;
    const sleepy = {
      ...clock,
      async sleep(ms: number, signal: AbortSignal) {
        const extra = slept || clock.now() < start + 5 * MINUTE_MS ? 0 : 3 * HOUR_MS;
        slept ||= extra > 0;
        await clock.sleep(ms + extra, signal);
      },
    };
    await publishLive({ fleet, plan: quiet }, publisher, {
      clock: sleepy,
      signal: clock.signal,
      since: () => start,
    });
    const times = publisher.sent
      .flatMap((row) => readingsOf(row) ?? [])
      .filter(({ meter }) => meter === "works/main")
      .map((row) => row.at);
    const steps = times.slice(1).map((at, i) => at - times[i]!);
    expect(Math.max(...steps)).toBeLessThanOrEqual(15 * MINUTE_MS);
    expect(steps.filter((step) => step > 30_000).length).toBeGreaterThan(10);
    expect(times.length).toBeLessThan(10 + 13 + 2 * 56);
  });
});

describe("faults", () => {
  test("an outage silences its site, then sends what was stored, oldest first", async () => {
    const outage = { site: "works", start: start + 10 * MINUTE_MS, end: start + 130 * MINUTE_MS };
    const sent = await live({ minutes: 140, plan: { outageOn: () => outage } });
    const during = sent.filter((row) => row.sentAt > outage.start && row.sentAt < outage.end);
    expect(during.some((row) => row.topic.startsWith("v1/sites/works/"))).toBe(false);
    expect(during.some((row) => row.topic.startsWith("v1/sites/kiln/"))).toBe(true);
    const main = sent.flatMap((row) => readingsOf(row) ?? []).filter(({ meter }) => meter === "works/main");
    const times = main.map((row) => row.at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const stored = times.filter((at) => at >= outage.start && at < outage.end);
    expect(stored).toEqual([15, 30, 45, 60, 75, 90, 105, 120].map((minutes) => start + minutes * MINUTE_MS));
  });

  test("a meter sends some messages twice, another some cut off besides the whole ones", async () => {
    const twice = await live({ minutes: 60, plan: withFault("tenant", { kind: "resends", chance: 0.2 }) });
    const tenant = twice.filter((row) => row.topic.includes("/tenant/"));
    expect(tenant.length).toBeGreaterThan(125);
    expect(new Set(tenant.map((row) => row.payload)).size).toBe(120);
    const cut = await live({ minutes: 60, plan: withFault("coal", { kind: "cut-off", chance: 0.1 }) });
    const coal = cut.filter((row) => row.topic.includes("/coal/"));
    expect(coal.filter((row) => readingsOf(row) === undefined).length).toBeGreaterThan(3);
    expect(coal.filter((row) => readingsOf(row) !== undefined)).toHaveLength(120);
  });

  test("a clock runs ahead: the time is later, the register is what it is", async () => {
    const sent = await live({ minutes: 5, plan: withFault("welding", { kind: "clock-ahead", minutes: 4 }) });
    const path = fleet.find("works", "welding")!.registers[0]!;
    const rows = sent.filter((row) => row.topic.includes("/welding/"));
    expect(rows.length).toBeGreaterThan(8);
    for (const row of rows) {
      const reading = readingsOf(row)![0]!;
      expect(reading.at).toBeGreaterThan(row.sentAt + 3 * MINUTE_MS);
      expect(reading.values["active-import"]).toBe(path.shown(path.counts(reading.at - 4 * MINUTE_MS)));
    }
  });

  test("a meter that is not registered speaks now and then", async () => {
    const sent = await live({ minutes: 60 });
    const stray = sent.filter((row) => row.topic.includes(strayMeter.id));
    expect(stray).toHaveLength(6);
    expect(fleet.find(stray[0]!.topic.split("/")[2]!, strayMeter.id)).toBeUndefined();
  });
});
