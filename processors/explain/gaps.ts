/** Why a meter's time in a window is not measured through and through, in both languages. */
import type { SeriesReader } from "../../model/ports.ts";
import type { LocalText, Meter } from "../../model/registry.ts";
import { type Calendar, MINUTE_MS, type Span } from "../../model/time.ts";
import type { Gauge } from "../consumption/gauge.ts";
import type { Pair } from "./pairs.ts";
import { momentText } from "./readable.ts";

/** Notes of one kind that are written out for a register; the others are counted. */
const MOST_NOTES = 20;

/** What the notes of one meter are made of. */
export interface NotedMeter {
  /** As the explanation names it. */
  readonly id: string;
  readonly meter: Meter;
  readonly gauges: readonly { readonly gauge: Gauge; readonly pairs: readonly Pair[] }[];
}

/** A name for the notes: the meter, and the register where it has several. */
function named({ id, gauges }: NotedMeter, gauge: Gauge): LocalText {
  if (gauges.length === 1) return { zh: `表计 ${id}：`, en: `meter ${id}: ` };
  return { zh: `表计 ${id} 寄存器 ${gauge.register}：`, en: `meter ${id}, register ${gauge.register}: ` };
}

function joined(name: LocalText, text: LocalText): LocalText {
  return { zh: name.zh + text.zh, en: name.en + text.en };
}

function fewOf(notes: readonly LocalText[], name: LocalText): LocalText[] {
  if (notes.length <= MOST_NOTES) return [...notes];
  const more = notes.length - MOST_NOTES;
  const rest = { zh: `同类情况另有 ${more} 处`, en: `${more} more of the same kind` };
  return [...notes.slice(0, MOST_NOTES), joined(name, rest)];
}

const isLong = ({ from, to, gauge }: Pair): boolean => to.at - from.at > 1.5 * gauge.intervalMs;

/** Why one pair is estimated: a reset, a multiplier that changed without a reading, a long gap. */
export function estimatedTexts(calendar: Calendar, pair: Pair): LocalText[] {
  const from = momentText(calendar, pair.from.at);
  const to = momentText(calendar, pair.to.at);
  const minutes = pair.gauge.intervalMs / MINUTE_MS;
  if (pair.how === "reset") {
    return [
      {
        zh: `${from} 至 ${to} 之间寄存器归零，按归零后的示数计（估算）`,
        en: `the register was reset to zero between ${from} and ${to}; what it shows since then is counted (estimated)`,
      },
    ];
  }
  const texts: LocalText[] = [];
  if (pair.parts.length > 1) {
    texts.push({
      zh: `${from} 至 ${to} 之间倍率变更而当时无示数，示数按时间线性内插（估算）`,
      en: `the multiplier changed between ${from} and ${to} without a reading at that moment; the register is interpolated (estimated)`,
    });
  }
  if (pair.how !== "interval" && isLong(pair)) {
    texts.push({
      zh: `${from} 至 ${to} 之间无读数，超过采集间隔 ${minutes} 分钟的 1.5 倍，用量按时间均摊（估算）`,
      en: `no reading between ${from} and ${to}, longer than 1.5 intervals of ${minutes} min; the energy is spread evenly over that time (estimated)`,
    });
  }
  return texts;
}

/** Stretches of a span that no pair covers. `pairs` are in time. */
export function missingStretches(pairs: readonly Pair[], span: Span): Span[] {
  const missing: Span[] = [];
  let known = span.start;
  for (const { from, to } of pairs) {
    if (from.at > known) missing.push({ start: known, end: Math.min(from.at, span.end) });
    known = Math.max(known, to.at);
  }
  if (known < span.end) missing.push({ start: known, end: span.end });
  return missing.filter(({ start, end }) => start < end);
}

/** Why nothing is known of a stretch. */
async function missingReason(reader: SeriesReader, gauge: Gauge, { start, end }: Span): Promise<LocalText> {
  const isFirst = (await reader.certainAtOrBefore(gauge, start)) === undefined;
  const isLast = (await reader.certainAtOrAfter(gauge, end)) === undefined;
  if (isFirst && isLast) return { zh: "没有有效读数", en: "there is no reading that counts" };
  if (isFirst) return { zh: "在首个有效读数之前", en: "it is before the first reading that counts" };
  if (isLast) return { zh: "在最后一个有效读数之后", en: "it is after the last reading that counts" };
  if (gauge.kind === "interval") return { zh: "该时段没有区间值", en: "no value was received for it" };
  return {
    zh: "其间示数跳变且未登记换表，用量未知；登记换表后即可补算",
    en: "the register jumped and no swap is entered; enter the swap, and the energy comes back",
  };
}

async function missingNotes(
  reader: SeriesReader,
  calendar: Calendar,
  gauge: Gauge,
  stretches: readonly Span[],
): Promise<LocalText[]> {
  const notes: LocalText[] = [];
  for (const [i, stretch] of stretches.entries()) {
    const from = momentText(calendar, stretch.start);
    const to = momentText(calendar, stretch.end);
    const why = i < MOST_NOTES ? await missingReason(reader, gauge, stretch) : { zh: "", en: "" };
    notes.push({
      zh: `${from} 至 ${to} 数据缺失（不按零计）：${why.zh}`,
      en: `nothing is known from ${from} to ${to} (missing, not zero): ${why.en}`,
    });
  }
  return notes;
}

function serviceNotes(calendar: Calendar, { meter }: NotedMeter, span: Span): LocalText[] {
  const notes: LocalText[] = [];
  if (meter.from > span.start) {
    const at = momentText(calendar, meter.from);
    notes.push({ zh: `自 ${at} 起投运`, en: `in service from ${at} on` });
  }
  if (meter.to !== undefined && meter.to < span.end) {
    const at = momentText(calendar, meter.to);
    notes.push({ zh: `已于 ${at} 停用`, en: `out of service since ${at}` });
  }
  return notes;
}

/** Every reason for which a meter's time in the span is estimated or missing. */
export async function gapNotes(
  reader: SeriesReader,
  calendar: Calendar,
  noted: NotedMeter,
  span: Span,
): Promise<LocalText[]> {
  const { meter, gauges } = noted;
  const plain = { zh: `表计 ${noted.id}：`, en: `meter ${noted.id}: ` };
  const notes = serviceNotes(calendar, noted, span).map((note) => joined(plain, note));
  const service = {
    start: Math.max(span.start, meter.from),
    end: Math.min(span.end, meter.to ?? span.end),
  };
  for (const { gauge, pairs } of gauges) {
    const name = named(noted, gauge);
    const estimated = pairs.filter((pair) => pair.quality === "estimated");
    const guessed = estimated
      .flatMap((pair) => estimatedTexts(calendar, pair))
      .map((text) => joined(name, text));
    const stretches = missingStretches(pairs, service);
    const missing = await missingNotes(reader, calendar, gauge, stretches);
    const lost = missing.map((note) => joined(name, note));
    notes.push(...fewOf(guessed, name), ...fewOf(lost, name));
  }
  return notes;
}
