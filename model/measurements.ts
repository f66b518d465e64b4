/**
 * Every measurement, tag and field of the store, named once. Dashboards and rules may use no others.
 * Embedded, a measurement is a table and a field a column; in InfluxDB, precision ms, bucket `energy`.
 */
export const measurements = {
  reading: {
    tags: ["site", "meter", "register"],
    fields: ["value", "revision", "seq", "receivedAt", "offset", "verdict", "certain"],
  },
  meter_15m: { tags: ["site", "meter", "carrier"], fields: ["amount", "coverage", "estimated"] },
  meter_day: { tags: ["site", "meter", "carrier"], fields: ["amount", "coverage", "estimated"] },
  site_15m: { tags: ["site", "carrier"], fields: siteFields() },
  site_day: { tags: ["site", "carrier"], fields: siteFields() },
  site_month: { tags: ["site", "carrier"], fields: siteFields() },
  group_15m: { tags: ["group", "carrier"], fields: siteFields() },
  group_day: { tags: ["group", "carrier"], fields: siteFields() },
  group_month: { tags: ["group", "carrier"], fields: siteFields() },
} as const;

function siteFields() {
  return [
    "amount",
    "coverage",
    "estimated",
    "missingMeters",
    "kgceCalorific",
    "kgceEquivalent",
    "kgCo2Location",
    "kgCo2Market",
    "output",
    "outputKgceCalorific",
    "outputKgceEquivalent",
    "outputKgCo2Location",
    "outputKgCo2Market",
    "factors",
  ] as const;
}
