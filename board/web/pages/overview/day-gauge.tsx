/** Today on a scale of yesterday: the bar is today so far, the mark yesterday at this hour, the end all of yesterday. */
import type { Shown } from "../../format/number.ts";
import { t } from "../../i18n/text.ts";

interface DayGaugeProps {
  readonly today: number | null;
  readonly soFar: number | null;
  readonly whole: number | null;
  readonly as: (value: number) => Shown;
}

export function DayGauge({ today, soFar, whole, as }: DayGaugeProps) {
  const end = Math.max(whole ?? 0, today ?? 0);
  if (today === null || whole === null || end <= 0) return <div class="gauge" aria-hidden="true" />;
  const at = (value: number) => `${(Math.max(0, value) / end) * 100}%`;
  const say = (value: number | null) => (value === null ? "—" : `${as(value).text} ${as(value).unit}`);
  const tip = t("gauge.tip", { today: say(today), soFar: say(soFar), whole: say(whole) });
  return (
    <div class="gauge" role="img" aria-label={tip} data-tip={tip}>
      <span class="gauge-bar" style={{ width: at(today) }} />
      {soFar !== null && <span class="gauge-mark" style={{ left: at(soFar) }} />}
    </div>
  );
}
