/** What a meter's register showed, moment by moment, and what the judge made of it. */
import { useState } from "preact/hooks";
import { stands } from "../../../../model/reading.ts";
import type { ReadingsAnswer } from "../../../api/records.ts";
import type { ApiSite } from "../../../api/sites.ts";
import { exact, written } from "../../format/number.ts";
import { ageOf, stampOf } from "../../format/time.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Choice, Segmented } from "../../parts/choices.tsx";
import { FailureNote, Panel, Quiet } from "../../parts/panel.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { choice, choose, route } from "../../state/route.ts";
import { type CurveChoice, endOf } from "./curve-choice.ts";

const READINGS_EVERY_MS = 30_000;
const PAGE = 96;

type Row = ReadingsAnswer["rows"][number];
type Shown = "all" | "set-aside";

function delayText(row: Row): string {
  const age = ageOf(Date.parse(row.receivedAt) - Date.parse(row.at));
  return t(`delay.${age.unit}`, { n: age.count });
}

function ReadingRow({ row, unit }: { row: Row; unit: string }) {
  return (
    <tr class={stands(row.verdict) ? "" : "aside"}>
      <th scope="row">{stampOf(row.at)}</th>
      <td>
        {exact(row.value)} <span class="unit">{written(unit)}</span>
      </td>
      <td class="text">
        <span class={`tag verdict-${row.verdict}`} data-tip={code("verdict.tip", row.verdict)}>
          {code("verdict", row.verdict)}
        </span>
      </td>
      <td>{stampOf(row.receivedAt)}</td>
      <td>{delayText(row)}</td>
      <td>{row.seq ?? "—"}</td>
      <td>{row.revision}</td>
      <td>{row.offset}</td>
    </tr>
  );
}

function Table({ rows, unit }: { rows: readonly Row[]; unit: string }) {
  const [pages, setPages] = useState(1);
  const heads = [
    "reading.received",
    "reading.delay",
    "reading.seq",
    "reading.revision",
    "reading.offset",
  ] as const;
  return (
    <>
      <div class="scroll short-scroll">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">{t("reading.at")}</th>
              <th scope="col">{t("reading.value")}</th>
              <th scope="col" class="text">
                {t("verdict")}
              </th>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {t(head)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, pages * PAGE).map((row) => (
              <ReadingRow key={`${row.at} ${row.revision} ${row.value}`} row={row} unit={unit} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > pages * PAGE && (
        <button type="button" class="plain" onClick={() => setPages(pages + 1)}>
          {t("more", { n: rows.length - pages * PAGE })}
        </button>
      )}
    </>
  );
}

/** Which meter and register are read, from the address. */
function seriesOf(site: ApiSite, carrier: string) {
  const { query } = route.value;
  const meter =
    site.meters.find((one) => one.id === query.meter) ??
    site.meters.find((one) => one.carrier === carrier) ??
    site.meters[0];
  return {
    meter,
    register: meter?.registers.find((one) => one.id === query.register) ?? meter?.registers[0],
  };
}

export function Readings({ site, chosen }: { site: ApiSite; chosen: CurveChoice }) {
  const { meter, register } = seriesOf(site, chosen.carrier);
  const shown = choice<Shown>("readings", ["all", "set-aside"]);
  const query = {
    site: site.id,
    meter: meter?.id,
    register: register?.id,
    from: chosen.first,
    to: endOf(chosen),
  };
  const { data, failure } = useAnswer<ReadingsAnswer>(
    meter && register ? ask("/readings", query) : undefined,
    READINGS_EVERY_MS,
  );
  if (!meter || !register) return null;
  const rows = (data?.rows ?? []).filter((row) => shown === "all" || !stands(row.verdict)).reverse();
  return (
    <Panel
      class="readings-panel"
      title={t("readings.title")}
      note={
        data
          ? t("readings.note", {
              n: data.rows.length,
              aside: data.rows.filter((row) => !stands(row.verdict)).length,
            })
          : ""
      }
      tools={
        <>
          <Choice
            label={t("meter")}
            value={meter.id}
            options={site.meters.map((one) => ({ value: one.id, label: named(one.name) }))}
            onChange={(value) => choose({ meter: value, register: undefined })}
          />
          <Choice
            label={t("register")}
            value={register.id}
            options={meter.registers.map((one) => ({ value: one.id, label: code("register", one.id) }))}
            onChange={(value) => choose({ register: value })}
          />
          <Segmented<Shown>
            label={t("verdict")}
            value={shown}
            options={[
              { value: "all", label: t("readings.all") },
              { value: "set-aside", label: t("readings.aside") },
            ]}
            onChange={(value) => choose({ readings: value === "all" ? undefined : value })}
          />
        </>
      }
    >
      <FailureNote failure={failure} />
      {data && rows.length === 0 && (
        <Quiet>{t(shown === "all" ? "readings.none" : "readings.none-aside")}</Quiet>
      )}
      {rows.length > 0 && (
        <Table key={`${meter.id} ${register.id}`} rows={rows} unit={data?.unit ?? register.unit} />
      )}
    </Panel>
  );
}
