/** The closed loop from raised to closed (销号), each step with when and by whom. */
import type { MatterAnswer } from "../../../api/matters.ts";
import { stepsOf } from "../../format/matters.ts";
import { shortStampOf } from "../../format/time.ts";
import { code, t } from "../../i18n/text.ts";
import { Panel } from "../../parts/panel.tsx";
import { actorName } from "../../parts/who.ts";

export function Steps({ answer: { matter, events } }: { answer: MatterAnswer }) {
  return (
    <Panel class="steps-panel" title={t("steps.title")}>
      <ol class="steps">
        {stepsOf(matter, events).map(({ step, how, at, event }) => (
          <li key={step} class={how} {...(how === "now" ? { "aria-current": "step" as const } : {})}>
            <i aria-hidden="true" />
            <b>
              {step === "explained" && matter.state === "assigned"
                ? code("matter.state", "assigned")
                : code("matter.state", step)}
            </b>
            <span class="soft">
              {at ? shortStampOf(at) : t(how === "passed" ? "steps.passed" : "steps.open")}
            </span>
            {event && <span>{actorName(event)}</span>}
          </li>
        ))}
      </ol>
    </Panel>
  );
}
