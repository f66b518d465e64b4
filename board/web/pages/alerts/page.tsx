/** What needs an officer: open matters, worst first, and those that are closed. */
import type { MattersAnswer } from "../../../api/matters.ts";
import { type MatterSort, matterSorts, sortMatters } from "../../format/matters.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Choice, Segmented } from "../../parts/choices.tsx";
import { MatterList } from "../../parts/matter-row.tsx";
import { FailureNote, Quiet } from "../../parts/panel.tsx";
import { placeName } from "../../parts/place.tsx";
import { sites } from "../../state/county.ts";
import { useLimitNames } from "../../state/limit-rows.ts";
import { agencyById } from "../../state/matters.ts";
import { choice, choose, href, route } from "../../state/route.ts";
import { Counts } from "./counts.tsx";
import { type MatterPages, useMatterPages } from "./matter-pages.ts";

const shownStates = ["open", "closed", "all"] as const;

function Filters() {
  const query = route.value.query;
  const any = { value: "", label: t("filter.any") };
  const agencies = [...agencyById.value.values()].map(({ id, name }) => ({ value: id, label: named(name) }));
  const all = sites.value
    .map(({ id, name }) => ({ value: id, label: named(name) }))
    .sort((a, b) => a.label.localeCompare(b.label, "zh-CN"));
  return (
    <search class="filters">
      <Segmented
        label={t("state")}
        options={shownStates.map((value) => ({ value, label: t(`matters.${value}`) }))}
        value={choice("state", shownStates)}
        onChange={(value) => choose({ state: value === "open" ? undefined : value })}
      />
      <Choice
        label={t("site")}
        options={[any, ...all]}
        value={query.site ?? ""}
        onChange={(site) => choose({ site })}
      />
      <Choice
        label={t("agency")}
        options={[any, ...agencies]}
        value={query.agency ?? ""}
        onChange={(agency) => choose({ agency })}
      />
      <Choice
        label={t("sort")}
        options={matterSorts.map((value) => ({ value, label: code("matters.sort", value) }))}
        value={choice<MatterSort>("sort", matterSorts)}
        onChange={(sort) => choose({ sort: sort === "urgency" ? undefined : sort })}
      />
    </search>
  );
}

/** Nothing to do is good news, nothing found is not. */
function nothingText(): string {
  const { site, agency, colour } = route.value.query;
  if (site ?? agency ?? colour) return t("matters.none-such");
  return t(choice("state", shownStates) === "open" ? "matters.none-open" : "matters.none");
}

function Body({ answer, pages }: { answer: MattersAnswer; pages: MatterPages }) {
  const limits = useLimitNames();
  if (answer.rows.length === 0) return <Quiet>{nothingText()}</Quiet>;
  const sort = choice<MatterSort>("sort", matterSorts);
  return (
    <div class="panel matter-panel">
      <MatterList rows={sortMatters(answer.rows, sort, placeName)} limits={limits} />
      {pages.more && (
        <button type="button" class="plain more" onClick={pages.more}>
          {t("matters.more")}
        </button>
      )}
      {pages.isCut && <p class="note">{t("matters.cut", { n: answer.rows.length })}</p>}
    </div>
  );
}

export function AlertsPage() {
  const { site, agency, colour } = route.value.query;
  const pages = useMatterPages({ state: choice("state", shownStates), site, agency, colour });
  return (
    <div class="page alerts">
      <header class="page-head">
        <h1>{t("nav.alerts")}</h1>
        <p class="note">{t("alerts.note")}</p>
        <a class="aside-link" href={href("summary")}>
          {t("summary.title")}
        </a>
      </header>
      <Counts counts={pages.data?.counts} />
      <Filters />
      <FailureNote failure={pages.failure} />
      {pages.data ? (
        <Body answer={pages.data} pages={pages} />
      ) : (
        !pages.failure && <Quiet>{t("loading")}</Quiet>
      )}
    </div>
  );
}
