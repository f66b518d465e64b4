/** Who was told by which channel, and whether it arrived. */
import type { MatterAnswer } from "../../../api/matters.ts";
import { stampOf } from "../../format/time.ts";
import { code, t } from "../../i18n/text.ts";
import { Panel, Quiet } from "../../parts/panel.tsx";
import { officerName } from "../../parts/who.ts";

export function Notices({ notices }: { notices: MatterAnswer["notices"] }) {
  return (
    <Panel class="notices" title={t("notices.title")}>
      {notices.length === 0 ? (
        <Quiet>{t("notices.none")}</Quiet>
      ) : (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("notices.officer")}</th>
                <th scope="col">{t("notices.kind")}</th>
                <th scope="col">{t("notices.channel")}</th>
                <th scope="col">{t("state")}</th>
                <th scope="col">{t("notices.at")}</th>
              </tr>
            </thead>
            <tbody>
              {notices.map((one) => (
                <tr key={`${one.at} ${one.officer} ${one.kind} ${one.channel}`}>
                  <th scope="row">{officerName(one.officer)}</th>
                  <td>{code("notice", one.kind)}</td>
                  <td>{one.channel || "—"}</td>
                  <td class={`notice-${one.status}`}>
                    {code("notice.status", one.status)}
                    {one.attempts > 1 && (
                      <span class="soft"> · {t("notices.attempts", { n: one.attempts })}</span>
                    )}
                    {one.error && <span class="stamp notice-error">{one.error}</span>}
                  </td>
                  <td>{stampOf(one.at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
