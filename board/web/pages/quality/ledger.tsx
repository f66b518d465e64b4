/** Changes to figures of closed days: before, after, and why. */
import type { LedgerAnswer } from "../../../api/records.ts";
import { amount, exact } from "../../format/number.ts";
import { stampOf, windowLabel } from "../../format/time.ts";
import { code, t } from "../../i18n/text.ts";
import { FailureNote, Panel, Quiet } from "../../parts/panel.tsx";
import { Amount, carrierName, Unknown } from "../../parts/shown.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { carrierOf, registry } from "../../state/county.ts";
import { SiteName } from "./site-name.tsx";

const LEDGER_EVERY_MS = 30_000;
const MOST = 200;

type Row = LedgerAnswer["rows"][number];

/** A site's or meter's owner is `site` or `site/meter`; a group's is its key. */
function Owner({ row }: { row: Row }) {
  if (row.scope === "group") return <>{row.owner}</>;
  const [site = row.owner, meter] = row.owner.split("/");
  return (
    <>
      <SiteName id={site} />
      {meter && <span class="soft"> / {meter}</span>}
    </>
  );
}

function LedgerRow({ row }: { row: Row }) {
  const unit = carrierOf(row.carrier)?.unit ?? "";
  const difference = row.after.amount - (row.before?.amount ?? 0);
  return (
    <tr>
      <th scope="row">{stampOf(row.at)}</th>
      <td class="text name">
        <Owner row={row} />
      </td>
      <td class="text">{carrierName(row.carrier)}</td>
      <td class="text">
        {windowLabel(row.start, row.window)} <span class="soft">{t(`window.${row.window}`)}</span>
      </td>
      <td>
        {row.before ? (
          <Amount shown={amount(row.before.amount, unit)} why="" />
        ) : (
          <Unknown why={t("ledger.new")} />
        )}
      </td>
      <td>
        <Amount shown={amount(row.after.amount, unit)} why="" />
      </td>
      <td>
        {difference > 0 ? "+" : ""}
        {exact(difference)}
      </td>
      <td class="text">{code("cause", row.cause)}</td>
    </tr>
  );
}

export function Ledger() {
  const { data, failure } = useAnswer<LedgerAnswer>(ask("/ledger", { limit: MOST }), LEDGER_EVERY_MS);
  const closed = registry.value?.county.closedThrough;
  const heads = ["ledger.before", "ledger.after", "ledger.difference"] as const;
  return (
    <Panel
      class="ledger"
      title={t("ledger.title")}
      note={closed ? t("ledger.note", { date: closed }) : t("ledger.open")}
    >
      <FailureNote failure={failure} />
      {data?.rows.length === 0 && <Quiet>{t("ledger.none")}</Quiet>}
      {data && data.rows.length > 0 && (
        <div class="scroll short-scroll">
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">{t("ledger.at")}</th>
                <th scope="col" class="text">
                  {t("ledger.owner")}
                </th>
                <th scope="col" class="text">
                  {t("carrier")}
                </th>
                <th scope="col" class="text">
                  {t("window")}
                </th>
                {heads.map((head) => (
                  <th key={head} scope="col">
                    {t(head)}
                  </th>
                ))}
                <th scope="col" class="text">
                  {t("ledger.cause")}
                </th>
              </tr>
            </thead>
            <tbody>
              {data.rows.map((row) => (
                <LedgerRow
                  key={`${row.at} ${row.scope} ${row.owner} ${row.carrier} ${row.window} ${row.start}`}
                  row={row}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
