/** Buckets of a test's own in an InfluxDB that several tests share. */
import { randomBytes } from "node:crypto";
import { InfluxDB } from "@influxdata/influxdb-client";
import type { InfluxService } from "../services/influx.ts";

/** Makes an empty bucket and returns its name. */
export async function emptyBucket(influx: InfluxService): Promise<string> {
  const { transport } = new InfluxDB({ url: influx.url, token: influx.token });
  const json = { accept: "application/json" };
  const orgs = await transport.request(`/api/v2/orgs?org=${influx.org}`, "", {
    method: "GET",
    headers: json,
  });
  const name = `energy-${randomBytes(6).toString("hex")}`;
  const wish = { orgID: orgs.orgs[0].id, name, retentionRules: [] };
  await transport.request("/api/v2/buckets", wish, { method: "POST", headers: json });
  return name;
}
