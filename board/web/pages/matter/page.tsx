/** One matter: what it is about, how far it is, what was done, and what can be done now. */
import type { MatterAnswer } from "../../../api/matters.ts";
import { t } from "../../i18n/text.ts";
import { ColourMark } from "../../parts/colour-mark.tsx";
import { Due } from "../../parts/due.tsx";
import { matterTitle } from "../../parts/matter-title.ts";
import { FailureNote, Quiet } from "../../parts/panel.tsx";
import { Place } from "../../parts/place.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { useLimitOf } from "../../state/limit-rows.ts";
import { MATTERS_EVERY_MS, mattersTurn } from "../../state/matters.ts";
import { href } from "../../state/route.ts";
import { Act } from "./act.tsx";
import { MatterFacts } from "./facts.tsx";
import { History } from "./history.tsx";
import { Notices } from "./notices.tsx";
import { Steps } from "./steps.tsx";

function Head({ answer: { matter } }: { answer: MatterAnswer }) {
  const limit = useLimitOf(matter);
  return (
    <header class={`page-head matter-title level-${matter.colour}`}>
      <p class="trail">
        <a href={href("alerts")}>{t("nav.alerts")}</a> <span aria-hidden="true">/</span> {matter.id}
      </p>
      <h1>{matterTitle(matter, limit)}</h1>
      <span class="tags">
        <ColourMark colour={matter.colour} />
        <span class="tag">{t(matter.firing ? "matter.firing" : "matter.resolved")}</span>
        <Place {...matter} />
        <Due matter={matter} />
      </span>
    </header>
  );
}

export function MatterPage({ id }: { id: string }) {
  const path = `/matters/${encodeURIComponent(id)}`;
  const { data, failure } = useAnswer<MatterAnswer>(ask(path), MATTERS_EVERY_MS, mattersTurn.value);
  if (failure?.status === 404)
    return (
      <div class="page">
        <Quiet>
          {t("matter.unknown", { id })} <a href={href("alerts")}>{t("nav.alerts")}</a>
        </Quiet>
      </div>
    );
  return (
    <div class="page matter-page">
      {data && <Head answer={data} />}
      <FailureNote failure={failure} />
      {!data && !failure && <Quiet>{t("loading")}</Quiet>}
      {data && (
        <>
          <Steps answer={data} />
          <MatterFacts matter={data.matter} />
          <Act matter={data.matter} />
          <History events={data.events} />
          <Notices notices={data.notices} />
        </>
      )}
    </div>
  );
}
