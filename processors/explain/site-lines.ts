/** The arithmetic of a site: from its meters' energy to its amount, its coal and its CO2. */
import type { Member } from "../../model/members.ts";
import type { LocalText } from "../../model/registry.ts";
import type { Calendar, Span } from "../../model/time.ts";
import type { AreaPlan } from "../plan.ts";
import { carriesCo2, type EffectName, effectNames, type FactorStretch } from "./factors.ts";
import { amountText, momentText } from "./readable.ts";
import type { Stored } from "./stored.ts";

/** What each member has in one stretch of equal factors, as it counts at the site. */
export interface StretchParts {
  readonly stretch: FactorStretch;
  readonly parts: readonly { readonly member: Member; readonly name: string; readonly stored: Stored }[];
}

const effectTexts: Readonly<Record<EffectName, LocalText & { readonly unit: string }>> = {
  kgceCalorific: { zh: "标准煤（当量值）", en: "kgce (calorific)", unit: "kgce" },
  kgceEquivalent: { zh: "标准煤（等价值）", en: "kgce (equivalent)", unit: "kgce" },
  kgCo2Location: { zh: "CO2（基于位置）", en: "kgCO2 (location)", unit: "kgCO2" },
  kgCo2Market: { zh: "CO2（基于市场）", en: "kgCO2 (market)", unit: "kgCO2" },
};

const isCo2 = (name: EffectName): boolean => name === "kgCo2Location" || name === "kgCo2Market";

type SignOf = (member: Member) => number;
const energySign: SignOf = (member) => member.sign;
const co2Sign: SignOf = (member) => member.co2Sign;
const outputSign: SignOf = (member) => (member.meter.conversionOutput ? 1 : 0);

function amountOf({ parts }: StretchParts, signOf: SignOf): number {
  return parts.reduce((sum, { member, stored }) => sum + signOf(member) * stored.amount, 0);
}

const isKnown = ({ parts }: StretchParts): boolean => parts.some((part) => part.stored.present);

/** `283.5 (m-1) − 40 (m-2) = 243.5 kWh` over all stretches; unknown meters are said to be so. */
function sumText(stretches: readonly StretchParts[], signOf: SignOf, unit: string): string {
  const first = stretches[0]!;
  const terms = first.parts.flatMap(({ member, name }, i) => {
    const sign = signOf(member);
    if (sign === 0) return [];
    const rows = stretches.map(({ parts }) => parts[i]!.stored);
    const amount = rows.reduce((sum, row) => sum + row.amount, 0);
    const text = rows.some((row) => row.present) ? `${amountText(amount)} (${name})` : `unknown (${name})`;
    return [`${sign < 0 ? "− " : "+ "}${text}`];
  });
  const total = stretches.reduce((sum, stretch) => sum + amountOf(stretch, signOf), 0);
  const sum = terms.join(" ").replace(/^\+ /, "");
  return terms.length === 0 ? `0 ${unit}` : `${sum} = ${amountText(total)} ${unit}`;
}

/** An effect of an amount: one term for each stretch that has energy, each with its factor. */
function effectLine(
  name: EffectName,
  stretches: readonly StretchParts[],
  signOf: SignOf,
  unit: string,
): string {
  const text = effectTexts[name];
  let total = 0;
  let isUnknown = false;
  const terms = stretches.filter(isKnown).map((one) => {
    const amount = amountOf(one, signOf);
    const factor = one.stretch.factors[name];
    if (factor === undefined) {
      isUnknown = true;
      return `${amountText(amount)} ${unit} × no factor in force`;
    }
    total += amount * factor.perCanonical;
    return `${amountText(amount)} ${unit} × ${amountText(factor.perCanonical)} ${text.unit}/${unit} [${factor.id}]`;
  });
  const result = isUnknown ? "unknown" : `${amountText(total)} ${text.unit}`;
  return `${text.en} = ${terms.join(" + ")} = ${result}`;
}

/** The site's lines, after those of its meters. */
export function siteLines(area: AreaPlan, stretches: readonly StretchParts[]): string[] {
  const { unit } = area.factors.carrier;
  if (!stretches.some(isKnown)) return [`site ${area.site.id}: nothing known`];
  const lines = [`site ${area.site.id} = ${sumText(stretches, energySign, unit)}`];
  const hasCo2 = area.members.some((member) => member.co2Sign !== 0) && carriesCo2(area);
  const coal = effectNames.filter((name) => !isCo2(name));
  for (const name of coal) lines.push(effectLine(name, stretches, energySign, unit));
  if (hasCo2) {
    if (area.members.some((member) => member.co2Sign !== member.sign)) {
      lines.push(`carries CO2: ${sumText(stretches, co2Sign, unit)}`);
    }
    for (const name of effectNames.filter(isCo2)) lines.push(effectLine(name, stretches, co2Sign, unit));
  } else lines.push("kgCO2 = 0: nothing here carries CO2");
  if (area.members.some((member) => outputSign(member) !== 0)) {
    lines.push(`conversion output: ${sumText(stretches, outputSign, unit)}, taken off the net figures`);
  }
  return lines;
}

/** What the effects of a site lack, and what is netted. */
export function siteNotes(
  calendar: Calendar,
  area: AreaPlan,
  stretches: readonly StretchParts[],
): LocalText[] {
  const notes: LocalText[] = [];
  for (const name of effectNames) {
    if (isCo2(name) && !carriesCo2(area)) continue;
    for (const { stretch } of stretches.filter(isKnown)) {
      if (stretch.factors[name] === undefined) notes.push(noFactorNote(calendar, name, stretch.span));
    }
  }
  const output = stretches.reduce((sum, stretch) => sum + amountOf(stretch, outputSign), 0);
  if (output !== 0) {
    const text = `${amountText(output)} ${area.factors.carrier.unit}`;
    notes.push({
      zh: `净值已扣除加工转换产出 ${text}`,
      en: `metered conversion output of ${text} is taken off the net figures`,
    });
  }
  return notes;
}

function noFactorNote(calendar: Calendar, name: EffectName, span: Span): LocalText {
  const { zh, en } = effectTexts[name];
  const from = momentText(calendar, span.start);
  const to = momentText(calendar, span.end);
  return {
    zh: `${from} 至 ${to} 没有现行的${zh}系数，该值留空，不作推测`,
    en: `no factor is in force for ${en} from ${from} to ${to}; the figure is left empty, it is not guessed`,
  };
}
