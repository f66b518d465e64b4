import { expect, test } from "vitest";
import { acceptMessage } from "../../ingest/accept.ts";
import { replayReject } from "../../ingest/replay.ts";
import type { Registry } from "../../model/registry.ts";
import {
  bytes,
  county,
  good,
  meter,
  native,
  newAcceptor,
  readingsOf,
  receivedAt,
  rejectsOf,
  send,
  tally,
} from "./county.ts";

const firstReject = (...parameters: Parameters<typeof send>) => rejectsOf(send(...parameters))[0]!.reject;

function withMeter(id: string): Registry {
  const sites = county.sites.map((site) =>
    site.id === "works-1" ? { ...site, meters: [...site.meters, meter("works-1", id)] } : site,
  );
  return { ...county, sites };
}

test("once the registry knows the meter, its rejects become readings with their own stamp", () => {
  const reject = firstReject(good, {
    topic: "v1/sites/works-1/meters/m-9/readings",
    username: "works-1-gw1",
  });
  const { records, refused } = replayReject(newAcceptor(withMeter("m-9")), bytes, reject);
  expect(refused).toEqual([]);
  expect(records).toHaveLength(1);
  expect(readingsOf(records)[0]).toMatchObject({ meter: "m-9", gateway: "gw1", receivedAt, received: 1 });
});

test("of a message refused in part, all that is accepted now counts as received, and nothing is refused twice", () => {
  const reject = firstReject({ ...good, registers: { "active-import": 5, "active-export": -1, gas: 3 } });
  expect(reject).toMatchObject({ code: "out-of-range" });
  const { records, refused } = replayReject(newAcceptor(), bytes, reject);
  expect(tally(records)).toEqual({ received: 1, accepted: 1, rejected: {}, isBalanced: true });
  expect(refused.map(({ code, values }) => [code, values])).toEqual([
    ["out-of-range", 1],
    ["unknown-register", 1],
  ]);
});

test("a mended profile reads what was unknown or undecodable before", () => {
  const topic = "meters/works-1/m-1";
  const payload = '{"at":"2026-11-01T00:15:00","registers":{"active-import":5}}';
  const unknown = firstReject(payload, { topic });
  expect(unknown).toMatchObject({ code: "unknown-topic", site: "_unknown" });
  const profile = { ...native, id: "mended", topic: "meters/{site}/{meter}" };
  const mended = (zone: object) =>
    newAcceptor({ ...county, profiles: [{ ...profile, time: { ...profile.time, ...zone } }] });
  expect(replayReject(mended({}), bytes, unknown)).toMatchObject({
    records: [],
    refused: [{ code: "no-zone" }],
  });
  expect(tally(replayReject(mended({ zone: "Asia/Shanghai" }), bytes, unknown).records)).toMatchObject({
    accepted: 1,
  });
  expect(replayReject(newAcceptor(), bytes, unknown).skipped).toMatch(/no decoder profile/);
  const broken = firstReject("{");
  expect(replayReject(newAcceptor(), bytes, broken)).toMatchObject({ refused: [{ code: "malformed-json" }] });
});

test("a forbidden topic is replayed once its gateway may publish there", () => {
  const refused = { code: "forbidden-topic", detail: "not yours", values: 1 } as const;
  const message = {
    topic: "v1/sites/works-2/meters/m-1/readings",
    payload: Buffer.from(JSON.stringify(good)),
    retained: false,
    receivedAt,
    username: "works-1-gw1",
    refused,
  };
  const { reject } = rejectsOf(acceptMessage(newAcceptor(), message))[0]!;
  expect(replayReject(newAcceptor(), bytes, reject).skipped).toMatch(/may still not publish/);
  const sites = county.sites.map((site) => ({
    ...site,
    gateways: site.gateways.map((gateway) => ({ ...gateway, topics: ["v1/sites/+/meters/m-1/readings"] })),
  }));
  const { records } = replayReject(newAcceptor({ ...county, sites }), bytes, reject);
  expect(readingsOf(records)[0]).toMatchObject({ site: "works-2", gateway: "gw1" });
});

test("what cannot be replayed says why", () => {
  const acceptor = newAcceptor();
  const retained = { topic: "x", payload: Buffer.from("x"), retained: true, receivedAt };
  const { reject } = rejectsOf(acceptMessage(acceptor, retained))[0]!;
  expect(replayReject(acceptor, bytes, reject).skipped).toMatch(/retained is not mended/);
  const second = rejectsOf(send({ ...good, registers: { "active-export": -1, gas: 3 } }))[1]!.reject;
  expect(replayReject(acceptor, bytes, second).skipped).toMatch(/kept with the message's first reject/);
});
