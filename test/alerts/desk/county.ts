/** A small county with officers, and a desk of it on a file of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createDeskStore } from "../../../adapters/sqlite/desk.ts";
import { openDatabase } from "../../../adapters/sqlite/driver.ts";
import type { Actor } from "../../../alerts/desk/actions.ts";
import { createDesk } from "../../../alerts/desk/desk.ts";
import { createOutbox, deliveryOf } from "../../../alerts/desk/outbox.ts";
import { workingTimeOf } from "../../../alerts/escalate/working-time.ts";
import type { Alert } from "../../../model/alert.ts";
import { type Duties, noDuties, type Officer } from "../../../model/duty.ts";
import type { Registry, Site } from "../../../model/registry.ts";
import { calendarOf, DAY_MS, HOUR_MS, type Instant } from "../../../model/time.ts";

export const calendar = calendarOf("Asia/Shanghai");
/** Monday 2026-11-23, 10:00 in the county: working hours. */
export const MONDAY_10 = Date.parse("2026-11-23T10:00:00+08:00");
export const HOUR = HOUR_MS;
export const DAY = DAY_MS;

const text = (id: string) => ({ zh: id, en: id });
const officer = (id: string, more: Partial<Officer> = {}): Officer => ({
  id,
  name: text(id),
  language: "zh",
  channels: [{ channel: "console", address: id }],
  absences: [],
  ...more,
});

export const duties: Duties = {
  ...noDuties,
  agencies: [
    { id: "development", name: text("县发改局"), officers: ["dev-1", "dev-2"], head: "dev-head" },
    { id: "industry", name: text("县经信局"), officers: ["ind-1"], head: "ind-head" },
    { id: "ecology", name: text("市生态环境局岱山分局"), officers: ["eco-1"] },
    { id: "office", name: text("双碳办"), officers: ["office-1"], head: "office-head" },
  ],
  officers: [
    officer("plant-1", { operator: "plant" }),
    officer("dev-1", { operator: "dev" }),
    officer("dev-2"),
    officer("dev-head"),
    officer("ind-1", { operator: "ind" }),
    officer("ind-head"),
    officer("eco-1"),
    officer("office-1"),
    officer("office-head"),
  ],
  duties: [
    { site: "works-1", officers: ["plant-1"], others: [] },
    { category: "key-energy-user", officers: [], lead: "industry", others: ["development", "ecology"] },
    { county: true, domains: ["data", "pipeline"], officers: [], lead: "development", others: [] },
  ],
  office: "office",
  policies: {
    yellow: {
      tell: ["officers", "lead"],
      ladder: [{ afterWorkingMinutes: 3 * 450, tell: ["lead-head"] }],
      isHeldBack: true,
    },
    orange: {
      tell: ["officers", "lead"],
      ladder: [
        { afterWorkingMinutes: 450, tell: ["lead-head"] },
        { afterWorkingMinutes: 900, tell: ["office"] },
      ],
      isHeldBack: true,
    },
    red: {
      tell: ["officers", "lead", "lead-head", "others", "office"],
      ladder: [{ afterWorkingMinutes: 60, tell: ["lead-head", "office"] }],
      isHeldBack: false,
    },
  },
  channels: [{ id: "console", kind: "console", perMinute: 100_000 }],
  quietHours: { from: 22 * 60, to: 7 * 60 },
  digest: { afterNotices: 5, windowMinutes: 5 },
};

const siteOf = (id: string): Site => ({
  id,
  name: text(id),
  category: "key-energy-user",
  classes: [],
  town: "gaoting",
  nationalList: false,
  gateways: [],
  meters: [],
  berths: [],
});

export function registryWith(
  own: Duties = duties,
  sites: readonly string[] = ["works-1", "works-2"],
): Registry {
  return {
    version: "test",
    county: {
      id: "daishan",
      name: text("岱山县"),
      zone: "Asia/Shanghai",
      region: "zhejiang",
      towns: [],
      sectors: [],
    },
    carriers: [],
    sites: sites.map(siteOf),
    factors: [],
    profiles: [],
    limits: [],
    outputs: [],
    rules: [],
    duties: own,
  };
}

/** An alert on the yearly budget of a site. */
export function alertOf(colour: Alert["colour"], more: Partial<Alert> = {}): Alert {
  const site = more.site ?? "works-1";
  return {
    fingerprint: `budget-${colour}-${site}`,
    status: "firing",
    startsAt: MONDAY_10,
    rule: `limit-${colour}`,
    colour,
    domain: "budget",
    site,
    limit: `budget:${site}`,
    values: { value: 1.01, used: 1010, limit: 1000 },
    summary: { zh: "预算超限", en: "Budget exceeded" },
    ...more,
  };
}

/** A desk on a new file; `reopen` opens the file again as after a crash of the process. */
export function openDesk(own: Duties = duties, sites?: readonly string[]) {
  const registry = registryWith(own, sites);
  const folder = mkdtempSync(join(tmpdir(), "desk-"));
  const file = join(folder, "alerts.db");
  const db = openDatabase(file);
  const store = createDeskStore(db);
  onTestFinished(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const compose: Parameters<typeof createDesk>[0]["compose"] = (kind, matters, language) => ({
    language,
    kind,
    colour: matters.some(({ colour }) => colour === "red") ? "red" : matters[0]!.colour,
    title: `${kind} ${matters.length}`,
    facts: [],
    lines: kind === "digest" ? matters.map(({ id }) => id) : [],
    links: [],
  });
  const work = workingTimeOf(own.calendar, calendar);
  const desk = createDesk({ store, registry, calendar, work, compose });
  const outbox = createOutbox(store);
  /** Everything due is carried; what was carried, in order. */
  const carry = (now: Instant) =>
    store.waitingChannels().flatMap((channel) => {
      const rows = store.dueDeliveries(channel, now, 100_000).map(deliveryOf);
      for (const row of rows) {
        const officers = row.addressees.map((one) => one.officer);
        outbox.write({
          rows: [{ ...row, state: "delivered", tries: 1, allTries: 1 }],
          attempts: [
            {
              delivery: row.id,
              notice: row.notice.id,
              matters: row.notice.matters,
              kind: row.notice.content.kind,
              channel,
              officers,
              at: now,
              tookMs: 1,
              try: 1,
              status: "delivered",
              isRepeat: false,
            },
          ],
        });
      }
      return rows.map(({ notice, addressees }) => ({
        officer: addressees.map((one) => one.officer).join(","),
        kind: notice.content.kind,
        matters: notice.matters,
        id: notice.id,
      }));
    });
  return { desk, store, db, outbox, registry, file, carry };
}

export const admin: Actor = { name: "admin", role: "admin" };
export const plant: Actor = { name: "plant", role: "officer", officer: "plant-1" };
/** Of the agency that leads. */
export const leader: Actor = { name: "ind", role: "officer", officer: "ind-1" };
