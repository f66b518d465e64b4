/** Whether the figures can be trusted: what came in, what was refused, what is missing, what was changed. */
import type { QualityAnswer } from "../../../api/records.ts";
import { percent } from "../../format/number.ts";
import { addDays } from "../../format/time.ts";
import { t } from "../../i18n/text.ts";
import { DateField } from "../../parts/choices.tsx";
import { FailureNote, Panel, Quiet } from "../../parts/panel.tsx";
import { Unknown } from "../../parts/shown.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { calendar, today } from "../../state/county.ts";
import { choose, route } from "../../state/route.ts";
import { Balance } from "./balance.tsx";
import { Completeness } from "./completeness.tsx";
import { FactorGaps, Pending } from "./gaps.tsx";
import { Ledger } from "./ledger.tsx";
import { RejectsDrawer } from "./rejects.tsx";

const QUALITY_EVERY_MS = 15_000;

/** The day looked at: of the address, else today. */
function dayOfAddress(): string {
  const asked = route.value.query.day;
  return asked !== undefined && calendar.value.parseDate(asked) !== undefined ? asked : today.value;
}

function Share({ label, value, tip }: { label: string; value: number | null | undefined; tip: string }) {
  return (
    <div class="figure" data-tip={tip}>
      <h3>{label}</h3>
      <p class="big">
        {value === null || value === undefined ? (
          <Unknown why={t("unknown.none")} />
        ) : (
          <span class="amount">
            <span class="value">{percent(value).slice(0, -1)}</span>
            <span class="unit">%</span>
          </span>
        )}
      </p>
    </div>
  );
}

function DayPicker({ day }: { day: string }) {
  const step = (days: number) => {
    const next = addDays(calendar.value, day, days);
    choose({ day: next === today.value ? undefined : next });
  };
  return (
    <div class="range">
      <button type="button" class="plain" aria-label={t("day.before")} onClick={() => step(-1)}>
        ←
      </button>
      <DateField
        label={t("day")}
        value={day}
        max={today.value}
        onChange={(value) => choose({ day: value === today.value ? undefined : value })}
      />
      <button
        type="button"
        class="plain"
        aria-label={t("day.after")}
        disabled={day >= today.value}
        onClick={() => step(1)}
      >
        →
      </button>
    </div>
  );
}

export function QualityPage() {
  const day = dayOfAddress();
  const { data, failure } = useAnswer<QualityAnswer>(ask("/quality", { day }), QUALITY_EVERY_MS);
  const { rejects, site } = route.value.query;
  return (
    <div class="page quality">
      <header class="page-head">
        <h1>{t("nav.quality")}</h1>
        <DayPicker day={day} />
      </header>
      <FailureNote failure={failure} />
      <section class="panel quality-figures" aria-label={t("nav.quality")}>
        <Share label={t("overview.online")} value={data?.onlineRate} tip={t("quality.online.tip")} />
        <Share
          label={t("quality.completeness")}
          value={data?.completeness}
          tip={t("quality.completeness.tip")}
        />
        <div class="figure">
          <h3>{t("quality.gaps")}</h3>
          <p class="big">{data?.factorGaps.length ?? "—"}</p>
        </div>
        <div class="figure">
          <h3>{t("quality.pending")}</h3>
          <p class="big">{data?.pending.length ?? "—"}</p>
        </div>
      </section>
      <Balance day={day} />
      {data ? (
        <Completeness answer={data} />
      ) : (
        <Panel title={t("completeness.title")}>{!failure && <Quiet>{t("loading")}</Quiet>}</Panel>
      )}
      {data && <FactorGaps gaps={data.factorGaps} />}
      {data && <Pending pending={data.pending} />}
      <Ledger />
      {rejects !== undefined && (
        <RejectsDrawer
          key={`${day} ${rejects} ${site ?? ""}`}
          day={day}
          code={rejects}
          {...(site === undefined ? {} : { site })}
          onClose={() => choose({ rejects: undefined, site: undefined })}
        />
      )}
    </div>
  );
}
