import { expect, test } from "vitest";
import { createPermissions } from "../../ingest/permissions.ts";
import { compileFilter, compileTopic, createRouter, filterCovers } from "../../ingest/topic-filter.ts";
import { county } from "./county.ts";

// MQTT 3.1.1 §4.7
const matching: [filter: string, topic: string, matches: boolean][] = [
  ["a/b", "a/b", true],
  ["a/b", "a/b/c", false],
  ["a/#", "a", true],
  ["a/#", "a/b/c", true],
  ["a/#", "ab", false],
  ["#", "a/b", true],
  ["#", "$SYS/x", false],
  ["+/x", "$SYS/x", false],
  ["$SYS/#", "$SYS/x", true],
  ["+", "a", true],
  ["+", "a/b", false],
  ["+/+", "/a", true],
  ["/+", "/a", true],
  ["+", "/a", false],
  ["a/+/c", "a//c", true],
  ["a/+/c", "a/b/d", false],
  ["a/+/#", "a", false],
  ["a/+/#", "a/b", true],
  ["a/+/#", "a/b/c/d", true],
];

test.each(matching)("filter %s, topic %s: %s", (filter, topic, matches) => {
  expect(compileFilter(filter)(topic)).toBe(matches);
});

const covering: [outer: string, inner: string, covers: boolean][] = [
  ["v1/sites/works-1/#", "v1/sites/works-1/meters/+/readings", true],
  ["v1/sites/works-1/#", "v1/sites/works-1", true],
  ["v1/sites/works-1/#", "v1/sites/+/meters/m-1/readings", false],
  ["v1/sites/works-1/#", "v1/sites/works-10/#", false],
  ["v1/sites/works-1/#", "#", false],
  ["a/+", "a/b", true],
  ["a/+", "a/#", false],
  ["a/b", "a/+", false],
  ["+/b", "$SYS/b", false],
  ["#", "$SYS/b", false],
  ["a/b", "a/b", true],
];

test.each(covering)("%s covers %s: %s", (outer, inner, covers) => {
  expect(filterCovers(outer, inner)).toBe(covers);
});

test("a profile's topic captures its levels", () => {
  const match = compileTopic("v1/sites/{site}/meters/{meter}/readings");
  const captures = match("v1/sites/works-1/meters/m-1/readings");
  expect([...captures!]).toEqual([
    ["site", "works-1"],
    ["meter", "m-1"],
  ]);
  expect(match("v1/sites/works-1/meters/m-1/power")).toBeUndefined();
  expect(match("v1/sites/works-1/meters/m-1/readings/x")).toBeUndefined();
});

test("the router takes the first profile, also when its memory is full", () => {
  const targets = [
    { topic: "a/{x}", target: 1 },
    { topic: "+/b", target: 2 },
  ];
  const route = createRouter(targets, 2);
  for (let turn = 0; turn < 3; turn++) {
    for (const topic of ["a/b", "a/c", "a/d", "x/b"]) {
      expect(route(topic)?.target).toBe(topic === "x/b" ? 2 : 1);
      if (topic !== "x/b") expect(route(topic)?.captures.get("x")).toBe(topic.slice(2));
    }
  }
  expect(route("x/y")).toBeUndefined();
});

test("gateways are held to their topics and client ids", () => {
  const permissions = createPermissions(county);
  const user = "works-1-gw1";
  expect(permissions.isGateway(user)).toBe(true);
  expect(permissions.isGateway("nobody")).toBe(false);
  expect(permissions.mayPublish(user, "v1/sites/works-1/meters/m-1/readings")).toBe(true);
  expect(permissions.mayPublish(user, "v1/sites/works-2/meters/m-1/readings")).toBe(false);
  expect(permissions.mayPublish("nobody", "v1/sites/works-1/meters/m-1/readings")).toBe(false);
  expect(permissions.mayPublish(user, "$SYS/x")).toBe(false);
  expect(permissions.maySubscribe(user, "v1/sites/works-1/commands")).toBe(true);
  expect(permissions.maySubscribe(user, "$share/g/v1/sites/works-1/#")).toBe(false);
  expect(permissions.ownsClientId(user, "works-1-gw1")).toBe(true);
  expect(permissions.ownsClientId(user, "works-1-gw1-a")).toBe(true);
  expect(permissions.ownsClientId(user, "works-1-gw10")).toBe(false);
  expect(permissions.ownsClientId(user, "works-1-gw10-a")).toBe(false);
  expect(permissions.ownsClientId("works-1-gw10", "works-1-gw10-a")).toBe(true);
  expect(permissions.ownsClientId(user, "")).toBe(false);
});
