/** What Prometheus reads, parsed back from the text. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createMetrics, metricNames } from "../../adapters/metrics.ts";

const seriesValue = (text: string, series: string): number | undefined => {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};

test("every name has help and a type, and the process tells of itself", async () => {
  const text = await createMetrics().text();
  for (const name of metricNames) {
    expect(text).toMatch(new RegExp(`^# HELP ${name} \\S.*\\.$`, "m"));
    expect(text).toMatch(new RegExp(`^# TYPE ${name} (counter|gauge|histogram)$`, "m"));
  }
  expect(seriesValue(text, "energy_messages_total")).toBe(0);
  expect(seriesValue(text, "process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(text).toContain("nodejs_eventloop_lag_seconds");
});

test("a counter takes totals, and goes on from a total that began anew", async () => {
  const metrics = createMetrics();
  const rejected = 'energy_values_rejected_total{code="future"}';
  for (const total of [5, 5, 9]) metrics.set("energy_values_rejected_total", total, { code: "future" });
  expect(seriesValue(await metrics.text(), rejected)).toBe(9);
  metrics.set("energy_values_rejected_total", 2, { code: "future" });
  metrics.set("energy_values_rejected_total", 4, { code: "future" });
  metrics.set("energy_values_rejected_total", 7, { code: "no-zone" });
  const text = await metrics.text();
  expect(seriesValue(text, rejected)).toBe(13);
  expect(seriesValue(text, 'energy_values_rejected_total{code="no-zone"}')).toBe(7);
  metrics.count("energy_restatements_total", 3);
  metrics.count("energy_restatements_total");
  expect(seriesValue(await metrics.text(), "energy_restatements_total")).toBe(4);
});

test("a gauge goes both ways, is cleared, and keeps its value when told nonsense", async () => {
  const metrics = createMetrics();
  metrics.set("energy_pending_spans", 7);
  metrics.set("energy_pending_spans", 3);
  metrics.set("energy_pending_spans", Number.NaN);
  metrics.set("energy_log_partition_records_behind", 12, { partition: 4 });
  const before = await metrics.text();
  expect(seriesValue(before, "energy_pending_spans")).toBe(3);
  expect(seriesValue(before, 'energy_log_partition_records_behind{partition="4"}')).toBe(12);
  metrics.clear("energy_log_partition_records_behind");
  expect(await metrics.text()).not.toContain('partition="4"');
});

test("times of writes fall into their buckets", async () => {
  const metrics = createMetrics();
  metrics.observe("energy_store_write_seconds", 0.03);
  metrics.observe("energy_store_write_seconds", 2);
  const text = await metrics.text();
  expect(seriesValue(text, 'energy_store_write_seconds_bucket{le="0.05"}')).toBe(1);
  expect(seriesValue(text, 'energy_store_write_seconds_bucket{le="+Inf"}')).toBe(2);
  expect(seriesValue(text, "energy_store_write_seconds_sum")).toBeCloseTo(2.03);
});

test("two in one process do not mix, and a label nobody declared is refused", async () => {
  const [one, other] = [createMetrics(), createMetrics()];
  one.set("energy_dirty_days", 5);
  expect(seriesValue(await other.text(), "energy_dirty_days")).toBe(0);
  expect(() => one.set("energy_dirty_days", 1, { site: "works" })).toThrow(/site/);
});

test("docs/operation.md says of every name when to be alarmed", () => {
  const page = readFileSync(new URL("../../docs/operation.md", import.meta.url), "utf8");
  expect(metricNames.filter((name) => !page.includes(`\`${name}`))).toEqual([]);
});
