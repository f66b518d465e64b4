import { expect, test } from "vitest";
import type { PendingSpan } from "../../model/ports.ts";
import type { RecomputeRecord } from "../../model/records.ts";
import { requestsFor } from "../../processors/shares/writer.ts";
import { at } from "../world.ts";

test("a span whose end may be written late is asked for again", () => {
  const [start, end] = [at("2026-04-01"), at("2026-04-03")];
  const done: PendingSpan = { site: "s", meter: "m", start, end, firstAt: 1, lastAt: 2, cause: "readings" };
  const requests = requestsFor({ pendingDone: [done] }, 5, {});
  expect(requests.map(({ key }) => key)).toEqual(["s"]);
  const request = JSON.parse(requests[0]!.value) as RecomputeRecord;
  expect(request).toMatchObject({ kind: "recompute", site: "s", meter: "m", from: start, to: end });
});
