/** One site: its facts, its curve, its totals, its meters and their registers. */

import { siteState } from "../../format/site-state.ts";
import { code, named, t } from "../../i18n/text.ts";
import { CategoryMark, Lamp } from "../../parts/marks.tsx";
import { Quiet } from "../../parts/panel.tsx";
import { siteById } from "../../state/county.ts";
import { choose, href, route } from "../../state/route.ts";
import { Breakdown } from "./breakdown.tsx";
import { Curve } from "./curve.tsx";
import { curveChoice } from "./curve-choice.ts";
import { Explain } from "./explain.tsx";
import { Facts } from "./facts.tsx";
import { FollowUp } from "./follow-up.tsx";
import { Meters } from "./meters.tsx";
import { Readings } from "./readings.tsx";
import { Totals } from "./totals.tsx";

export function SitePage({ id }: { id: string }) {
  const site = siteById.value.get(id);
  if (!site)
    return (
      <Quiet>
        {t("site.unknown", { id })} <a href={href("sites")}>{t("nav.sites")}</a>
      </Quiet>
    );
  const chosen = curveChoice(site);
  const at = route.value.query.at;
  return (
    <div class="page site">
      <header class="page-head">
        <p class="trail">
          <a href={href("sites")}>{t("nav.sites")}</a> <span aria-hidden="true">/</span> {site.id}
        </p>
        <h1>
          <CategoryMark category={site.category} />
          {named(site.name)}
        </h1>
        <span class="tags">
          <Lamp state={siteState(site.live)} />
          <span class="tag">{code("category", site.category)}</span>
          {site.classes.map((one) => (
            <span class="tag" key={one.id}>
              {code("class", one.id)}
            </span>
          ))}
          {site.nationalList && <span class="tag">{t("national.listed")}</span>}
        </span>
      </header>
      <Facts site={site} />
      <FollowUp site={site.id} />
      <Curve site={site} chosen={chosen} />
      <Totals site={site} />
      <Breakdown site={site} chosen={chosen} />
      <Meters site={site} />
      <Readings site={site} chosen={chosen} />
      {at && <Explain site={site} chosen={chosen} at={at} onClose={() => choose({ at: undefined })} />}
    </div>
  );
}
