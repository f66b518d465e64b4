/**
 * Every question of every panel, variable and annotation on a real InfluxDB, filled with the example county by the
 * real processors: it must be understood, and give what it promises.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createInfluxStore, type InfluxStore } from "../../adapters/influx/store.ts";
import { connectMqttPublisher } from "../../adapters/mqtt-publisher.ts";
import { panelIds } from "../../dashboards/builder/panel-ids.ts";
import { faultPlan } from "../../demo/faults.ts";
import { createFleet } from "../../demo/fleet.ts";
import { publishHistory } from "../../demo/publish-history.ts";
import type { Figure } from "../../model/figure.ts";
import { colours, purposes } from "../../model/limit.ts";
import { type Observation, type ObservedName, observed } from "../../model/observation.ts";
import { calendarOf, DAY_MS, HOUR_MS } from "../../model/time.ts";
import { awayFromMidnight } from "../midnight.ts";
import { projectRoot } from "../program.ts";
import { haveServices } from "../services/available.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { type KafkaService, startKafka } from "../services/kafka.ts";
import { type RoleProcess, startRole, untilFollowed } from "../services/stack.ts";
import { committed, type Dashboard, questionsOf, registry } from "./built.ts";
import { type AnswerSeries, ask, filled, type Shown, valuesOf } from "./grafana.ts";

/** Days of the example county's past. */
const DAYS = 3;
const SITE = "yunfan-shipyard";
const calendar = calendarOf(registry.county.zone);

/** A row of a kind; numbers not given are 0, those given as null unknown. */
function row(
  measurement: ObservedName,
  tags: Readonly<Record<string, string>>,
  at: number,
  numbers: Readonly<Record<string, number | null>> = {},
  texts: Readonly<Record<string, string>> = {},
): Observation {
  const kind = observed[measurement];
  return {
    measurement,
    tags,
    at,
    numbers: Object.fromEntries(kind.numbers.map((name) => [name, name in numbers ? numbers[name]! : 0])),
    texts: Object.fromEntries((kind.texts as readonly string[]).map((name) => [name, texts[name] ?? ""])),
  };
}

/** What three days of the example county need not have: every level, purpose, state, event and step of a matter. */
function rare(now: number): Observation[] {
  const today = calendar.dayStart(calendar.dayOf(now));
  const usage = (limit: string, purpose: string, at: number, numbers: Record<string, number | null>) =>
    row(
      "limit_usage",
      { limit, purpose, site: SITE },
      at,
      { allowed: 10, coverage: 1, gone: 0.5, asOf: at + HOUR_MS, ...numbers },
      { method: "run-rate" },
    );
  const limits = purposes.flatMap((purpose) => [
    // The newer row does not know what the older one did.
    usage(`rare-${purpose}`, purpose, today - 2 * DAY_MS, {
      used: 4,
      ratio: 0.4,
      projectedRatio: 0.8,
      daysLeft: 99,
    }),
    usage(`rare-${purpose}`, purpose, today - DAY_MS, {
      used: 12,
      ratio: 1.2,
      yellow: 1.3,
      orange: 1.2,
      red: 1.1,
      projectedRatio: null,
      daysLeft: null,
      coverage: 0.5,
    }),
    usage(`sure-${purpose}`, purpose, today - DAY_MS, {
      used: 5,
      ratio: 0.5,
      planned: 4,
      projectedRatio: 1.05,
      daysLeft: 12,
    }),
  ]);
  const named = purposes.flatMap((purpose) =>
    [`rare-${purpose}`, `sure-${purpose}`].map((limit) =>
      row("info", { kind: "limit", limit }, 0, {}, { label: limit, option: `${limit}|${limit}` }),
    ),
  );
  const status = (meter: string, numbers: Record<string, number | null>) =>
    row("meter_status", { site: SITE, meter }, now, { powerRatio: null, ...numbers });
  const matter = (n: number, numbers: Record<string, number | null>, state: string) =>
    row(
      "alert",
      {
        rule: "budget-red",
        purpose: "budget",
        site: SITE,
        colour: colours[n % 3]!,
        agency: n % 2 ? "bureau" : "port-office",
      },
      now - n * HOUR_MS,
      { raisedAt: now - n * HOUR_MS, acknowledgedAt: null, closedAt: null, open: 1, ...numbers },
      { matter: `m-${n}`, state, summary: "<b>", officer: "li" },
    );
  return [
    ...limits,
    ...named,
    status("rare-late", { state: 1 }),
    status("rare-silent", { state: 2, receivedAgeMs: DAY_MS }),
    status("rare-stuck", { state: 0, stuckHours: 30 }),
    status("main", { state: 0, powerRatio: 1.2, completeness: 0.5, estimated: 0.1, ageMs: 5 }),
    ...[SITE, "county-hospital"].map((site) =>
      row("site_status", { site }, now, {
        meters: 2,
        metersOnline: 1,
        onlineRate: 0.5,
        completeness: 0.8,
        jumpRatio: 1.6,
        nightRatio: 0.7,
        imbalance: 0.2,
        factorsMissing: 1,
        factorsUnverified: 2,
      }),
    ),
    matter(1, {}, "raised"),
    matter(2, { overdue: 1, escalations: 1 }, "notified"),
    matter(3, { acknowledgedAt: now - 2 * HOUR_MS }, "acknowledged"),
    matter(4, { acknowledgedAt: now - 3 * HOUR_MS, closedAt: now - 2 * HOUR_MS, open: 0 }, "closed"),
    matter(5, { acknowledgedAt: now - 3 * HOUR_MS, closedAt: now - 2 * HOUR_MS, open: 0 }, "worsened"),
    ...["swap", "multiplier", "factor", "restatement", "outage"].map((kind, i) =>
      row(
        "event",
        { kind, ...(kind === "factor" ? {} : { site: SITE }) },
        now - (i + 1) * HOUR_MS,
        { count: 1 },
        { textZh: "发生", textEn: "happened" },
      ),
    ),
  ];
}

