/** How the fields of observations are read out to an officer. Fields that are not here say nothing to him. */
import { meterStates } from "../../model/observation.ts";
import { amountText, shareText, spanText } from "./measures.ts";
import type { Language } from "./words.ts";

interface Reading {
  readonly zh: string;
  readonly en: string;
  readonly as: "share" | "ms" | "hours" | "number" | "state";
}

const readings: Readonly<Record<string, Reading>> = {
  projectedRatio: { zh: "预计期末占限额", en: "Expected share of the limit", as: "share" },
  state: { zh: "通信状态", en: "Connection", as: "state" },
  ageMs: { zh: "距最近读数", en: "Since its last reading", as: "ms" },
  receivedAgeMs: { zh: "距最近接收", en: "Since anything came in", as: "ms" },
  stuckHours: { zh: "读数未变化", en: "Has not moved for", as: "hours" },
  estimated: { zh: "估算比例", en: "Estimated", as: "share" },
  completeness: { zh: "数据完整率", en: "Data complete", as: "share" },
  powerRatio: { zh: "功率占额定", en: "Power of its rating", as: "share" },
  meters: { zh: "表计", en: "Meters", as: "number" },
  metersSilent: { zh: "失联表计", en: "Silent meters", as: "number" },
  metersOnline: { zh: "在线表计", en: "Meters online", as: "number" },
  onlineRate: { zh: "在线率", en: "Online", as: "share" },
  jumpRatio: { zh: "与同星期同时段相比", en: "Of the same hour in weeks before", as: "share" },
  nightRatio: { zh: "夜间负荷占日间", en: "Night load of day load", as: "share" },
  imbalance: { zh: "总分表偏差", en: "Main against sub-meters", as: "share" },
  factorsMissing: { zh: "缺失因子", en: "Factors missing", as: "number" },
  factorsUnverified: { zh: "未核实因子", en: "Factors not verified", as: "number" },
  recordsBehind: { zh: "积压记录", en: "Records behind", as: "number" },
  newestReadingAgeMs: { zh: "距最近接收", en: "Since anything came in", as: "ms" },
  lastWriteAgeMs: { zh: "距最近写入", en: "Since the last write", as: "ms" },
  rejectedToday: { zh: "今日拒收", en: "Rejected today", as: "number" },
};

const states: Readonly<Record<Language, Readonly<Record<(typeof meterStates)[number], string>>>> = {
  zh: { online: "在线", late: "迟报", silent: "失联", never: "未接入" },
  en: { online: "online", late: "late", silent: "silent", never: "never heard of" },
};

function stateText(value: number, language: Language): string {
  const state = meterStates[value];
  return state === undefined ? amountText(value) : states[language][state];
}

/** A field and its value in words; undefined for a field that is not read out. */
export function readOut(
  field: string,
  value: number,
  language: Language,
): { readonly label: string; readonly value: string } | undefined {
  const reading = readings[field];
  if (!reading) return undefined;
  const texts: Record<Reading["as"], () => string> = {
    share: () => shareText(value),
    ms: () => spanText(value, language),
    hours: () => spanText(value * 3_600_000, language),
    number: () => amountText(value),
    state: () => stateText(value, language),
  };
  return { label: reading[language], value: texts[reading.as]() };
}
