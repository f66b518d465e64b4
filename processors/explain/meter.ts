/** One meter's part in a figure: its stored amount, and the pairs of readings it comes from. */
import type { Member } from "../../model/members.ts";
import type { SeriesReader } from "../../model/ports.ts";
import { stands } from "../../model/reading.ts";
import type { LocalText } from "../../model/registry.ts";
import type { Span } from "../../model/time.ts";
import { meterKey } from "../cache.ts";
import type { Gauge } from "../consumption/gauge.ts";
import type { AreaPlan, MeterPlan, Plan } from "../plan.ts";
import type { ExplainedMeter, ExplainedPair } from "./explanation.ts";
import { gapNotes } from "./gaps.ts";
import { registerLines } from "./meter-lines.ts";
import { type Pair, pairsIn, shareInside } from "./pairs.ts";
import { amountText } from "./readable.ts";
import { type Stored, storedOf } from "./stored.ts";

/** Pairs, set-aside readings and lines that are listed of one meter; the others are counted. */
const MOST_LISTED = 200;

/** A member with everything an explanation says of it. */
export interface MeterPart {
  readonly member: Member;
  readonly stored: Stored;
  readonly explained: ExplainedMeter;
  readonly notes: LocalText[];
  readonly lines: string[];
}

/** A meter of another site that counts here is named with its site. */
export function memberName(area: AreaPlan, { meter }: Member): string {
  return meter.site === area.site.id ? meter.id : `${meter.site}/${meter.id}`;
}

function explainedPair(plan: Plan, pair: Pair, span: Span): ExplainedPair {
  const { gauge, from, to, how, quality, parts, energy } = pair;
  return {
    register: gauge.register,
    from: plan.calendar.iso(from.at),
    to: plan.calendar.iso(to.at),
    fromValue: from.value,
    toValue: to.value,
    how,
    quality,
    multipliers: parts.map((part) => part.multiplier),
    energy,
    share: shareInside(pair, span),
  };
}

/** Readings set aside in the span and one interval around it, since they tell why neighbours are as they are. */
async function setAsideIn(plan: Plan, reader: SeriesReader, gauge: Gauge, span: Span) {
  const rows = await reader.readings(gauge, span.start - gauge.intervalMs, span.end + gauge.intervalMs);
  return rows
    .filter((row) => !stands(row.verdict))
    .map(({ at, value, verdict }) => ({
      register: gauge.register,
      at: plan.calendar.iso(at),
      value,
      verdict,
    }));
}

function moreNote(id: string, total: number, what: LocalText): LocalText[] {
  const more = total - MOST_LISTED;
  if (more <= 0) return [];
  return [
    {
      zh: `表计 ${id}：仅列出前 ${MOST_LISTED} 条${what.zh}，另有 ${more} 条`,
      en: `meter ${id}: the first ${MOST_LISTED} ${what.en} are listed, there are ${more} more`,
    },
  ];
}

/** What is stored must be what the readings give; a difference is said and never smoothed over. */
function differenceNote(id: string, stored: Stored, pairs: readonly Pair[], unit: string): LocalText[] {
  const computed = pairs.reduce((sum, pair) => sum + pair.inside, 0);
  const scale = Math.max(1, Math.abs(computed), Math.abs(stored.amount));
  if (Math.abs(computed - stored.amount) <= 1e-9 * scale) return [];
  const [has, gives] = [amountText(stored.amount), amountText(computed)];
  return [
    {
      zh: `表计 ${id}：存储值 ${has} ${unit} 与读数算得的 ${gives} ${unit} 不一致：可能尚有数据待补算，否则请运行 reconcile`,
      en: `meter ${id}: ${has} ${unit} is stored and the readings give ${gives} ${unit}: a recompute may be waiting, otherwise run reconcile`,
    },
  ];
}

function totalLine(id: string, stored: Stored, unit: string): string {
  if (!stored.present) return `meter ${id}: nothing known`;
  return `meter ${id} = ${amountText(stored.amount)} ${unit}`;
}

const NOTHING_KNOWN = { zh: "本时段无任何数据", en: "nothing is known in this window" };

/** Everything about member `owner` of an area in a span. */
export async function explainMeter(
  plan: Plan,
  reader: SeriesReader,
  area: AreaPlan,
  member: Member,
  owner: MeterPlan,
  span: Span,
): Promise<MeterPart> {
  const { meter } = owner;
  const { unit } = area.factors.carrier;
  const id = memberName(area, member);
  const stored = await storedOf(reader, plan.calendar, meterKey(owner), span);
  const gauges: { gauge: Gauge; pairs: Pair[] }[] = [];
  const setAside: ExplainedMeter["setAside"] = [];
  const lines: string[] = [];
  for (const gauge of owner.gauges) {
    const pairs = await pairsIn(reader, gauge, span);
    gauges.push({ gauge, pairs });
    setAside.push(...(await setAsideIn(plan, reader, gauge, span)));
    const register = meter.registers.find((one) => one.id === gauge.register);
    const units = { register: register?.unit ?? unit, canonical: unit };
    const name = owner.gauges.length === 1 ? `meter ${id}` : `meter ${id} ${gauge.register}`;
    lines.push(...registerLines(plan.calendar, name, pairs, span, units, MOST_LISTED));
  }
  const pairs = gauges.flatMap((one) => one.pairs);
  if (lines.length !== 1) lines.push(totalLine(id, stored, unit));
  const length = span.end - span.start;
  const nothing = { zh: `表计 ${id}：${NOTHING_KNOWN.zh}`, en: `meter ${id}: ${NOTHING_KNOWN.en}` };
  const notes = [
    ...(stored.present ? [] : [nothing]),
    ...(await gapNotes(reader, plan.calendar, { id, meter, gauges }, span)),
    ...differenceNote(id, stored, pairs, unit),
    ...moreNote(id, pairs.length, { zh: "读数对", en: "pairs of readings" }),
    ...moreNote(id, setAside.length, { zh: "被搁置的读数", en: "readings set aside" }),
  ];
  const explained: ExplainedMeter = {
    meter: id,
    role: meter.role,
    contributes: meter.contributes,
    sign: member.sign,
    amount: stored.amount,
    coverage: stored.measuredMs / length,
    estimated: stored.estimatedMs / length,
    pairs: pairs.slice(0, MOST_LISTED).map((pair) => explainedPair(plan, pair, span)),
    setAside: setAside.slice(0, MOST_LISTED),
    swaps: meter.swaps
      .filter(({ at }) => span.start <= at && at <= span.end)
      .map((swap) => ({ ...swap, at: plan.calendar.iso(swap.at) })),
  };
  return { member, stored, explained, notes, lines };
}
