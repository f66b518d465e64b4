import { describe, expect, test } from "vitest";
import { faultPlan, type Outage, strayMeter } from "../../demo/faults.ts";
import { createFleet } from "../../demo/fleet.ts";
import { publishHistory } from "../../demo/publish-history.ts";
import { DAY_MS, type Instant, MINUTE_MS } from "../../model/time.ts";
import { exampleRegistry, local, meter, registryOf, site } from "./example-registry.ts";
import { readingsOf, recorder, type Sent, type SentReading } from "./recorder.ts";

const now = local("2026-11-23T11:07:31");
const never = () => undefined;

function senders() {
  const fleet = createFleet(exampleRegistry, 1);
  return { fleet, plan: faultPlan(fleet) };
}

/** Readings of registered meters, without the repeats of the meter that resends. */
function readings(sent: readonly Sent[]): SentReading[] {
  const whole = sent.filter(
    (row, i) => row.topic !== sent[i - 1]?.topic || row.payload !== sent[i - 1]?.payload,
  );
  return whole.flatMap((row) => readingsOf(row) ?? []).filter((row) => !row.meter.endsWith(strayMeter.id));
}

function timesByMeter(rows: readonly SentReading[]): Map<string, Instant[]> {
  const times = new Map<string, Instant[]>();
  for (const row of rows) times.set(row.meter, [...(times.get(row.meter) ?? []), row.at]);
  return times;
}

function newest(rows: readonly SentReading[]) {
  const times = timesByMeter(rows);
  return (siteId: string, id: string) => times.get(`${siteId}/${id}`)?.reduce((a, b) => Math.max(a, b));
}

function oldest(rows: readonly SentReading[]) {
  const times = timesByMeter(rows);
  return (siteId: string, id: string) => times.get(`${siteId}/${id}`)?.reduce((a, b) => Math.min(a, b));
}

describe("history", () => {
  test("fills 35 days and today up to now, every interval of every meter once", async () => {
    const publisher = recorder();
    const result = await publishHistory(senders(), publisher, { now, since: never });
    const times = timesByMeter(readings(publisher.sent));
    const first = local("2026-10-19T00:00:00");
    for (const row of exampleRegistry.sites.flatMap((place) => place.meters)) {
      const step = row.intervalMinutes * MINUTE_MS;
      const expected = Array.from(
        { length: Math.floor((now - first) / step) + 1 },
        (_, i) => first + i * step,
      );
      expect(times.get(`${row.site}/${row.id}`)?.sort((a, b) => a - b)).toEqual(expected);
    }
    expect(result.readings).toBe(readings(publisher.sent).length);
    expect(result.sentTo("works", "main")).toBe(now);
  });

  test("sends arrays of a day, 288 readings at most, and tells how far it is", async () => {
    const publisher = recorder();
    const seen: [number, number][] = [];
    await publishHistory(senders(), publisher, {
      now,
      since: never,
      progress: (fraction, count) => seen.push([fraction, count]),
    });
    const sizes = publisher.sent.map((row) => readingsOf(row)?.length ?? 0);
    expect(Math.max(...sizes)).toBe(288);
    expect(seen.every(([fraction], i) => fraction >= (seen[i - 1]?.[0] ?? 0))).toBe(true);
    expect(seen.at(-1)).toEqual([1, readings(publisher.sent).length]);
  });

  test("a later start sends only what is new", async () => {
    const earlier = recorder();
    const before = now - 2 * DAY_MS - 41 * MINUTE_MS;
    await publishHistory(senders(), earlier, { now: before, since: never, days: 3 });
    const later = recorder();
    await publishHistory(senders(), later, { now, since: newest(readings(earlier.sent)) });
    const times = timesByMeter([...readings(earlier.sent), ...readings(later.sent)]);
    for (const [id, list] of times) {
      const sorted = list.sort((a, b) => a - b);
      const steps = new Set(sorted.slice(1).map((at, i) => at - sorted[i]!));
      expect(steps.size, id).toBe(1);
      expect(steps.has(0), id).toBe(false);
      expect(sorted[0]).toBe(local("2026-11-18T00:00:00"));
      expect(now - sorted.at(-1)!).toBeLessThan(60 * MINUTE_MS);
    }
  });

  test.each([1, 17, 60, 131])(
    "goes on without gap or repeat when the line died after %i messages",
    async (failAfter) => {
      const whole = recorder();
      await publishHistory(senders(), whole, { now, since: never, days: 5 });
      const broken = recorder({ failAfter });
      await expect(publishHistory(senders(), broken, { now, since: never, days: 5 })).rejects.toThrow("dead");
      const arrived = readings(broken.sent);
      const rest = recorder();
      const known = { since: newest(arrived), oldest: oldest(arrived) };
      await publishHistory(senders(), rest, { now, ...known, days: 5 });
      const key = (row: SentReading) => `${row.meter} ${row.at} ${JSON.stringify(row.values)}`;
      const both = [...arrived, ...readings(rest.sent)].map(key).sort();
      expect(both).toEqual(readings(whole.sent).map(key).sort());
    },
  );

  test("stops when it is told to, and says how far it came", async () => {
    const stop = new AbortController();
    const publisher = recorder();
    const result = await publishHistory(senders(), publisher, {
      now,
      since: never,
      signal: stop.signal,
      progress: (fraction) => {
        if (fraction > 0.2) stop.abort();
      },
    });
    expect(result.sentTo("works", "main")).toBe(now);
    expect(oldest(readings(publisher.sent))("works", "main")).toBeGreaterThan(now - 20 * DAY_MS);
  });
});

