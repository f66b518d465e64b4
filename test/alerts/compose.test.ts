import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { amountText, shareText, spanText } from "../../alerts/compose/measures.ts";
import { createComposer } from "../../alerts/compose/notice.ts";
import { groupName } from "../../alerts/compose/place.ts";
import { loadConfig } from "../../config/load.ts";
import { programRoot } from "../../config/shipped.ts";
import type { Matter } from "../../model/alert.ts";
import type { Limit } from "../../model/limit.ts";
import { type NoticeKind, noticeKinds } from "../../model/notice.ts";
import type { Registry } from "../../model/registry.ts";
import type { Rule } from "../../model/rule.ts";
import { calendarOf } from "../../model/time.ts";
import { at, county, site } from "../board/county.ts";

const limit: Limit = {
  id: "budget:works",
  name: { zh: "2026 年用能预算", en: "Energy budget 2026" },
  site: "works",
  purpose: "budget",
  quantity: "tce",
  basis: "equivalent",
  period: "year",
  value: 4_200,
  unit: "tce",
  validFrom: at("2026-01-01"),
  levels: [{ colour: "red", ratio: 1.1, toDate: false }],
  minCoverage: 0.9,
};
const rule = (id: string, field: string, name: string, threshold = 1): Rule => ({
  id,
  name: { zh: name, en: `${id} rule` },
  series: { measurement: "limit_usage", field, where: {} },
  op: ">=",
  threshold,
  clear: 0.98,
  also: [],
  forMs: 0,
  keepFiringMs: 0,
  staleMs: 1,
  colour: "red",
  domain: "budget",
  noData: "ok",
  summary: { zh: "", en: "" },
});
const registry: Registry = {
  ...county,
  county: {
    ...county.county,
    name: { zh: "岱山县", en: "Daishan" },
    towns: [{ id: "gaoting", name: { zh: "高亭镇", en: "Gaoting" } }],
    sectors: [{ id: "ships", name: { zh: "船舶修造", en: "Shipbuilding" }, industries: ["373"] }],
  },
  sites: [site("works", [], { name: { zh: "示范船厂", en: "Demo Shipyard" }, town: "gaoting" })],
  limits: [limit],
  rules: [rule("budget-red", "red", "用能预算"), rule("silent", "ageMs", "表计失联", 7_200_000)],
};
const matter = (part: Partial<Matter> = {}, alert: Partial<Matter["alert"]> = {}): Matter => ({
  id: "20261123-0007",
  colour: "red",
  state: "notified",
  raisedAt: at("2026-11-23T14:00"),
  others: [],
  officers: ["li"],
  escalations: 0,
  ...part,
  alert: {
    fingerprint: "f",
    status: "firing",
    startsAt: at("2026-11-23T13:55"),
    rule: "budget-red",
    colour: "red",
    domain: "budget",
    site: "works",
    limit: "budget:works",
    values: {
      value: 1.02,
      used: 4_712.6,
      allowed: 4_200,
      ratio: 1.12204,
      projected: 5_100,
      projectedRatio: 1.2143,
      coverage: 0.9996,
    },
    summary: { zh: "works 超限", en: "works over" },
    panelUrl: "https://grafana.example/d/energy-limits",
    ...alert,
  },
});
const calendar = calendarOf("Asia/Shanghai");
const composer = createComposer(
  { registry, calendar },
  {
    boardUrl: "https://board.example/",
    answer: (id, officers) => `https://board.example/a/${id}.${officers.join("-")}`,
  },
);
const NOW = at("2026-11-23T14:05");
const factsIn = (one: ReturnType<typeof composer.notice>): Record<string, string> =>
  Object.fromEntries(one.facts.map(({ label, value }) => [label, value]));

