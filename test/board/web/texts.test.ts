/** The dictionaries: equal keys, equal places, and a word for everything on a closed list. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { matterActions, matterStates, officerActions } from "../../../model/alert.ts";
import { colours, limitBases, periods, purposes, quantities } from "../../../model/limit.ts";
import { noticeKinds } from "../../../model/notice.ts";
import { verdicts } from "../../../model/reading.ts";
import {
  contributions,
  factorKinds,
  factorStatuses,
  meterRoles,
  siteCategories,
} from "../../../model/registry.ts";
import { rejectCodes } from "../../../model/reject.ts";

const web = fileURLToPath(new URL("../../../board/web", import.meta.url));
const book = (name: string) =>
  JSON.parse(readFileSync(join(web, `i18n/${name}.json`), "utf8")) as Record<string, string>;
const zh = book("zh");
const en = book("en");
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
  });
}

describe("the board's words", () => {
  it("are there in both languages, with the same places to fill", () => {
    expect(Object.keys(en)).toEqual(Object.keys(zh));
    for (const key of Object.keys(zh)) expect(places(en[key]!), key).toEqual(places(zh[key]!));
    for (const key of Object.keys(zh)) expect(zh[key]!.trim() && en[key]!.trim(), key).not.toBe("");
  });

  it("are Chinese in Chinese and hold none in English", () => {
    const han = /\p{Script=Han}/u;
    const foreign = Object.keys(en).filter((key) => key !== "lang.other" && han.test(en[key]!));
    expect(foreign).toEqual([]);
  });

  it.each([
    ["verdict", verdicts],
    ["verdict.tip", verdicts],
    ["reject", rejectCodes],
    ["category", siteCategories],
    ["role", meterRoles],
    ["contributes", contributions],
    ["factor", factorKinds],
    ["factor.status", factorStatuses],
    ["value.state", ["0", "1", "2", "3"]],
    ["colour", ["green", "unjudged", ...colours]],
    ["domain", [...purposes, "data", "energy", "pipeline"]],
    ["matter.state", matterStates],
    ["matter.did", matterActions],
    ["matter.action", officerActions],
    ["act.text", officerActions],
    ["notice", noticeKinds],
    ["notice.status", ["waiting", "held", "delivered", "failed", "gone"]],
    ["limit.period", periods],
    ["limit.quantity", quantities],
    ["basis.short", limitBases],
    ["limit.method", ["linear", "same-period", "split"]],
  ])("name every %s", (prefix, codes) => {
    expect(codes.filter((code) => !(`${prefix}.${code}` in zh))).toEqual([]);
  });

  it("are all used", () => {
    const text = sources(web).join("\n");
    const prefixes = [...text.matchAll(/(?:t\(`|code\("|word\(")([\w.-]+?)\.?(?:\$|")/g)].map(
      ([, prefix]) => prefix!,
    );
    const isUsed = (key: string) =>
      text.includes(`"${key}"`) || prefixes.some((prefix) => key.startsWith(`${prefix}.`));
    expect(Object.keys(zh).filter((key) => !isUsed(key))).toEqual([]);
  });

  it("never reach the page as HTML", () => {
    expect(
      sources(web).filter((source) => /innerHTML|dangerouslySetInnerHTML|insertAdjacentHTML/.test(source)),
    ).toEqual([]);
  });
});

describe("carriers and classes", () => {
  it("have a colour in both themes", () => {
    const [light = "", dark = ""] = readFileSync(join(web, "styles/tokens.css"), "utf8").split(
      '[data-theme="dark"]',
    );
    const names = (css: string) =>
      [...css.matchAll(/--((?:carrier|category|state|level)-[\w-]+):/g)].map(([, name]) => name).sort();
    expect(names(dark)).toEqual(names(light));
    expect(siteCategories.filter((id) => !light.includes(`--category-${id}:`))).toEqual([]);
  });
});
