/** Where one figure comes from: readings, multipliers, factors, and the arithmetic line by line. */
import type { ExplainAnswer } from "../../../api/records.ts";
import type { ApiSite } from "../../../api/sites.ts";
import { sharesOf } from "../../format/coverage.ts";
import { exact, unrounded } from "../../format/number.ts";
import { windowLabel } from "../../format/time.ts";
import type { Effect } from "../../format/totals.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Coverage } from "../../parts/marks.tsx";
import { FailureNote, Quiet } from "../../parts/panel.tsx";
import { Amount, carrierName, whyNoFactor } from "../../parts/shown.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import type { CurveChoice } from "./curve-choice.ts";
import { ExplainedMeter } from "./explain-meter.tsx";

const effects: readonly { effect: Effect; unit: string }[] = [
  { effect: "kgceCalorific", unit: "kgce" },
  { effect: "kgceEquivalent", unit: "kgce" },
  { effect: "kgCo2Location", unit: "kgCO₂" },
  { effect: "kgCo2Market", unit: "kgCO₂" },
];

function Figure({ figure }: { figure: NonNullable<ExplainAnswer["figure"]> }) {
  return (
    <dl class="facts">
      <div>
        <dt>{t("amount")}</dt>
        <dd>
          <Amount shown={unrounded(figure.amount, figure.unit)} why="" />{" "}
          <Coverage shares={sharesOf(figure)} />
        </dd>
      </div>
      {effects.map(({ effect, unit }) => {
        const value = figure[effect];
        return (
          <div key={effect}>
            <dt>{code("effect", effect)}</dt>
            <dd>
              <Amount
                shown={value === null ? undefined : unrounded(value, unit)}
                why={whyNoFactor(effect, [figure.carrier])}
              />
            </dd>
          </div>
        );
      })}
      {figure.restated && (
        <div>
          <dt>{t("restated")}</dt>
          <dd>{t("yes")}</dd>
        </div>
      )}
    </dl>
  );
}

function Factors({ factors }: { factors: ExplainAnswer["factors"] }) {
  if (factors.length === 0) return <Quiet>{t("explain.nofactors")}</Quiet>;
  return (
    <ul class="plain-list factors">
      {factors.map((factor) => (
        <li key={factor.id}>
          <b>
            {exact(factor.value)} {factor.unit}
          </b>{" "}
          {code("factor", factor.kind)} <span class="tag">{code("factor.status", factor.status)}</span>
          <span class="soft">
            {factor.id} · {factor.source}
            {factor.clause ? ` · ${factor.clause}` : ""}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Content({ answer, site, unit }: { answer: ExplainAnswer; site: ApiSite; unit: string }) {
  return (
    <>
      {answer.figure ? <Figure figure={answer.figure} /> : <Quiet>{t("explain.nofigure")}</Quiet>}
      {answer.notes.length > 0 && (
        <ul class="explain-notes">
          {answer.notes.map((note) => (
            <li key={note.en}>{named(note)}</li>
          ))}
        </ul>
      )}
      <h3>{t("explain.meters")}</h3>
      {answer.meters.map((part) => (
        <ExplainedMeter key={part.meter} part={part} unit={unit} site={site} />
      ))}
      <h3>{t("explain.factors")}</h3>
      <Factors factors={answer.factors} />
      <h3>{t("explain.lines")}</h3>
      <pre class="arithmetic">{answer.lines.join("\n")}</pre>
    </>
  );
}

interface ExplainProps {
  readonly site: ApiSite;
  readonly chosen: CurveChoice;
  readonly at: string;
  readonly onClose: () => void;
}

export function Explain({ site, chosen, at, onClose }: ExplainProps) {
  const { carrier, window } = chosen;
  const { data, failure } = useAnswer<ExplainAnswer>(ask("/explain", { site: site.id, carrier, window, at }));
  const unit = data?.figure?.unit ?? site.meters.find((meter) => meter.carrier === carrier)?.unit ?? "";
  const title = t("explain.title", {
    site: named(site.name),
    carrier: carrierName(carrier),
    window: `${windowLabel(at, window)} · ${t(`window.${window}`)}`,
  });
  return (
    <Drawer title={title} onClose={onClose}>
      <FailureNote failure={failure} />
      {!data && !failure && <Quiet>{t("loading")}</Quiet>}
      {data && <Content answer={data} site={site} unit={unit} />}
    </Drawer>
  );
}
