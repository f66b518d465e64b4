/** The store on a real InfluxDB. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InfluxOptions } from "../../adapters/influx/options.ts";
import { createInfluxStore } from "../../adapters/influx/store.ts";
import { calendarOf } from "../../model/time.ts";
import { seriesStoreContract } from "../contracts/series-store.ts";
import { haveServices } from "../services/available.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { emptyBucket } from "./influx-bucket.ts";

const calendar = calendarOf("Asia/Shanghai");
let influx: InfluxService;

const options = (more: Partial<InfluxOptions> = {}): InfluxOptions => ({
  url: influx.url,
  org: influx.org,
  bucket: influx.bucket,
  token: influx.token,
  calendar,
  ...more,
});

describe.skipIf(!(await haveServices(["influx"])))("InfluxDB", () => {
  beforeAll(async () => {
    influx = await startInflux();
  });
  afterAll(() => influx?.stop());

  seriesStoreContract(
    "InfluxDB",
    async () => {
      const store = createInfluxStore(options({ bucket: await emptyBucket(influx) }));
      return { store, close: () => store.close() };
    },
    { balance: "totals", dirty: "log" },
  );
});
