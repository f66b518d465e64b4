/** What a matter is about, in figures, and who answers for it. */
import type { ComponentChildren } from "preact";
import type { ApiLimit } from "../../../api/limits.ts";
import type { ApiMatter } from "../../../api/matters.ts";
import { percent } from "../../format/number.ts";
import { stampOf } from "../../format/time.ts";
import { code, named, t } from "../../i18n/text.ts";
import { markedOf } from "../../parts/colour-mark.tsx";
import { Extent } from "../../parts/extent.tsx";
import { LimitBarMark } from "../../parts/limit-bar.tsx";
import { leadName } from "../../parts/matter-row.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Place } from "../../parts/place.tsx";
import { agencyName, officerName } from "../../parts/who.ts";
import { useLimitOf } from "../../state/limit-rows.ts";

type Fact = readonly [string, ComponentChildren | undefined];

const list = (names: readonly string[]) => (names.length === 0 ? undefined : names.join(t("list.comma")));

function Now({ limit }: { limit: ApiLimit }) {
  return (
    <>
      {limit.ratio === null ? "—" : percent(limit.ratio)}{" "}
      <span class="soft">{code("colour", markedOf(limit))}</span>
      <LimitBarMark {...limit} />
    </>
  );
}

function about(matter: ApiMatter, limit: ApiLimit | undefined): Fact[] {
  const { value, coverage } = matter.values;
  const projected = matter.watched?.field === "projectedRatio" ? value : undefined;
  return [
    [t("matter.said"), named(matter.summary)],
    [t("matter.where"), <Place key="place" {...matter} />],
    [t("matter.how-much"), <Extent key="extent" matter={matter} limit={limit} />],
    [t("limit"), limit ? named(limit.name) : matter.limit],
    [t("limit.now"), limit && <Now key="now" limit={limit} />],
    [t("limit.projected"), projected === undefined ? undefined : percent(projected)],
    [t("coverage"), coverage === undefined ? undefined : percent(coverage)],
    [t("matter.domain"), code("domain", matter.domain)],
    [t("matter.since"), stampOf(matter.raisedAt)],
    [t("matter.resolved"), matter.resolvedAt && stampOf(matter.resolvedAt)],
  ];
}

function answering(matter: ApiMatter): Fact[] {
  return [
    [t("matter.lead"), leadName(matter)],
    [t("matter.others"), list(matter.others.map(agencyName))],
    [t("matter.officers"), list(matter.officers.map(officerName))],
    [t("matter.assigned"), matter.assignedTo && officerName(matter.assignedTo)],
    [t("matter.due-at"), matter.dueAt && stampOf(matter.dueAt)],
    [t("matter.escalations"), matter.escalations > 0 ? String(matter.escalations) : undefined],
  ];
}

/** Only http and https lead somewhere: the address comes from an alert's document. */
function panelLink(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  return /^https?:$/.test(new URL(url).protocol) ? url : undefined;
}

export function MatterFacts({ matter }: { matter: ApiMatter }) {
  const limit = useLimitOf(matter);
  const facts = [...about(matter, limit), ...answering(matter)].filter(([, value]) => value !== undefined);
  const panel = panelLink(matter.panelUrl);
  return (
    <Panel
      class="matter-facts"
      title={t("matter.facts")}
      tools={
        panel && (
          <a href={panel} target="_blank" rel="noopener noreferrer">
            {t("matter.panel")}
          </a>
        )
      }
    >
      <dl class="pairs">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