describe("a notice", () => {
  it("says what, where, how much, against which limit, since when, by when, and where to answer", () => {
    const notice = composer.notice(
      "raised",
      [matter({ dueAt: at("2026-11-24T09:00") })],
      "zh",
      ["li", "wang"],
      NOW,
    );
    expect(notice.title).toBe("【红色预警】示范船厂（高亭镇）：用能预算 112.2 %");
    expect(notice.facts).toEqual([
      { label: "事由", value: "用能预算" },
      { label: "对象", value: "示范船厂（高亭镇）" },
      { label: "已用", value: "4,713 tce" },
      { label: "限额", value: "2026 年用能预算 · 4,200 tce（等价值） · 每年" },
      { label: "占限额", value: "112.2 %" },
      { label: "预计期末", value: "5,100 tce（121.4 %）" },
      { label: "数据完整率", value: "99.9 %" },
      { label: "起始时间", value: "2026-11-23 13:55" },
      { label: "状态", value: "待确认" },
      { label: "应确认时限", value: "2026-11-24 09:00" },
      { label: "事项编号", value: "20261123-0007" },
    ]);
    expect(notice.links).toEqual([
      { label: "确认或说明", url: "https://board.example/a/20261123-0007.li-wang" },
      { label: "查看图表", url: "https://grafana.example/d/energy-limits" },
      { label: "打开监测平台", url: "https://board.example/#/matter/20261123-0007" },
    ]);
  });

  it("says the same in English", () => {
    const notice = composer.notice("raised", [matter()], "en", ["li"], NOW);
    expect(notice.title).toBe("[Red alert] Demo Shipyard (Gaoting): budget-red rule 112.2 %");
    expect(factsIn(notice)).toMatchObject({
      Used: "4,713 tce",
      Limit: "Energy budget 2026 · 4,200 tce (equivalent) · each year",
      Since: "2026-11-23 13:55",
    });
    expect(JSON.stringify(notice)).not.toMatch(/[\u4e00-\u9fff]/);
  });

  it("of every kind has a title of its own, in both languages", () => {
    for (const language of ["zh", "en"] as const) {
      const titles = noticeKinds.map(
        (kind: NoticeKind) => composer.notice(kind, [matter()], language, ["li"], NOW).title,
      );
      expect(new Set(titles).size).toBe(noticeKinds.length);
    }
  });

  it("of what is over asks for no answer that was given", () => {
    const over = { resolvedAt: at("2026-11-23T15:00") };
    const answered = composer.notice(
      "resolved",
      [matter({ ...over, acknowledgedAt: NOW })],
      "zh",
      ["li"],
      NOW,
    );
    expect(answered.title).toBe("【已恢复·原红色】示范船厂（高亭镇）：用能预算 112.2 %");
    expect(factsIn(answered).恢复时间).toBe("2026-11-23 15:00");
    expect(answered.links.map(({ label }) => label)).not.toContain("确认或说明");
    const open = composer.notice("resolved", [matter(over)], "zh", ["li"], NOW);
    expect(open.links.map(({ label }) => label)).toContain("确认或说明");
  });

  it("of a meter says for how long, and of which meter", () => {
    const silent = matter(
      {},
      {
        rule: "silent",
        domain: "data",
        meter: "m-9",
        values: { value: 7_380_000, ageMs: 7_380_000, state: 2 },
      },
    );
    delete (silent.alert as { limit?: string }).limit;
    const notice = composer.notice("raised", [silent], "zh", ["li"], NOW);
    expect(notice.title).toBe("【红色预警】示范船厂（高亭镇） · 表计 m-9：表计失联");
    expect(factsIn(notice).距最近读数).toBe("2 小时 3 分钟（预警线 ≥ 2 小时）");
    const bare = matter({}, { rule: "silent", domain: "data", values: { value: 7_380_000 } });
    delete (bare.alert as { limit?: string }).limit;
    expect(factsIn(composer.notice("raised", [bare], "zh", ["li"], NOW)).距最近读数).toBe(
      "2 小时 3 分钟（预警线 ≥ 2 小时）",
    );
  });

  it("from a rule without data, or of nobody's making, has its own words and invents no number", () => {
    const trouble = matter(
      {},
      { rule: "not-known", values: {}, summary: { zh: "规则没有数据", en: "no data" } },
    );
    delete (trouble.alert as { site?: string }).site;
    const notice = composer.notice("raised", [trouble], "zh", ["li"], NOW);
    expect(notice.title).toBe("【红色预警】监测平台：规则没有数据");
    expect(Object.keys(factsIn(notice))).toEqual(["事由", "对象", "起始时间", "状态", "事项编号"]);
  });

  it("of one that Grafana knows by its level alone says how far over the line", () => {
    const notice = composer.notice("raised", [matter({}, { values: { value: 1.02 } })], "zh", ["li"], NOW);
    expect(factsIn(notice).达到预警线的).toBe("102 %");
  });
});

