/** Where a process may listen, and with what. */
import { expect, test } from "vitest";
import { checkExposure, type Exposure } from "../../app/exposure.ts";
import { UsageError } from "../../model/errors.ts";

const local: Exposure = {
  host: "127.0.0.1",
  secretsFile: undefined,
  tlsCert: undefined,
  tlsKey: undefined,
  allowPlaintext: false,
};
const secrets = { gateways: { gw: "hash" }, operators: {} } as unknown as Parameters<typeof checkExposure>[1];

test.each(["127.0.0.1", "::1", "localhost", "0.0.0.0"])(
  "%s: one half of a certificate and its key is refused, since nothing would be encrypted",
  (host) => {
    for (const half of [{ tlsCert: "cert.pem" }, { tlsKey: "key.pem" }])
      for (const allowPlaintext of [false, true]) {
        const check = () => checkExposure({ ...local, host, allowPlaintext, ...half }, secrets);
        expect(check).toThrow(UsageError);
        expect(check).toThrow(/--tls-cert and --tls-key belong together/);
      }
    const both = { ...local, host, tlsCert: "cert.pem", tlsKey: "key.pem" };
    expect(() => checkExposure(both, secrets)).not.toThrow();
  },
);

test("loopback needs neither secrets nor TLS", () => {
  expect(() => checkExposure(local, undefined)).not.toThrow();
});
