/** Refused messages and values, verbatim. A payload is always shown as text: it comes from outside. */
import { useEffect, useState } from "preact/hooks";
import type { RejectsAnswer } from "../../../api/records.ts";
import { fixed } from "../../format/number.ts";
import { addDays, stampOf } from "../../format/time.ts";
import { t, code as word } from "../../i18n/text.ts";
import { Drawer } from "../../parts/drawer.tsx";
import { FailureNote, Quiet } from "../../parts/panel.tsx";
import { ask, type Failure, fetchAnswer } from "../../state/answers.ts";
import { calendar } from "../../state/county.ts";

const PAGE = 50;

type Row = RejectsAnswer["rows"][number];

interface RejectsProps {
  readonly day: string;
  /** A code of the closed list, or `all`. */
  readonly code: string;
  readonly site?: string;
  readonly onClose: () => void;
}

function urlOf({ day, code, site }: RejectsProps, before: number | undefined): string {
  return ask("/rejects", {
    from: day,
    to: addDays(calendar.value, day, 1),
    code: code === "all" ? undefined : code,
    site,
    limit: PAGE,
    before,
  });
}

/** Pages of rejects, newest first. */
function usePages(props: RejectsProps) {
  const [rows, setRows] = useState<readonly Row[] | undefined>();
  const [failure, setFailure] = useState<Failure | undefined>();
  const [next, setNext] = useState<number | undefined>();
  const more = async () => {
    try {
      const answer = await fetchAnswer<RejectsAnswer>(urlOf(props, next));
      setRows([...(rows ?? []), ...answer.rows]);
      setNext(answer.next);
      setFailure(undefined);
    } catch (error) {
      setFailure(error as Failure);
    }
  };
  // The first page, once: for another question the parent's key makes this anew.
  useEffect(() => {
    void more();
  }, []);
  return { rows, failure, next, more };
}

function placeText(row: Row): string {
  return [row.site, row.meter, row.register].filter((part) => part !== undefined).join(" / ");
}

function Payload({ row }: { row: Row }) {
  if (row.payload === undefined) return <p class="soft">{t("rejects.hashed")}</p>;
  return (
    <>
      {row.encoding === "base64" && <p class="soft">base64</p>}
      <pre class="payload">{row.payload}</pre>
    </>
  );
}

function RejectItem({ row }: { row: Row }) {
  return (
    <li class="reject">
      <p class="reject-head">
        <span class="tag refused">{word("reject", row.code)}</span>
        <span>{stampOf(row.receivedAt)}</span>
        <span class="soft">{placeText(row)}</span>
        {row.replayedAt && <span class="tag">{t("rejects.replayed", { at: stampOf(row.replayedAt) })}</span>}
      </p>
      <p>{row.detail}</p>
      <details>
        <summary>
          {t("rejects.payload")} · {fixed(row.length, 0)} B
        </summary>
        <Payload row={row} />
        <dl class="facts">
          <div>
            <dt>{t("rejects.origin")}</dt>
            <dd>{row.origin}</dd>
          </div>
          {row.gateway && (
            <div>
              <dt>{t("rejects.gateway")}</dt>
              <dd>{row.gateway}</dd>
            </div>
          )}
          <div>
            <dt>{t("reading.offset")}</dt>
            <dd>{row.offset}</dd>
          </div>
          <div>
            <dt>SHA-256</dt>
            <dd class="hash">{row.sha256}</dd>
          </div>
        </dl>
      </details>
    </li>
  );
}

export function RejectsDrawer(props: RejectsProps) {
  const { rows, failure, next, more } = usePages(props);
  const what = props.code === "all" ? t("rejects.title") : word("reject", props.code);
  return (
    <Drawer title={`${what} · ${props.day}${props.site ? ` · ${props.site}` : ""}`} onClose={props.onClose}>
      <FailureNote failure={failure} />
      {!rows && !failure && <Quiet>{t("loading")}</Quiet>}
      {rows?.length === 0 && <Quiet>{t("rejects.none")}</Quiet>}
      <ul class="plain-list">
        {rows?.map((row) => (
          <RejectItem key={`${row.offset} ${row.register ?? ""}`} row={row} />
        ))}
      </ul>
      {next !== undefined && (
        <button type="button" class="plain" onClick={() => void more()}>
          {t("rejects.more")}
        </button>
      )}
    </Drawer>
  );
}
