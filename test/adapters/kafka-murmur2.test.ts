import { expect, test } from "vitest";
import { createPartitioner, murmur2, partitionOf } from "../../adapters/kafka/murmur2.ts";

/** What `org.apache.kafka.common.utils.Utils` of kafka-clients 4.1.1 gives, and the partition of 12. */
const known = [
  ["", 275646681, 9],
  ["a", -1563381124, 4],
  ["ab", 316155434, 2],
  ["abc", 479470107, 3],
  ["21", -973932308, 0],
  ["foobar", -790332482, 6],
  ["a-little-bit-longer-string", -1486304829, 11],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971, 5],
  ["site-1", 232770646, 10],
  ["岱山县", 195159799, 7],
  ["站点-1", -1485847771, 1],
] as const;

test.each(known)("murmur2 of %j is that of the Java client", (key, hash, partition) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
  expect(partitionOf(key, 12)).toBe(partition);
});

test("a key that is part of a larger buffer", () => {
  expect(murmur2(Buffer.from("xxfoobar").subarray(2))).toBe(murmur2(Buffer.from("foobar")));
});

test("sites' partitions are those of their routes, the first time and later", () => {
  const partitionFor = createPartitioner((site) => (site === "21" ? "abc" : site), 12);
  for (let i = 0; i < 2; i += 1) {
    expect(partitionFor("21")).toBe(3);
    for (const [key, , partition] of known) if (key !== "21") expect(partitionFor(key)).toBe(partition);
  }
  expect(createPartitioner((site) => site, 1)("foobar")).toBe(0);
});