describe("an outage", () => {
  const place = "works";

  function withOutage(outage: Omit<Outage, "site">) {
    const { fleet, plan } = senders();
    return { fleet, plan: { ...plan, outageOn: () => ({ site: place, ...outage }) } };
  }

  test("that is past comes last in its day's message, oldest first", async () => {
    const outage = { start: local("2026-11-23T02:10:00"), end: local("2026-11-23T05:10:00") };
    const publisher = recorder();
    await publishHistory(withOutage(outage), publisher, { now, since: never, days: 0 });
    const message = publisher.sent.find(
      (row) => row.topic.includes("/works/meters/main/") && readingsOf(row),
    );
    const times = readingsOf(message!)!.map((row) => row.at);
    const late = times.filter((at) => at >= outage.start && at < outage.end);
    expect(late).toHaveLength(12);
    expect(times.slice(-12)).toEqual([...late].sort((a, b) => a - b));
    expect(times).toHaveLength(45);
  });

  test("that lasts is held back, and sent by the next run", async () => {
    const outage = { start: local("2026-11-23T09:50:00"), end: local("2026-11-23T13:00:00") };
    const publisher = recorder();
    const result = await publishHistory(withOutage(outage), publisher, { now, since: never, days: 0 });
    const last = newest(readings(publisher.sent));
    expect(last("works", "main")).toBe(local("2026-11-23T09:45:00"));
    expect(last("kiln", "feed-1")).toBe(local("2026-11-23T11:00:00"));
    expect(result.sentTo("works", "main")).toBeLessThan(outage.start);
    const next = recorder();
    await publishHistory(withOutage(outage), next, { now: outage.end, since: last, days: 0 });
    const times = timesByMeter(readings(next.sent)).get("works/main")!;
    expect(Math.min(...times)).toBe(local("2026-11-23T10:00:00"));
    expect(Math.max(...times)).toBe(outage.end);
    expect(times).toHaveLength(13);
  });
});

test("meters not yet, or no longer, in service say nothing outside it", async () => {
  const from = local("2026-11-20T06:00:00");
  const to = local("2026-11-21T06:00:00");
  const multipliers = [{ from, value: 1, registers: {} }];
  const registry = registryOf([
    site("new", "other", { meters: [meter("new", "m", { from, to, multipliers })] }),
  ]);
  const fleet = createFleet(registry, 1);
  const publisher = recorder();
  await publishHistory({ fleet, plan: faultPlan(fleet) }, publisher, { now, since: never });
  const times = readings(publisher.sent).map((row) => row.at);
  expect(Math.min(...times)).toBe(from);
  expect(Math.max(...times)).toBe(to);
});