/** A carrier of the county that has no factor of coal. */
function withoutFactor(now: number): Figure {
  const effects = { kgceCalorific: null, kgceEquivalent: null, kgCo2Location: 7, kgCo2Market: 7 };
  return {
    scope: "group",
    owner: "county",
    carrier: "lpg",
    window: "day",
    start: calendar.dayStart(calendar.dayOf(now) - 1),
    amount: 1,
    coverage: 1,
    estimated: 0,
    missingMeters: 0,
    ...effects,
    output: 0,
    outputEffects: { kgceCalorific: 0, kgceEquivalent: 0, kgCo2Location: 0, kgCo2Market: 0 },
    factors: [],
  };
}

describe.skipIf(!(await haveServices(["kafka", "influx"])))("the dashboards on a filled InfluxDB", () => {
  let kafka: KafkaService;
  let influx: InfluxService;
  let program: RoleProcess;
  let store: InfluxStore;
  let time: Pick<Shown, "from" | "to">;

  beforeAll(async () => {
    await awayFromMidnight("Asia/Shanghai", 5);
    [kafka, influx] = await Promise.all([startKafka(), startInflux()]);
    const config = `${projectRoot}config/example`;
    program = await startRole({ role: "all", config, kafka, influx });
    const fleet = createFleet(registry, 7);
    const now = Date.now() - 60_000;
    const publisher = await connectMqttPublisher({ url: program.mqttUrl!, clientId: "fleet", inFlight: 500 });
    await publishHistory({ fleet, plan: faultPlan(fleet) }, publisher, {
      now,
      days: DAYS,
      since: () => undefined,
    });
    await publisher.close();
    await untilFollowed([program], 600_000);
    const { url, org, bucket, token } = influx;
    store = createInfluxStore({ url, org, bucket, token, calendar });
    // After what the processors wrote.
    const newest = Date.now();
    time = { from: calendar.dayStart(calendar.dayOf(now) - DAYS), to: newest };
    await store.write({ observations: rare(newest - 1), figures: [withoutFactor(newest)] });
  }, 900_000);
  afterAll(async () => {
    await store?.close();
    await program?.kill().catch(() => undefined);
    for (const service of [influx, kafka]) await service?.stop();
  });

  const shownBy = async (
    dashboard: Dashboard,
    chosen: Record<string, readonly string[]> = {},
  ): Promise<Shown> => ({
    ...time,
    values: await valuesOf(influx, dashboard, time, {
      ...(dashboard.uid === "energy-site" ? { site: [SITE] } : {}),
      ...(dashboard.uid === "energy-county" ? { group: ["county"] } : {}),
      ...chosen,
    }),
  });
  const of = (uid: string): Dashboard => committed.find((one) => one.uid === uid)!;
  const asked = async (
    uid: string,
    panel: number,
    refId = "A",
    chosen: Record<string, readonly string[]> = {},
  ): Promise<readonly AnswerSeries[]> => {
    const question = questionsOf(of(uid)).find(
      (one) => one.panel?.id === panel && one.target!.refId === refId,
    )!;
    return ask(influx, filled(question.query, await shownBy(of(uid), chosen), question.panel!.interval));
  };
  const isSite = (id: string | undefined): boolean => registry.sites.some((site) => site.id === id);
  const numberOf = (answer: readonly AnswerSeries[]): number => Number(answer[0]?.values[0]?.[1]);

  test.each(committed.map((dashboard) => [dashboard.uid, dashboard] as const))(
    "%s: each question has rows",
    async (_, dashboard) => {
      const shown = await shownBy(dashboard);
      const empty: string[] = [];
      for (const { where, query, panel } of questionsOf(dashboard)) {
        const answer = await ask(influx, filled(query, shown, panel?.interval));
        const rows = answer.reduce((sum, one) => sum + one.values.length, 0);
        if (rows === 0) empty.push(`${where}: ${filled(query, shown, panel?.interval)}`);
        // What is asked for is there: a column of nothing but nulls is a name misspelt.
        for (const { columns, values } of answer)
          for (const [i, column] of columns.entries())
            if (
              values.length > 0 &&
              values.every((one) => one[i] === null) &&
              !["site", "group"].includes(column)
            )
              empty.push(`${where}: ${column} is null everywhere`);
      }
      expect(empty).toEqual([]);
    },
    120_000,
  );

  test("totals are those of the store, net of conversion output", async () => {
    const figures = await store.figures(
      registry.carriers.map(({ id }) => ({ scope: "group", owner: "county", carrier: id })),
      "day",
      time.from,
      time.to,
    );
    const sum = (value: (figure: (typeof figures)[number]) => number | null) =>
      figures.reduce((total, figure) => total + (value(figure) ?? 0), 0) / 1000;
    const net = sum((figure) => figure.kgceCalorific) - sum((figure) => figure.outputEffects.kgceCalorific);
    expect(net).toBeGreaterThan(1);
    expect(numberOf(await asked("energy-county", panelIds["energy-county"].coal))).toBeCloseTo(net, 6);
    const gross = sum((figure) => figure.kgceCalorific);
    expect(numberOf(await asked("energy-county", panelIds["energy-county"].coal, "B"))).toBeCloseTo(gross, 6);
    const days = figures.filter((figure) => figure.kgceCalorific === null || figure.kgCo2Location === null);
    const unknown = numberOf(await asked("energy-county", panelIds["energy-county"].unknown));
    expect(days.length).toBeGreaterThan(0);
    expect(unknown).toBe(days.length);
  });

  test("a value that became unknown is not summed, though the old one is still in the point", async () => {
    const owner = "stale-site";
    const at = calendar.dayStart(calendar.dayOf(time.to) - 1);
    const effects = { kgceCalorific: 1000, kgceEquivalent: null, kgCo2Location: 2000, kgCo2Market: 3000 };
    const zero = { kgceCalorific: 0, kgceEquivalent: 0, kgCo2Location: 0, kgCo2Market: 0 };
    const figure = {
      scope: "site",
      owner,
      carrier: "heat",
      window: "day",
      start: at,
      amount: 5,
      coverage: 1,
      estimated: 0,
      missingMeters: 0,
      output: 0,
      outputEffects: zero,
      factors: [],
    } as const;
    await store.write({ figures: [{ ...figure, ...effects }] });
    await store.write({ figures: [{ ...figure, ...effects, kgceCalorific: null }] });
    const shown = { ...time, values: { site: [owner] } };
    const of2 = (panel: number) =>
      questionsOf(of("energy-site")).find((one) => one.panel?.id === panel)!.query;
    expect(await ask(influx, filled(of2(panelIds["energy-site"].coal), shown))).toEqual([]);
    expect(numberOf(await ask(influx, filled(of2(panelIds["energy-site"].co2Location), shown)))).toBe(2);
    // And a day that vanished is left out of the mean of its coverage.
    await store.write({ figures: [{ ...figure, ...zero, start: at - DAY_MS, amount: 0, coverage: 0 }] });
    expect(numberOf(await ask(influx, filled(of2(panelIds["energy-site"].coverage), shown)))).toBe(1);
  });

  test("days are the county's", async () => {
    const answer = await asked("energy-site", panelIds["energy-site"].electricityPerDay);
    const starts = answer[0]!.values.map(([at]) => at as number);
    expect(starts.length).toBeGreaterThanOrEqual(DAYS);
    for (const at of starts) expect(calendar.dayStart(calendar.dayOf(at))).toBe(at);
    const balance = await asked("energy-quality", panelIds["energy-quality"].balance);
    for (const [at] of balance[0]!.values) expect(calendar.dayStart(calendar.dayOf(at as number))).toBe(at);
  });

  test("the balance is the store's: of each share the total that reaches furthest", async () => {
    const rows = await store.balance(calendar.dayOf(time.to - 60_000));
    const received = rows.reduce((sum, one) => sum + one.received, 0);
    const [answer] = await asked("energy-quality", panelIds["energy-quality"].balance);
    const last = answer!.values.at(-1)!;
    expect(received).toBeGreaterThan(1_000);
    expect(answer!.values.reduce((sum, one) => sum + Number(one[1]), 0)).toBeGreaterThanOrEqual(received);
    expect(Number(last[1])).toBeLessThanOrEqual(received);
  });

  test("a limit that knows no projection any more shows none, and its levels count once", async () => {
    const ids = panelIds["energy-limits"];
    const projected = await asked("energy-limits", ids.usage, "B");
    const limits = projected.map(({ tags }) => tags!.limit!);
    expect(limits).toContain("sure-budget");
    expect(limits).not.toContain("rare-budget");
    const red = numberOf(await asked("energy-limits", ids.red));
    expect(red).toBe(purposes.length);
  });

  test("meters are counted by their newest state, and matters once", async () => {
    const ids = panelIds["energy-quality"];
    expect(numberOf(await asked("energy-quality", ids.stuck))).toBeGreaterThanOrEqual(1);
    const rows = await store.observations({
      measurement: "meter_status",
      from: time.from,
      to: time.to + 1,
      newest: true,
    });
    const inState = (states: readonly number[]) =>
      rows.filter(({ tags, numbers }) => isSite(tags.site) && states.includes(numbers.state!)).length;
    expect(inState([1])).toBeGreaterThanOrEqual(1);
    expect(numberOf(await asked("energy-quality", ids.late))).toBe(inState([1]));
    expect(numberOf(await asked("energy-quality", ids.silent))).toBe(inState([2, 3]));
    const closed = await asked("energy-alerts", panelIds["energy-alerts"].closed);
    expect(closed[0]!.values).toHaveLength(1);
    const raised = await asked("energy-alerts", panelIds["energy-alerts"].agencies);
    const total = raised.reduce((sum, { values }) => sum + Number(values[0]![1]), 0);
    expect(total).toBe(4);
    expect(numberOf(await asked("energy-alerts", panelIds["energy-alerts"].toAcknowledge))).toBe(HOUR_MS);
  });

  test("the scope's sites are those of the group, and the site's meters its own", async () => {
    const { values } = await shownBy(of("energy-county"), { group: ["town:gaoting"] });
    const own = registry.sites.filter((site) => site.town === "gaoting").map((site) => site.id);
    expect([...values.members!].sort()).toEqual(own.sort());
    const chosen = await shownBy(of("energy-site"));
    const meters = registry.sites.find((site) => site.id === SITE)!.meters.map((meter) => meter.id);
    expect([...chosen.values.meter!].sort()).toEqual(meters.sort());
  });

  test("avoided CO2 is gross less grid", async () => {
    const ids = panelIds["energy-shore-charging"];
    const [gross, net] = [
      numberOf(await asked("energy-shore-charging", ids.chargingGross)),
      numberOf(await asked("energy-shore-charging", ids.chargingNet)),
    ];
    expect(gross).toBeGreaterThan(net);
    const rows = await store.observations({ measurement: "avoided", from: time.from, to: time.to });
    const expected = rows
      .filter(({ tags }) => tags.purpose === "charging")
      .reduce((sum, { numbers }) => sum + (numbers.netKgCo2 ?? 0) / 1000, 0);
    expect(net).toBeCloseTo(expected, 6);
  });
});
