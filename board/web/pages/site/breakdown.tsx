/** What the meters inside a site say of its amount, the unmetered rest in a row of its own. */
import type { BreakdownAnswer } from "../../../api/figures.ts";
import type { ApiMeter, ApiSite } from "../../../api/sites.ts";
import { carrierVar } from "../../charts/ink.ts";
import { type Shares, sharesSoFar, worst } from "../../format/coverage.ts";
import { amount, percent } from "../../format/number.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Coverage } from "../../parts/marks.tsx";
import { FailureNote, Panel, Quiet } from "../../parts/panel.tsx";
import { Amount, carrierName } from "../../parts/shown.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { calendar } from "../../state/county.ts";
import { serverNow } from "../../state/live.ts";
import { type CurveChoice, endOf } from "./curve-choice.ts";

const BREAKDOWN_EVERY_MS = 30_000;

type Row = BreakdownAnswer["rows"][number];

/** Something is known of it: an amount of 0 with no coverage is no amount. */
function known(part: { readonly coverage: number; readonly estimated: number }): boolean {
  return part.coverage + part.estimated > 0;
}

function Bar({ value, answer, rest }: { value: number; answer: BreakdownAnswer; rest?: boolean }) {
  const share = answer.amount > 0 ? Math.min(1, Math.max(0, value / answer.amount)) : 0;
  const style = rest
    ? { width: `${share * 100}%` }
    : { width: `${share * 100}%`, background: carrierVar(answer.carrier) };
  return (
    <td class="bar-cell" aria-hidden="true">
      <span class={rest ? "bar rest" : "bar"} style={style} />
    </td>
  );
}

function ShareCell({ value, answer }: { value: number; answer: BreakdownAnswer }) {
  const share = answer.amount > 0 ? value / answer.amount : undefined;
  return <td>{share === undefined ? "—" : share < 0 ? `−${percent(-share)}` : percent(share)}</td>;
}

type Passed = (part: { readonly coverage: number; readonly estimated: number }) => Shares;

function MeterRow(props: { row: Row; answer: BreakdownAnswer; site: ApiSite; passed: Passed }) {
  const { row, answer, site, passed } = props;
  const meter = site.meters.find((one) => one.id === row.meter);
  return (
    <tr>
      <th scope="row">{meter ? named(meter.name) : row.meter}</th>
      <td class="text">{code("role", row.role)}</td>
      <Bar value={row.amount} answer={answer} />
      <td>
        <Amount shown={known(row) ? amount(row.amount, answer.unit) : undefined} why={t("unknown.none")} />
      </td>
      <ShareCell value={row.amount} answer={answer} />
      <td>
        <Coverage shares={passed(row)} />
      </td>
    </tr>
  );
}

function Table({ answer, site, passed }: { answer: BreakdownAnswer; site: ApiSite; passed: Passed }) {
  return (
    <div class="scroll">
      <table class="numbers breakdown">
        <thead>
          <tr>
            <th scope="col">{t("meter")}</th>
            <th scope="col" class="text">
              {t("role")}
            </th>
            <td />
            <th scope="col">{t("amount")}</th>
            <th scope="col">{t("share")}</th>
            <th scope="col">{t("coverage")}</th>
          </tr>
        </thead>
        <tbody>
          {answer.rows.map((row) => (
            <MeterRow key={row.meter} row={row} answer={answer} site={site} passed={passed} />
          ))}
          <tr class={answer.unmetered < 0 ? "alarming" : "rest"}>
            <th scope="row" colSpan={2}>
              {t(answer.unmetered < 0 ? "breakdown.over" : "breakdown.rest")}
            </th>
            <Bar value={answer.unmetered} answer={answer} rest />
            <td>
              <Amount
                shown={known(answer) ? amount(answer.unmetered, answer.unit) : undefined}
                why={t("unknown.none")}
              />
            </td>
            <ShareCell value={answer.unmetered} answer={answer} />
            <td>
              <Coverage shares={worst([answer, ...answer.rows].map(passed))} />
            </td>
          </tr>
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={3}>
              {t("breakdown.whole")}
            </th>
            <td>
              <Amount
                shown={known(answer) ? amount(answer.amount, answer.unit) : undefined}
                why={t("unknown.none")}
              />
            </td>
            <td />
            <td>
              <Coverage shares={passed(answer)} />
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** Energy that is made or leaves is no part of what the site took in. */
function isPart(meter: ApiMeter): boolean {
  const { contributes, conversionOutput, role } = meter;
  return contributes === "none" && !conversionOutput && role !== "generation" && role !== "export";
}

export function Breakdown({ site, chosen }: { site: ApiSite; chosen: CurveChoice }) {
  const { carrier, first, last } = chosen;
  const inside = site.meters.some((meter) => meter.carrier === carrier && isPart(meter));
  const { data, failure } = useAnswer<BreakdownAnswer>(
    inside ? ask("/breakdown", { site: site.id, carrier, from: first, to: endOf(chosen) }) : undefined,
    BREAKDOWN_EVERY_MS,
  );
  const iso = (date: string) =>
    calendar.value.iso(calendar.value.dayStart(calendar.value.parseDate(date) ?? 0));
  const span = { start: iso(first), end: iso(endOf(chosen)) };
  const passed: Passed = (part) => sharesSoFar({ ...span, ...part }, serverNow.peek());
  const range = first === last ? first : `${first} … ${last}`;
  return (
    <Panel class="breakdown-panel" title={t("breakdown.title")} note={`${carrierName(carrier)} · ${range}`}>
      <FailureNote failure={failure} />
      {!inside && <Quiet>{t("breakdown.none")}</Quiet>}
      {data && <Table answer={data} site={site} passed={passed} />}
    </Panel>
  );
}
