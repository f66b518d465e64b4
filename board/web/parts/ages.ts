/** Ages and spans in words of the viewer's language. */
import { ageOf } from "../format/time.ts";
import { t } from "../i18n/text.ts";

/** An age in words, `3 秒前`. */
export function ageText(ms: number): string {
  const age = ageOf(ms);
  return t(`age.${age.unit}`, { n: age.count });
}

/** A span of time in words, `3 小时`. */
export function durationText(ms: number): string {
  const age = ageOf(ms);
  return t(`delay.${age.unit}`, { n: age.count });
}
