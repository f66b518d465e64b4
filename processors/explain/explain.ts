/** Where one figure of a site comes from: every reading, multiplier and factor behind it. */
import type { SeriesReader } from "../../model/ports.ts";
import type { Span } from "../../model/time.ts";
import { meterKey } from "../cache.ts";
import type { AreaPlan, Plan } from "../plan.ts";
import type { ExplainRequest, Explanation } from "./explanation.ts";
import { distinctFactors, type FactorStretch, factorStretches } from "./factors.ts";
import { explainMeter, type MeterPart, memberName } from "./meter.ts";
import { type StretchParts, siteLines, siteNotes } from "./site-lines.ts";
import { inService, storedOf } from "./stored.ts";

/** What the members have in a stretch, as far as they were in service. */
async function partsOf(
  plan: Plan,
  reader: SeriesReader,
  area: AreaPlan,
  stretch: FactorStretch,
): Promise<StretchParts> {
  const parts: StretchParts["parts"][number][] = [];
  for (const [i, member] of area.members.entries()) {
    const span = inService(member.meter, stretch.span);
    const stored = await storedOf(reader, plan.calendar, meterKey(area.plans[i]!), span);
    parts.push({ member, name: memberName(area, member), stored });
  }
  return { stretch, parts };
}

async function waitingNotes(reader: SeriesReader, area: AreaPlan, span: Span): Promise<Explanation["notes"]> {
  const waiting = (await reader.pending()).filter(
    (one) => one.start < span.end && span.start < one.end && isOf(area, one.site, one.meter),
  );
  return waiting.map(({ meter }) => ({
    zh: `${meter === "" ? "本用能单位" : `表计 ${meter}`} 有待补算的数据，数值可能即将更新`,
    en: `${meter === "" ? "the site" : `meter ${meter}`} has a recompute waiting; the figure may change soon`,
  }));
}

function isOf(area: AreaPlan, site: string, meter: string): boolean {
  if (meter === "") return site === area.site.id;
  return area.members.some((member) => member.meter.site === site && member.meter.id === meter);
}

/**
 * Explains the figure of one carrier of a site over a span (whole quarter-hours; half-open). A site or carrier
 * that has no meters gives an explanation without any.
 */
export async function explainFigure(
  plan: Plan,
  reader: SeriesReader,
  { site, carrier, span }: ExplainRequest,
): Promise<Explanation> {
  const area = plan.areaOf.get(`${site}\n${carrier}`);
  if (area === undefined) return { notes: [], meters: [], factors: [], lines: [] };
  const meters: MeterPart[] = [];
  for (const [i, member] of area.members.entries()) {
    meters.push(await explainMeter(plan, reader, area, member, area.plans[i]!, span));
  }
  const stretches: StretchParts[] = [];
  for (const stretch of factorStretches(area, span)) {
    stretches.push(await partsOf(plan, reader, area, stretch));
  }
  return {
    notes: [
      ...meters.flatMap((part) => part.notes),
      ...siteNotes(plan.calendar, area, stretches),
      ...(await waitingNotes(reader, area, span)),
    ],
    meters: meters.map((part) => part.explained),
    factors: distinctFactors(stretches.map((one) => one.stretch)),
    lines: [...meters.flatMap((part) => part.lines), ...siteLines(area, stretches)],
  };
}
