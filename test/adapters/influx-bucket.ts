/** Buckets and tokens of a test's own in an InfluxDB that several tests share. */
import { randomBytes } from "node:crypto";
import { InfluxDB } from "@influxdata/influxdb-client";
import type { InfluxService } from "../services/influx.ts";

const json = { accept: "application/json" };

function transportOf({ url, token }: InfluxService) {
  return new InfluxDB({ url, token }).transport;
}

async function orgIdOf(influx: InfluxService): Promise<string> {
  const path = `/api/v2/orgs?org=${encodeURIComponent(influx.org)}`;
  const { orgs } = await transportOf(influx).request(path, "", { method: "GET", headers: json });
  return orgs[0].id;
}

/** Makes an empty bucket and returns its name. */
export async function emptyBucket(influx: InfluxService): Promise<string> {
  const name = `energy-${randomBytes(6).toString("hex")}`;
  const wish = { orgID: await orgIdOf(influx), name, retentionRules: [] };
  await transportOf(influx).request("/api/v2/buckets", wish, { method: "POST", headers: json });
  return name;
}

/** A token that may read and write the bucket and nothing else. */
export async function tokenFor(influx: InfluxService, bucket: string): Promise<string> {
  const transport = transportOf(influx);
  const path = `/api/v2/buckets?name=${encodeURIComponent(bucket)}`;
  const { buckets } = await transport.request(path, "", { method: "GET", headers: json });
  const orgID = await orgIdOf(influx);
  const resource = { type: "buckets", id: buckets[0].id, orgID };
  const permissions = ["read", "write"].map((action) => ({ action, resource }));
  const made = await transport.request(
    "/api/v2/authorizations",
    { orgID, permissions },
    { method: "POST", headers: json },
  );
  return made.token;
}

/** First column of an InfluxQL answer, by measurement. */
export async function askInflux(
  influx: InfluxService,
  bucket: string,
  question: string,
): Promise<Record<string, string[]>> {
  const answer = await transportOf(influx).request(
    "/query",
    `db=${bucket}&q=${encodeURIComponent(question)}`,
    { method: "POST", headers: { ...json, "content-type": "application/x-www-form-urlencoded" } },
  );
  const series: { name?: string; values: string[][] }[] = answer.results[0].series ?? [];
  return Object.fromEntries(series.map(({ name = "", values }) => [name, values.map((row) => row[0]!)]));
}
