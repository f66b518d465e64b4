/** How many of the county's meters are heard. */
import type { OverviewAnswer } from "../../../api/figures.ts";
import { percent } from "../../format/number.ts";
import { t } from "../../i18n/text.ts";
import { Unknown } from "../../parts/shown.tsx";

const states = ["online", "late", "silent", "never"] as const;

function Rate({ meters }: { meters: OverviewAnswer["meters"] }) {
  if (meters.total === 0) return <Unknown why={t("unknown.none")} />;
  return (
    <span class="amount">
      <span class="value">{percent(meters.online / meters.total).slice(0, -1)}</span>
      <span class="unit">%</span>
    </span>
  );
}

export function MetersOnline({ meters }: { meters: OverviewAnswer["meters"] }) {
  return (
    <div class="figure">
      <h3>{t("overview.online")}</h3>
      <p class="big live-value">
        <Rate meters={meters} />
      </p>
      <div class="meter-bar" aria-hidden="true">
        {states.map((state) => (
          <span key={state} class={`state-${state}`} style={{ flexGrow: meters[state] }} />
        ))}
      </div>
      <dl class="meter-counts">
        {states.map((state) => (
          <div key={state}>
            <dt>{t(`state.${state}`)}</dt>
            <dd>{meters[state]}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
