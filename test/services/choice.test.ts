import { describe, expect, test } from "vitest";
import { choose, type Found, serviceNames } from "./choice.ts";

const nothing: Found = { environment: {}, dockerAnswers: false, provisioned: undefined };
const everything: Found = {
  environment: {
    ENERGY_TEST_KAFKA: "127.0.0.1:9092",
    ENERGY_TEST_INFLUX_URL: "http://127.0.0.1:8086",
    ENERGY_TEST_INFLUX_TOKEN: "token",
    ENERGY_TEST_INFLUX_ORG: "org",
    ENERGY_TEST_MQTT: "mqtt://127.0.0.1",
  },
  dockerAnswers: true,
  provisioned: "a/path",
};

describe.each(serviceNames)("%s", (service) => {
  test("given before Docker before this machine before none", () => {
    expect(choose(service, everything).way).toBe("given");
    expect(choose(service, { ...everything, environment: {} })).toEqual({ way: "docker" });
    const local = { ...everything, environment: {}, dockerAnswers: false };
    expect(choose(service, local)).toEqual({ way: "local", path: "a/path" });
    expect(choose(service, nothing).way).toBe("none");
  });

  test("none says what was tried and what to do", () => {
    const choice = choose(service, nothing);
    expect(choice).toMatchObject({
      reason: expect.stringMatching(
        /ENERGY_TEST_.* not set, no Docker .*nothing provisioned; run: node scripts/,
      ),
    });
    expect(choice).toMatchObject({ reason: expect.stringContaining(`provision.mjs ${service}`) });
  });

  test("a suite that kills its service is not given somebody else's, nor another behind the back", () => {
    expect(choose(service, everything, { own: true })).toMatchObject({
      way: "none",
      reason: expect.stringContaining("unset it"),
    });
    expect(choose(service, { ...everything, environment: {} }, { own: true }).way).toBe("docker");
  });
});

test("the endpoint given is the endpoint used", () => {
  expect(choose("kafka", everything)).toEqual({
    way: "given",
    endpoint: { ENERGY_TEST_KAFKA: "127.0.0.1:9092" },
  });
});

test("an endpoint given in part is an error that names the rest", () => {
  const environment = { ENERGY_TEST_INFLUX_URL: "http://127.0.0.1:8086" };
  expect(() => choose("influx", { ...nothing, environment })).toThrow(
    "ENERGY_TEST_INFLUX_URL is set, so set ENERGY_TEST_INFLUX_TOKEN and ENERGY_TEST_INFLUX_ORG as well",
  );
});

test("an empty variable is one that is not set", () => {
  expect(choose("kafka", { ...nothing, environment: { ENERGY_TEST_KAFKA: "" } }).way).toBe("none");
});
