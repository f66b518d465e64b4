/** A month's matters by leading agency, for the file: it prints as it is. */
import type { MattersSummaryAnswer } from "../../../api/matters.ts";
import { monthAt, monthStep } from "../../format/month.ts";
import { percent } from "../../format/number.ts";
import { stampOf } from "../../format/time.ts";
import { named, t } from "../../i18n/text.ts";
import { FailureNote, Quiet } from "../../parts/panel.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { calendar, registry, today } from "../../state/county.ts";
import { serverNow } from "../../state/live.ts";
import { choose, href, route } from "../../state/route.ts";

type Row = MattersSummaryAnswer["rows"][number];
const counted = ["raised", "answeredInTime", "overdue", "closed"] as const;

function MonthPicker({ month }: { month: string }) {
  const now = monthAt(today.value);
  const go = (next: string) => choose({ month: next === now ? undefined : next });
  return (
    <div class="range">
      <button
        type="button"
        class="plain"
        aria-label={t("month.before")}
        onClick={() => go(monthStep(month, -1))}
      >
        ←
      </button>
      <b role="status">{month}</b>
      <button
        type="button"
        class="plain"
        aria-label={t("month.after")}
        disabled={month >= now}
        onClick={() => go(monthStep(month, 1))}
      >
        →
      </button>
      <button type="button" class="plain" onClick={() => print()}>
        {t("summary.print")}
      </button>
    </div>
  );
}

function Cells({ row }: { row: Pick<Row, (typeof counted)[number]> }) {
  // What still has time says nothing yet.
  const judged = row.answeredInTime + row.overdue;
  return (
    <>
      {counted.map((name) => (
        <td key={name} class={name === "overdue" && row.overdue > 0 ? "beyond" : ""}>
          {row[name]}
        </td>
      ))}
      <td>{judged === 0 ? "—" : percent(row.answeredInTime / judged)}</td>
      <td>{row.raised === 0 ? "—" : percent(row.closed / row.raised)}</td>
    </>
  );
}

function Table({ rows }: { rows: readonly Row[] }) {
  const sum = Object.fromEntries(
    counted.map((name) => [name, rows.reduce((total, row) => total + row[name], 0)]),
  ) as Pick<Row, (typeof counted)[number]>;
  return (
    <div class="scroll">
      <table class="numbers summary">
        <thead>
          <tr>
            <th scope="col">{t("agency")}</th>
            {counted.map((name) => (
              <th scope="col" key={name}>
                {t(`summary.${name}`)}
              </th>
            ))}
            <th scope="col">{t("summary.in-time-share")}</th>
            <th scope="col">{t("summary.closed-share")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.agency}>
              <th scope="row" class="name">
                {row.agency === "" ? (
                  t("matter.nobody")
                ) : (
                  <a href={href("alerts", undefined, { agency: row.agency, state: "all" })}>
                    {named(row.name)}
                  </a>
                )}
              </th>
              <Cells row={row} />
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t("sum")}</th>
            <Cells row={sum} />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

/** The month of the address, else the running one. */
function monthOfAddress(): string {
  const asked = route.value.query.month ?? "";
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(asked) ? asked : monthAt(today.value);
}

export function SummaryPage() {
  const month = monthOfAddress();
  const { data, failure } = useAnswer<MattersSummaryAnswer>(ask("/matters/summary", { month }));
  const county = registry.value?.county;
  return (
    <div class="page summary-page">
      <header class="page-head">
        <p class="trail">
          <a href={href("alerts")}>{t("nav.alerts")}</a>
        </p>
        <h1>{t("summary.heading", { county: county ? named(county.name) : "", month })}</h1>
        <MonthPicker month={month} />
      </header>
      <FailureNote failure={failure} />
      {!data && !failure && <Quiet>{t("loading")}</Quiet>}
      {data && (data.rows.length === 0 ? <Quiet>{t("summary.none")}</Quiet> : <Table rows={data.rows} />)}
      <p class="note summary-note">
        {t("summary.note")}{" "}
        {t("summary.as-of", {
          at: stampOf(calendar.value.iso(Math.floor(serverNow.value / 60_000) * 60_000)),
        })}
      </p>
    </div>
  );
}
