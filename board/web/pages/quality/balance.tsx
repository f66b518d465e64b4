/** What came in on a day and what became of it. */
import type { BalanceAnswer } from "../../../api/records.ts";
import { type BalanceSum, balanceOf, rejectedOf, rejectsByCode } from "../../format/balance.ts";
import { fixed } from "../../format/number.ts";
import { code, t } from "../../i18n/text.ts";
import { FailureNote, Panel, Quiet } from "../../parts/panel.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { choose } from "../../state/route.ts";
import { SiteName } from "./site-name.tsx";

const BALANCE_EVERY_MS = 15_000;

type Row = BalanceAnswer["rows"][number];

function Term({ label, value, tip, sign }: { label: string; value: number; tip: string; sign?: string }) {
  return (
    <>
      {sign && (
        <span class="sign" aria-hidden="true">
          {sign}
        </span>
      )}
      <div class="term" data-tip={tip}>
        <dt>{label}</dt>
        <dd>{fixed(value, 0)}</dd>
      </div>
    </>
  );
}

function Equation({ sum }: { sum: BalanceSum }) {
  return (
    <>
      <dl class="equation">
        <Term label={t("balance.received")} value={sum.received} tip={t("balance.received.tip")} />
        <Term sign="=" label={t("balance.accepted")} value={sum.accepted} tip={t("balance.accepted.tip")} />
        <Term sign="+" label={t("balance.repeated")} value={sum.repeated} tip={t("balance.repeated.tip")} />
        <Term sign="+" label={t("balance.rejected")} value={sum.rejected} tip={t("balance.rejected.tip")} />
        <Term sign="·" label={t("balance.aside")} value={sum.setAside} tip={t("balance.aside.tip")} />
      </dl>
      <p class={sum.gap === 0 ? "holds" : "failure"} role={sum.gap === 0 ? "note" : "alert"}>
        {sum.gap === 0 ? t("balance.holds") : t("balance.gap", { n: fixed(sum.gap, 0) })}
      </p>
    </>
  );
}

function Codes({ rows }: { rows: readonly Row[] }) {
  const codes = rejectsByCode(rows);
  const most = codes[0]?.[1] ?? 0;
  if (codes.length === 0) return <Quiet>{t("rejects.none")}</Quiet>;
  return (
    <ul class="codes">
      {codes.map(([id, count]) => (
        <li key={id}>
          <button type="button" class="plain" onClick={() => choose({ rejects: id, site: undefined })}>
            <span>{code("reject", id)}</span>
            <span class="soft">{id}</span>
          </button>
          <span class="bar-cell" aria-hidden="true">
            <span class="bar refused" style={{ width: `${(count / most) * 100}%` }} />
          </span>
          <b>{fixed(count, 0)}</b>
        </li>
      ))}
    </ul>
  );
}

function SiteRow({ row }: { row: Row }) {
  const rejected = rejectedOf(row);
  const { gap } = balanceOf([row]);
  return (
    <tr class={gap === 0 ? "" : "alarming"}>
      <th scope="row" class="name">
        <SiteName id={row.site} />
      </th>
      <td>{fixed(row.received, 0)}</td>
      <td>{fixed(row.accepted, 0)}</td>
      <td>{fixed(row.repeated, 0)}</td>
      <td>
        {rejected > 0 ? (
          <button type="button" class="plain" onClick={() => choose({ rejects: "all", site: row.site })}>
            {fixed(rejected, 0)}
          </button>
        ) : (
          0
        )}
      </td>
      <td>{fixed(row.setAside, 0)}</td>
    </tr>
  );
}

function Sites({ rows }: { rows: readonly Row[] }) {
  const ordered = [...rows].sort((a, b) => rejectedOf(b) - rejectedOf(a) || b.setAside - a.setAside);
  const heads = ["received", "accepted", "repeated", "rejected", "aside"] as const;
  return (
    <div class="scroll short-scroll">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">{t("site")}</th>
            {heads.map((head) => (
              <th key={head} scope="col">
                {t(`balance.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ordered.map((row) => (
            <SiteRow key={row.site} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Balance({ day }: { day: string }) {
  const { data, failure } = useAnswer<BalanceAnswer>(ask("/balance", { day }), BALANCE_EVERY_MS);
  return (
    <>
      <Panel class="balance" title={t("balance.title")} note={t("balance.note")}>
        <FailureNote failure={failure} />
        {data && <Equation sum={balanceOf(data.rows)} />}
        {data && <Sites rows={data.rows} />}
      </Panel>
      <Panel
        class="rejects"
        title={t("rejects.title")}
        note={t("rejects.note")}
        tools={
          <button type="button" class="plain" onClick={() => choose({ rejects: "all", site: undefined })}>
            {t("rejects.open")}
          </button>
        }
      >
        {data && <Codes rows={data.rows} />}
      </Panel>
    </>
  );
}
