import { randomBytes } from "node:crypto";
import "../property-seed.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signLink, verifyLink } from "../../alerts/link.ts";

const key = randomBytes(32);
const NOW = Date.UTC(2026, 10, 23, 6);
const link = { matter: "20261123-0007", officers: ["li"], expiresAt: NOW + 1 };

describe("links of notices", () => {
  it("say for whom and what they are, until they expire", () => {
    const token = signLink(link, key);
    expect(token).toMatch(/^[\w-]+\.[\w-]{43}$/);
    expect(verifyLink(token, key, NOW)).toEqual({ status: "ok", link });
    expect(verifyLink(token, key, NOW, "20261123-0007").status).toBe("ok");
    expect(verifyLink(token, key, NOW + 1)).toEqual({ status: "expired", link });
    expect(verifyLink(token, key, NOW, "20261123-0008")).toEqual({ status: "other", link });
  });

  it("hold for any officers and matters", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 2 ** 45 }),
        (matter, officers, expiresAt) => {
          const plain = { matter: matter.replace(/\p{Cs}/gu, ""), officers, expiresAt };
          const token = signLink(plain, key);
          expect(verifyLink(token, key, expiresAt - 1)).toEqual({ status: "ok", link: plain });
        },
      ),
    );
  });

  it("are forged when a single character differs, whichever it is", () => {
    const token = signLink(link, key);
    for (let at = 0; at < token.length; at += 1) {
      for (const other of ["A", "B", "-", "_", ".", "=", ""]) {
        if (token[at] === other) continue;
        const changed = token.slice(0, at) + other + token.slice(at + 1);
        expect(verifyLink(changed, key, NOW), changed).toEqual({ status: "forged" });
      }
    }
  });

  it("are forged when made with another key, or of something else that is signed", () => {
    expect(verifyLink(signLink(link, randomBytes(32)), key, NOW)).toEqual({ status: "forged" });
    const [payload] = signLink({ ...link, officers: ["wang"] }, key).split(".");
    const [, signature] = signLink(link, key).split(".");
    expect(verifyLink(`${payload}.${signature}`, key, NOW)).toEqual({ status: "forged" });
    for (const text of ["", ".", "a.b", `${"a".repeat(5_000)}.${"b".repeat(43)}`, "../../etc/passwd"])
      expect(verifyLink(text, key, NOW)).toEqual({ status: "forged" });
  });

  it("are not made with a short key, nor for nobody", () => {
    expect(() => signLink(link, randomBytes(31))).toThrow(RangeError);
    expect(() => signLink({ ...link, officers: [] }, key)).toThrow(RangeError);
  });
});
