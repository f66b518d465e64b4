import { expect, test } from "vitest";
import { accuracy, siteTruth } from "../../demo/accuracy.ts";
import { createFleet, trueEnergy } from "../../demo/fleet.ts";
import { siteCarriersOf } from "../../model/members.ts";
import type { Factor } from "../../model/registry.ts";
import { DAY_MS } from "../../model/time.ts";
import { exampleRegistry, local } from "./example-registry.ts";

const start = local("2026-11-09T00:00:00");
const coal: Factor = {
  id: "coal-electricity",
  kind: "standard-coal",
  carrier: "electricity",
  basis: "calorific",
  region: "any",
  value: 0.1229,
  unit: "kgce/kWh",
  perCanonical: 0.1229,
  validFrom: 0,
  source: "test",
  status: "unverified",
};
const fleet = createFleet({ ...exampleRegistry, factors: [coal] }, 1);
const entries = siteCarriersOf(fleet.registry);

function reports(wrongBy: (site: string) => number) {
  return entries.flatMap((entry) =>
    [0, 1, 2].map((day) => {
      const span = { start: start + day * DAY_MS, end: start + (day + 1) * DAY_MS };
      const amount = siteTruth(fleet, entry, span) + wrongBy(entry.site.id);
      return { site: entry.site.id, carrier: entry.carrier, ...span, amount, coverage: 1, estimated: 0 };
    }),
  );
}

test("figures that are the truth have no error", () => {
  const rows = accuracy(
    fleet,
    reports(() => 0),
  );
  expect(rows.map((row) => row.carrier)).toEqual(["electricity", "raw-coal"]);
  for (const row of rows) {
    expect(row.error).toBeCloseTo(0, 6);
    expect(row.absoluteError).toBe(0);
    expect(row.leftOut).toBe(0);
  }
});

test("errors add up with their signs and without, and become tce where there is a factor", () => {
  const [electricity, rawCoal] = accuracy(
    fleet,
    reports((site) => (site === "works" ? 500 : site === "kiln" ? -200 : 0)),
  );
  expect(electricity?.error).toBeCloseTo(3 * 300, 5);
  expect(electricity?.absoluteError).toBeCloseTo(3 * 700, 5);
  expect(electricity?.errorTce).toBeCloseTo(0.9 * 0.1229, 8);
  expect(rawCoal?.error).toBeCloseTo(-600, 6);
  expect(rawCoal?.errorTce).toBeNull();
});

test("windows that are partly missing are left out, estimated ones are not", () => {
  const rows = reports(() => 0).map((row) =>
    row.site === "works"
      ? { ...row, amount: row.amount / 2, coverage: 0.5 }
      : { ...row, coverage: 0.9, estimated: 0.1 },
  );
  const [electricity] = accuracy(fleet, rows);
  expect(electricity?.leftOut).toBe(3);
  expect(electricity?.windows).toBe(
    3 * (entries.filter((entry) => entry.carrier === "electricity").length - 1),
  );
  expect(electricity?.error).toBeCloseTo(0, 6);
});

test("shore power counts at the site it is said to count to", () => {
  const span = { start, end: start + 3 * DAY_MS };
  const truth = (site: string) => siteTruth(fleet, entries.find((entry) => entry.site.id === site)!, span);
  const of = (id: string) => trueEnergy(fleet.find("harbour", id)!, span);
  expect(of("shore-1") + of("shore-2")).toBeGreaterThan(0);
  expect(truth("shore")).toBeCloseTo(of("shore-1") + of("shore-2"), 6);
  expect(truth("harbour")).toBeCloseTo(of("main") - of("shore-1") - of("shore-2"), 6);
});
