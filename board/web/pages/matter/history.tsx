/** Everything that happened to a matter, newest first. Texts come from people and channels: shown as text. */
import { useState } from "preact/hooks";
import type { ApiMatterEvent } from "../../../api/matters.ts";
import { exact } from "../../format/number.ts";
import { stampOf } from "../../format/time.ts";
import { code, t } from "../../i18n/text.ts";
import { Segmented } from "../../parts/choices.tsx";
import { Panel } from "../../parts/panel.tsx";
import { actorName, officerName } from "../../parts/who.ts";

/** What the program notes by itself about its messages: behind a switch, officers look for what people did. */
const deliveries: readonly string[] = ["notify", "deliver", "fail-delivery", "repeat"];

/** Details that say no more than that something is so. */
const flags: readonly string[] = ["nobody", "last"];

function detailText(name: string, value: string | number): string {
  const label = code("detail", name);
  if (flags.includes(name)) return label;
  const names = String(value)
    .split(",")
    .filter((one) => one !== "");
  if (name === "officers" || name === "officer" || name === "by")
    return `${label} ${names.map(officerName).join(t("list.comma"))}`;
  if (name === "colour" || name === "before") return `${label} ${code("colour", String(value))}`;
  if (name === "kind") return `${label} ${code("notice", String(value))}`;
  return `${label} ${typeof value === "number" ? exact(Number(value.toPrecision(4))) : value}`;
}

/** What belongs to an event; what it says already by its own words is left out. */
function detailsOf({ action, details }: ApiMatterEvent): string[] {
  return Object.entries(details)
    .filter(([name, value]) => value !== "" && !(name === "by" && action !== "assign"))
    .map(([name, value]) => detailText(name, value));
}

function Item({ event }: { event: ApiMatterEvent }) {
  const details = detailsOf(event);
  return (
    <li class={`event by-${event.actor === "system" ? "system" : "person"}`}>
      <p>
        <b>{code("matter.did", event.action)}</b> <span>{actorName(event)}</span>{" "}
        <span class="soft">{stampOf(event.at)}</span>
      </p>
      {event.text !== "" && <p class="said">{event.text}</p>}
      {details.length > 0 && <p class="soft">{details.join(" · ")}</p>}
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
