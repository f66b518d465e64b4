/** A number with its unit, or a dash with the reason why there is none. */
import type { PowerShare } from "../../api/sites.ts";
import { amount, type Shown } from "../format/number.ts";
import type { Effect } from "../format/totals.ts";
import { code, named, t } from "../i18n/text.ts";
import { carrierOf } from "../state/county.ts";

/** The name of a carrier, or its id where the server lists no such carrier. */
export function carrierName(id: string): string {
  const carrier = carrierOf(id);
  return carrier ? named(carrier.name) : id;
}

/** Why an effect of these carriers is not known. */
export function whyNoFactor(effect: Effect, carriers: readonly string[]): string {
  if (carriers.length === 0) return t("unknown.none");
  return t("unknown.factor", {
    field: code("effect", effect),
    carriers: carriers.map(carrierName).join(t("list.comma")),
  });
}

/** A dash that says why. */
export function Unknown({ why }: { why: string }) {
  return (
    <button type="button" class="unknown" data-tip={why} aria-label={`${t("unknown")}${t("colon")}${why}`}>
      —
    </button>
  );
}

interface AmountProps {
  readonly shown: Shown | undefined;
  /** Said where there is no number. */
  readonly why: string;
  readonly bare?: boolean;
}

/** A number with its unit; `bare` where a table's head has the unit. The exact value is in the tooltip. */
export function Amount({ shown, why, bare }: AmountProps) {
  if (!shown) return <Unknown why={why} />;
  return (
    <span class="amount" data-tip={shown.exact}>
      <span class="value">{shown.text}</span>
      {!bare && <span class="unit">{shown.unit}</span>}
    </span>
  );
}

/** Power now; how many of the meters that make it report it is in the tooltip, and shown where not all do. */
export function Power({ powerKw, power }: { powerKw: number | null; power: PowerShare }) {
  if (powerKw === null) return <Unknown why={t("unknown.power")} />;
  const shown = amount(powerKw, "kW");
  const { reporting, meters } = power;
  return (
    <span class="amount" data-tip={t("power.tip", { reporting, meters })}>
      <span class="value">{shown.text}</span>
      <span class="unit">{shown.unit}</span>
      {reporting < meters && (
        <span class="power-share">
          {reporting}/{meters}
        </span>
      )}
    </span>
  );
}
