/** One meter's part in a figure: pairs of readings, what was set aside, swaps. */
import type { ExplainAnswer } from "../../../api/records.ts";
import type { ApiMeter, ApiSite } from "../../../api/sites.ts";
import { sharesOf } from "../../format/coverage.ts";
import { exact, percent, unrounded, written } from "../../format/number.ts";
import { stampOf } from "../../format/time.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Coverage } from "../../parts/marks.tsx";
import { Amount } from "../../parts/shown.tsx";

type MeterPart = ExplainAnswer["meters"][number];

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

/** One meter's part in a figure. */
export function ExplainedMeter({ part, unit, site }: { part: MeterPart; unit: string; site: ApiSite }) {
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
