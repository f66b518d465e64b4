/** How much a matter is about, and against which limit. */
import type { ApiLimit } from "../../api/limits.ts";
import type { ApiMatter } from "../../api/matters.ts";
import { extentOf } from "../format/matters.ts";
import { amount, exact, fixed, percent } from "../format/number.ts";
import { code, t } from "../i18n/text.ts";
import { durationText } from "./ages.ts";

const signs: Readonly<Record<string, string>> = { ">": ">", ">=": "≥", "<": "<", "<=": "≤" };

/** A rule's number as officers read it: a share, a multiple, a time or a count. */
function valueText(field: string, value: number): string {
  if (field.endsWith("Ms")) return durationText(value);
  if (field === "stuckHours") return durationText(value * 3_600_000);
  if (field === "state") return code("value.state", String(value));
  if (
    ["onlineRate", "completeness", "imbalance", "powerRatio", "projectedRatio", "estimated"].includes(field)
  )
    return percent(value);
  if (field === "jumpRatio" || field === "nightRatio") return t("times", { n: fixed(value, 2) });
  return Number.isInteger(value) ? fixed(value, 0) : exact(Number(value.toPrecision(4)));
}

/** `1,234.00 / 1,000.00 tce`, or the rule's own number with its name. */
export function Extent({ matter, limit }: { matter: ApiMatter; limit: ApiLimit | undefined }) {
  const extent = extentOf(matter);
  if (extent.kind === "none") return null;
  if (extent.kind === "value")
    return (
      <span class="extent">
        <b>{valueText(extent.field, extent.value)}</b>{" "}
        <span class="soft">
          {code("value", extent.field)} · {signs[extent.op]} {valueText(extent.field, extent.threshold)}
        </span>
      </span>
    );
  const used = amount(extent.used, limit?.unit ?? "");
  const whole = amount(extent.allowed, limit?.unit ?? "");
  const full = Math.min(100, (extent.ratio / Math.max(1.2, extent.ratio)) * 100);
  return (
    <span class="extent">
      <b>{percent(extent.ratio)}</b>{" "}
      <span class="soft" data-tip={`${used.exact} / ${whole.exact}`}>
        {used.text} / {whole.text} {whole.unit}
      </span>
      <span class="limit-bar" aria-hidden="true">
        <span class={`used level-${matter.colour}`} style={{ width: `${full}%` }} />
        <span class="whole" style={{ left: `${100 / Math.max(1.2, extent.ratio)}%` }} />
      </span>
    </span>
  );
}
