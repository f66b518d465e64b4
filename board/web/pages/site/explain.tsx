/** Where one figure comes from: readings, multipliers, factors, and the arithmetic line by line. */
import type { ApiMeter, ApiSite, ExplainAnswer } from "../../../api.ts";
import { sharesOf } from "../../format/coverage.ts";
import { exact, percent, type Shown, written } from "../../format/number.ts";
import { stampOf, windowLabel } from "../../format/time.ts";
import type { Effect } from "../../format/totals.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { Coverage } from "../../parts/marks.tsx";
import { FailureNote, Quiet } from "../../parts/panel.tsx";
import { Amount, carrierName, whyNoFactor } from "../../parts/shown.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import type { CurveChoice } from "./curve-choice.ts";

type MeterPart = ExplainAnswer["meters"][number];

const effects: readonly { effect: Effect; unit: string }[] = [
  { effect: "kgceCalorific", unit: "kgce" },
  { effect: "kgceEquivalent", unit: "kgce" },
  { effect: "kgCo2Location", unit: "kgCO₂" },
  { effect: "kgCo2Market", unit: "kgCO₂" },
];

/** Unrounded, in the unit it is computed in: this is where figures are checked. */
function unrounded(value: number, unit: string): Shown {
  return { text: exact(value), unit: written(unit), exact: `${value} ${written(unit)}` };
}

/** What the register moved by, in its own unit; float dirt beyond its decimals is cut off. */
function travelOf(pair: MeterPart["pairs"][number], meter: ApiMeter | undefined): string {
  const register = meter?.registers.find((one) => one.id === pair.register);
  const decimals = Math.min(12, (register?.decimals ?? 6) + 2);
  const span = register ? 10 ** (register.digits - register.decimals) : Number.NaN;
  const travels = {
    joined: pair.toValue - pair.fromValue,
    rollover: pair.toValue + span - pair.fromValue,
    reset: pair.toValue,
    interval: pair.toValue,
  };
  const travel = travels[pair.how];
  return Number.isFinite(travel) ? exact(Number(travel.toFixed(decimals))) : "—";
}

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

interface PairsProps {
  readonly part: MeterPart;
  readonly unit: string;
  readonly meter: ApiMeter | undefined;
}

function Pairs({ part, unit, meter }: PairsProps) {
  const heads = [
    "explain.from",
    "explain.to",
    "explain.travel",
    "multiplier",
    "explain.energy",
    "explain.share",
  ] as const;
  return (
    <div class="scroll">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">{t("register")}</th>
            {heads.map((head) => (
              <th key={head} scope="col">
                {t(head)}
              </th>
            ))}
            <th scope="col" class="text">
              {t("explain.how")}
            </th>
          </tr>
        </thead>
        <tbody>
          {part.pairs.map((pair) => (
            <tr
              key={`${pair.register} ${pair.from} ${pair.to}`}
              class={pair.quality === "estimated" ? "estimated" : ""}
            >
              <th scope="row">{code("register", pair.register)}</th>
              <td>
                {exact(pair.fromValue)}
                <span class="soft stamp">{stampOf(pair.from)}</span>
              </td>
              <td>
                {exact(pair.toValue)}
                <span class="soft stamp">{stampOf(pair.to)}</span>
              </td>
              <td>{travelOf(pair, meter)}</td>
              <td>{pair.multipliers.map((value) => `×${exact(value)}`).join(" → ")}</td>
              <td>
                {exact(pair.energy)} <span class="unit">{written(unit)}</span>
              </td>
              <td>{percent(pair.share)}</td>
              <td class="text">
                {code("how", pair.how)} · {code("quality", pair.quality)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function signText(part: MeterPart): string {
  return part.sign > 0 ? "+" : part.sign < 0 ? "−" : "·";
}

function Meter({ part, unit, site }: { part: MeterPart; unit: string; site: ApiSite }) {
  const meter = site.meters.find((one) => one.id === part.meter);
  return (
    <section class="explain-meter">
      <h3>
        <b>{signText(part)}</b> {meter ? named(meter.name) : part.meter}{" "}
        <span class="soft">
          {code("role", part.role)} · {code("contributes", part.contributes)}
        </span>{" "}
        <Amount shown={unrounded(part.amount, unit)} why="" /> <Coverage shares={sharesOf(part)} />
      </h3>
      {part.pairs.length > 0 && <Pairs part={part} unit={unit} meter={meter} />}
      {part.pairs.length === 0 && part.sign !== 0 && <p class="soft">{t("explain.nopairs")}</p>}
      {part.setAside.length > 0 && (
        <ul class="plain-list">
          {part.setAside.map((one) => (
            <li key={`${one.at} ${one.value}`}>
              {t("explain.aside", { at: stampOf(one.at), value: exact(one.value) })}
              <span class="tag">{code("verdict", one.verdict)}</span> {code("verdict.tip", one.verdict)}
            </li>
          ))}
        </ul>
      )}
      {part.swaps.map((swap) => (
        <p key={swap.at}>
          {t("meter.swap", { at: stampOf(swap.at), final: exact(swap.final), first: exact(swap.first) })}
        </p>
      ))}
    </section>
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
        <Meter key={part.meter} part={part} unit={unit} site={site} />
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