describe("every shipped rule", async () => {
  const shipped = (await loadConfig(join(programRoot(), "config/example"))).registry;
  const { notice } = createComposer({ registry: shipped, calendar }, {});

  it.each(shipped.rules.map((one) => [one.id, one] as const))(
    "%s is told in words, from its own number alone",
    (id, one) => {
      for (const language of ["zh", "en"] as const) {
        const alone = matter({}, { rule: id, domain: one.domain, values: { value: one.threshold } });
        delete (alone.alert as { limit?: string }).limit;
        const { title, facts } = notice("raised", [alone], language, ["li"], NOW);
        expect(title).toContain(one.name[language]);
        const labels = facts.map(({ label }) => label);
        expect(labels).not.toContain(language === "zh" ? "当前值" : "Value");
        expect(new Set(labels).size).toBe(labels.length);
        expect(JSON.stringify(facts)).not.toMatch(/NaN|undefined|null|–/);
        if (language === "en") expect(JSON.stringify(facts.slice(2))).not.toMatch(/[\u4e00-\u9fff]/);
      }
    },
  );
});

describe("a digest", () => {
  const many = (count: number): Matter[] =>
    Array.from({ length: count }, (_, index) =>
      matter({
        id: `20261123-${index}`,
        colour: index % 10 === 0 ? "red" : "yellow",
        ...(index % 10 === 1 ? { resolvedAt: NOW } : {}),
      }),
    );

  it("counts all and shows the worst first", () => {
    const digest = composer.notice("digest", many(100), "zh", ["li"], NOW);
    expect(digest.title).toBe("【预警汇总】共 100 项：红色 10 项，黄色 80 项，已恢复 10 项");
    expect(digest).toMatchObject({
      kind: "digest",
      colour: "red",
      counts: { red: 10, yellow: 80, resolved: 10 },
    });
    expect(digest.lines).toHaveLength(41);
    expect(digest.lines.slice(0, 10).every((line) => line.startsWith("【红色预警】"))).toBe(true);
    expect(digest.lines.at(-1)).toBe("另有 60 项，见监测平台。");
    expect(digest.links).toEqual([{ label: "打开监测平台", url: "https://board.example/#/alerts" }]);
  });

  it("of digests and notices still counts all, whatever the order they were put together in", () => {
    const single = composer.notice("worsened", [matter({ colour: "orange" })], "zh", ["li"], NOW);
    const parts = [many(100), many(30), many(41), many(1)].map((one) =>
      composer.notice("digest", one, "zh", ["li"], NOW),
    );
    const once = composer.merge([...parts, single]);
    const twice = composer.merge([composer.merge(parts.slice(0, 2)), composer.merge(parts.slice(2)), single]);
    expect(once.counts).toEqual({
      red: 10 + 3 + 5 + 1,
      orange: 1,
      yellow: 80 + 24 + 32,
      resolved: 10 + 3 + 4,
    });
    expect(twice.counts).toEqual(once.counts);
    expect(once.title).toBe(twice.title);
    expect(once.lines).toHaveLength(41);
    expect(once.lines.filter((line) => line.includes("另有"))).toEqual(["另有 133 项，见监测平台。"]);
    expect(twice.lines.filter((line) => line.includes("另有"))).toEqual(["另有 133 项，见监测平台。"]);
  });
});

describe("numbers", () => {
  it("of shares are cut off, so that what is under a limit never reads as at it", () => {
    expect([0.99999, 1, 1.1, 1.0999999999999999, 0.001, 0.29].map(shareText)).toEqual([
      "99.9 %",
      "100 %",
      "110 %",
      "110 %",
      "0.1 %",
      "29 %",
    ]);
    expect(shareText(Number.NaN)).toBe("–");
  });

  it("of amounts have the digits that count", () => {
    expect([1_234_567.8, 4_200, 123.456, 12.3456, 0.01234, 3].map(amountText)).toEqual([
      "1,234,568",
      "4,200",
      "123.5",
      "12.35",
      "0.012",
      "3",
    ]);
  });

  it("of spans have their two largest parts", () => {
    expect([0, 45_000, 3_600_000, 7_380_000, 90_061_000].map((ms) => spanText(ms, "en"))).toEqual([
      "0 s",
      "45 s",
      "1 h",
      "2 h 3 min",
      "1 d 1 h",
    ]);
  });

  it("of groups have names", () => {
    const names = [
      "county",
      "county!national",
      "town:gaoting",
      "town:nowhere",
      "sector:ships",
      "category:port",
      "class:two-high",
      "odd",
    ];
    expect(names.map((group) => groupName(group, registry, "zh"))).toEqual([
      "岱山县",
      "岱山县（不含国家单列）",
      "高亭镇",
      "town:nowhere",
      "船舶修造",
      "港口码头",
      "两高项目",
      "odd",
    ]);
  });
});
