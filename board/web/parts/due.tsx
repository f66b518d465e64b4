/** By when a matter has to be acknowledged, and whether it was. */
import type { ApiMatter } from "../../api/matters.ts";
import { dueOf } from "../format/matters.ts";
import { shortStampOf, stampOf } from "../format/time.ts";
import { t } from "../i18n/text.ts";
import { serverNow } from "../state/live.ts";
import { durationText } from "./ages.ts";

export function Due({ matter }: { matter: ApiMatter }) {
  const due = dueOf(matter, serverNow.value);
  const tip = matter.dueAt ? { "data-tip": t("due.tip", { at: stampOf(matter.dueAt) }) } : {};
  switch (due.kind) {
    case "waits":
      return (
        <span class="due" {...tip}>
          {t("due.waits", { left: durationText(due.ms) })}
          <span class="stamp soft">{shortStampOf(matter.dueAt!)}</span>
        </span>
      );
    case "late":
      return (
        <span class="due late" {...tip}>
          {t("due.late", { by: durationText(due.ms) })}
          <span class="stamp">{shortStampOf(matter.dueAt!)}</span>
        </span>
      );
    case "answered":
      return (
        <span class={`due ${due.late ? "was-late" : "soft"}`}>
          {t(due.late ? "due.was-late" : "due.in-time")}
        </span>
      );
    case "none":
      return <span class="due soft">—</span>;
  }
}
