/** Small marks: a site's shape, a lamp for a state, a bar for coverage. */

import type { SiteCategory } from "../../../model/registry.ts";
import type { MeterState } from "../../api/sites.ts";
import type { Shares } from "../format/coverage.ts";
import { percent } from "../format/number.ts";
import type { SiteState } from "../format/site-state.ts";
import { code, t } from "../i18n/text.ts";
import { symbolPaths } from "./symbols.ts";

/** The shape of an accounting class. */
export function CategoryMark({ category }: { category: SiteCategory }) {
  return (
    <svg class="mark" viewBox="0 0 16 16" role="img" aria-label={code("category", category)}>
      <path d={symbolPaths[category]} />
    </svg>
  );
}

/** How full the lamp is drawn, so that states differ without colour. */
const lampFill = {
  online: "full",
  partial: "half",
  late: "half",
  silent: "ring",
  offline: "ring",
  never: "dash",
};

/** A lamp and its word; `bare` leaves the word to screen readers. */
export function Lamp({ state, bare }: { state: MeterState | SiteState; bare?: boolean }) {
  const word = code("state", state);
  const fill = lampFill[state];
  return (
    <span class={`lamp lamp-${state}`}>
      <svg viewBox="0 0 12 12" role="img" aria-label={word} {...(bare ? { "data-tip": word } : {})}>
        <circle cx="6" cy="6" r="4.5" class={fill === "full" ? "fill" : "ring"} />
        {fill === "half" && <path d="M6 1.5A4.5 4.5 0 0 0 6 10.5Z" class="fill" />}
        {fill === "dash" && <path d="M3.5 6H8.5" class="ring" />}
      </svg>
      {!bare && <span aria-hidden="true">{word}</span>}
    </span>
  );
}

/** `实测 97.0%，估算 2.0%，缺失 1.0%` */
export function sharesText(shares: Shares): string {
  return t("coverage.tip", {
    measured: percent(shares.measured),
    estimated: percent(shares.estimated),
    missing: percent(shares.missing),
  });
}

interface CoverageProps {
  readonly shares: Shares | undefined;
  readonly figure?: boolean;
  /** Said before the bar where no table's head says what it is. */
  readonly word?: boolean;
}

/** A bar of measured (solid), estimated (hatched) and missing (open) time. The figure stands beside it when not whole. */
export function Coverage({ shares, figure = true, word }: CoverageProps) {
  if (!shares) return null;
  const whole = shares.measured >= 0.9995;
  return (
    <span class="coverage" data-tip={sharesText(shares)} role="img" aria-label={sharesText(shares)}>
      {word && <span class="coverage-figure">{t("coverage")}</span>}
      <span class="coverage-bar">
        <span class="measured" style={{ width: `${shares.measured * 100}%` }} />
        <span class="estimated" style={{ width: `${shares.estimated * 100}%` }} />
      </span>
      {figure && !whole && <span class="coverage-figure">{percent(shares.measured)}</span>}
    </span>
  );
}

/** A bar where only the measured share is known: the rest was estimated or is missing. */
export function MeasuredShare({ share }: { share: number }) {
  const tip = t("coverage.tip.measured", { measured: percent(share) });
  return (
    <span class="coverage" data-tip={tip} role="img" aria-label={tip}>
      <span class="coverage-bar">
        <span class="measured" style={{ width: `${share * 100}%` }} />
      </span>
      {share < 0.9995 && <span class="coverage-figure">{percent(share)}</span>}
    </span>
  );
}
