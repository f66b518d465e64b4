/** The county at a glance: what the duty officer and the wall screen show all day. */
import type { OverviewAnswer } from "../../../api/figures.ts";
import { t } from "../../i18n/text.ts";
import { FailureNote, Quiet } from "../../parts/panel.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { overview } from "../../state/live.ts";
import { choice } from "../../state/route.ts";
import { Carriers } from "./carriers.tsx";
import { Headline } from "./headline.tsx";
import { Ranking } from "./ranking.tsx";
import { Rolling } from "./rolling.tsx";
import { Services } from "./services.tsx";
import { SiteMap } from "./site-map.tsx";
import { Trend } from "./trend.tsx";

export type NationalList = "include" | "exclude";

/** The stream tells the county with the nationally listed projects; without them it is asked for. */
const EXCLUDED_EVERY_MS = 5_000;

/** What changes every second, apart from what does not. */
function Today({ national }: { national: NationalList }) {
  const live = overview.value;
  const asked = useAnswer<OverviewAnswer>(
    national === "exclude" || live === undefined ? ask("/overview", { nationalList: national }) : undefined,
    EXCLUDED_EVERY_MS,
  );
  const shown = national === "include" ? (live ?? asked.data) : asked.data;
  if (!shown)
    return (
      <section class="headline panel">
        {asked.failure ? <FailureNote failure={asked.failure} /> : <Quiet>{t("loading")}</Quiet>}
      </section>
    );
  return (
    <>
      <Headline overview={shown} national={national} />
      <Carriers overview={shown} />
    </>
  );
}

export function OverviewPage() {
  const national = choice<NationalList>("national", ["include", "exclude"]);
  return (
    <div class="overview">
      <h1 class="hidden">{t("nav.overview")}</h1>
      <Today national={national} />
      <Trend national={national} />
      <SiteMap />
      <Ranking national={national} />
      <Rolling />
      <Services />
    </div>
  );
}
