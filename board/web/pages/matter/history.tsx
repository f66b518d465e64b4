/** Everything that happened to a matter, newest first. Texts come from people and channels: shown as text. */
import { useState } from "preact/hooks";
import type { ApiMatterEvent } from "../../../api.ts";
import { fixed } from "../../format/number.ts";
import { stampOf } from "../../format/time.ts";
import { code, t } from "../../i18n/text.ts";
import { Segmented } from "../../parts/choices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { agencyName, officerName } from "../../parts/who.ts";

/** What the program notes by itself about its messages: behind a switch, officers look for what people did. */
const deliveries: readonly string[] = ["notify", "deliver", "fail-delivery", "repeat"];

function detailText(name: string, value: string | number): string {
  const names = String(value)
    .split(",")
    .map((one) => one.trim());
  if (/officer|^to$|recipient/i.test(name)) return names.map(officerName).join(t("list.comma"));
  if (/agenc|lead/i.test(name)) return names.map(agencyName).join(t("list.comma"));
  if (name === "colour" || name === "from") return code("colour", String(value));
  return typeof value === "number" ? fixed(value, Number.isInteger(value) ? 0 : 2) : value;
}

function Item({ event }: { event: ApiMatterEvent }) {
  const details = Object.entries(event.details);
  return (
    <li class={`event by-${event.actor === "system" ? "system" : "person"}`}>
      <p>
        <b>{code("matter.action", event.action)}</b> <span>{officerName(event.actor)}</span>{" "}
        <span class="soft">{stampOf(event.at)}</span>
      </p>
      {event.text !== "" && <p class="said">{event.text}</p>}
      {details.length > 0 && (
        <p class="soft">
          {details.map(([name, value]) => `${code("detail", name)} ${detailText(name, value)}`).join(" · ")}
        </p>
      )}
    </li>
  );
}

export function History({ events }: { events: readonly ApiMatterEvent[] }) {
  const [all, setAll] = useState<"people" | "all">("people");
  const shown = events.filter((one) => all === "all" || !deliveries.includes(one.action)).reverse();
  return (
    <Panel
      class="history"
      title={t("history.title")}
      note={t("history.note")}
      tools={
        <Segmented
          label={t("history.title")}
          options={[
            { value: "people", label: t("history.people") },
            { value: "all", label: t("history.all", { n: events.length }) },
          ]}
          value={all}
          onChange={setAll}
        />
      }
    >
      <ol class="plain-list events">
        {shown.map((event) => (
          <Item key={event.seq} event={event} />
        ))}
      </ol>
    </Panel>
  );
}
