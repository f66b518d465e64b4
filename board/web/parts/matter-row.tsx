/** One matter in a list: what, where, how much, since when, how far, and whether it is due. */
import type { ApiLimit } from "../../api/limits.ts";
import type { ApiMatter } from "../../api/matters.ts";
import { isOpen, isWaitingTooLong, stepsOf } from "../format/matters.ts";
import { shortStampOf } from "../format/time.ts";
import { code, t } from "../i18n/text.ts";
import { serverNow } from "../state/live.ts";
import { href } from "../state/route.ts";
import { ageText } from "./ages.ts";
import { ColourMark } from "./colour-mark.tsx";
import { Due } from "./due.tsx";
import { Extent } from "./extent.tsx";
import { matterTitle } from "./matter-title.ts";
import { Place } from "./place.tsx";
import { agencyName } from "./who.ts";

/** The closed loop as seven dots; the word beside them says the same. */
export function Progress({ matter }: { matter: ApiMatter }) {
  return (
    <span class="progress">
      <span class="dots" aria-hidden="true">
        {stepsOf(matter).map(({ step, how }) => (
          <i key={step} class={how} />
        ))}
      </span>
      <span>{code("matter.state", matter.state)}</span>
    </span>
  );
}

/** Name of the agency that leads, or that nobody does. */
export function leadName({ lead }: Pick<ApiMatter, "lead">): string {
  return lead === undefined ? t("matter.nobody") : agencyName(lead);
}

export function MatterRow({ matter, limit }: { matter: ApiMatter; limit: ApiLimit | undefined }) {
  const since = Date.parse(matter.raisedAt);
  const late = isWaitingTooLong(matter) ? " late" : "";
  return (
    <li class={`matter level-${matter.colour}${late}${isOpen(matter) ? "" : " closed"}`}>
      <ColourMark colour={matter.colour} bare />
      <div class="what">
        <a class="title" href={href("matter", matter.id)}>
          {matterTitle(matter, limit)}
        </a>
        <span class="where">
          <Place {...matter} />
          <span class="soft"> · {leadName(matter)}</span>
        </span>
      </div>
      <div class="how-much">
        <Extent matter={matter} limit={limit} />
      </div>
      <div class="since">
        <span class="hidden">{t("matter.since")}</span>
        <span>{ageText(serverNow.value - since)}</span>
        <span class="stamp soft">
          {shortStampOf(matter.raisedAt)}
          {!matter.firing && ` · ${t("matter.resolved")}`}
        </span>
      </div>
      <div class="state">
        <span class="hidden">{t("state")}</span>
        <Progress matter={matter} />
        {matter.escalations > 0 && (
          <span class="stamp soft">{t("matter.escalated", { n: matter.escalations })}</span>
        )}
      </div>
      <div class="when-due">
        <span class="hidden">{t("matter.due")}</span>
        <Due matter={matter} />
      </div>
    </li>
  );
}

/** A list of matters with its head. */
export function MatterList({
  rows,
  limits,
}: {
  rows: readonly ApiMatter[];
  limits: ReadonlyMap<string, ApiLimit>;
}) {
  return (
    <>
      <div class="matter-head" aria-hidden="true">
        <span />
        <span>{t("matter.what")}</span>
        <span>{t("matter.how-much")}</span>
        <span>{t("matter.since")}</span>
        <span>{t("state")}</span>
        <span>{t("matter.due")}</span>
      </div>
      <ol class="matters">
        {rows.map((matter) => (
          <MatterRow key={matter.id} matter={matter} limit={limits.get(matter.limit ?? "")} />
        ))}
      </ol>
    </>
  );
}
