/** A site's limits and its open matters. */
import type { MattersAnswer } from "../../../api/matters.ts";
import { sortLimits } from "../../format/limit-bar.ts";
import { sortMatters } from "../../format/matters.ts";
import { named, t } from "../../i18n/text.ts";
import { LimitList } from "../../parts/limit-row.tsx";
import { MatterList } from "../../parts/matter-row.tsx";
import { FailureNote, Panel, Quiet } from "../../parts/panel.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { limitsById, useLimits } from "../../state/limit-rows.ts";
import { MATTERS_EVERY_MS, mattersTurn } from "../../state/matters.ts";
import { href } from "../../state/route.ts";

function OpenMatters({ site }: { site: string }) {
  const { data, failure } = useAnswer<MattersAnswer>(
    ask("/matters", { state: "open", site, limit: 50 }),
    MATTERS_EVERY_MS,
    mattersTurn.value,
  );
  const limits = limitsById(useLimits(site).data);
  return (
    <Panel
      class="site-matters"
      title={t("site.matters")}
      tools={<a href={href("alerts", undefined, { site, state: "all" })}>{t("site.matters.all")}</a>}
    >
      <FailureNote failure={failure} />
      {data?.rows.length === 0 && <p class="note">{t("site.matters.none")}</p>}
      {data && data.rows.length > 0 && (
        <MatterList rows={sortMatters(data.rows, "urgency", () => "")} limits={limits} />
      )}
      {!data && !failure && <Quiet>{t("loading")}</Quiet>}
    </Panel>
  );
}

function SiteLimits({ site }: { site: string }) {
  const { data, failure } = useLimits(site);
  return (
    <Panel
      class="site-limits"
      title={t("site.limits")}
      tools={<a href={href("limits", undefined, { of: site })}>{t("nav.limits")}</a>}
    >
      <FailureNote failure={failure} />
      {data?.rows.length === 0 && <p class="note">{t("site.limits.none")}</p>}
      {data && data.rows.length > 0 && (
        <LimitList rows={sortLimits(data.rows, "ratio", (row) => named(row.name))} place={false} />
      )}
      {!data && !failure && <Quiet>{t("loading")}</Quiet>}
    </Panel>
  );
}

export function FollowUp({ site }: { site: string }) {
  return (
    <>
      <OpenMatters site={site} />
      <SiteLimits site={site} />
    </>
  );
}
