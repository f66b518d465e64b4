import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { shareTexts } from "../../model/share-texts.ts";

test("nothing of a value changes, shared parts and cycles included", () => {
  const shared = { unit: "kWh", digits: [8, 2] };
  const make = () => {
    const value = {
      sites: [{ id: "a", parts: [shared, shared] }, null],
      name: { zh: "县", en: "a" },
      self: {},
    };
    value.self = value;
    return value;
  };
  const value = structuredClone(make());
  const given = value.sites[0]!;
  expect(shareTexts(value)).toBe(value);
  expect(value).toEqual(make());
  expect(value.sites[0]).toBe(given);
  expect(given.parts[0]).toBe(given.parts[1]);
});

test("equal texts are kept once", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const size = 2_000;
  const long = Buffer.from("energy ".repeat(2_000));
  const value = Array.from({ length: size }, () => ({ text: long.toString("latin1") }));
  const before = used();
  shareTexts(value);
  expect(before - used()).toBeGreaterThan((size * long.length) / 2);
  expect(value.every((one) => one.text.length === long.length)).toBe(true);
});
