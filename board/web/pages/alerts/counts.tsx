/** Open matters by colour; a press narrows the list down to one. */
import type { ComponentChildren } from "preact";
import type { Colour } from "../../../../model/limit.ts";
import type { MatterCounts } from "../../../api/matters.ts";
import { coloursByWeight } from "../../format/matters.ts";
import { code, t } from "../../i18n/text.ts";
import { ColourMark } from "../../parts/colour-mark.tsx";
import { choose, route } from "../../state/route.ts";

function Tile(props: { label: ComponentChildren; n: number | undefined; class?: string }) {
  return (
    <>
      <span class="tile-label">{props.label}</span>
      <span class={`big ${props.class ?? ""}`}>{props.n ?? "—"}</span>
    </>
  );
}

function ColourTile({ colour, n }: { colour: Colour; n: number | undefined }) {
  const pressed = route.value.query.colour === colour;
  return (
    <button
      type="button"
      class={`tile level-${colour}${n === 0 ? " nothing" : ""}`}
      aria-pressed={pressed}
      aria-label={t("counts.open", { n: n ?? "—", colour: code("colour", colour) })}
      onClick={() => choose({ colour: pressed ? undefined : colour })}
    >
      <Tile label={<ColourMark colour={colour} />} n={n} />
    </button>
  );
}

export function Counts({ counts }: { counts: MatterCounts | undefined }) {
  const overdue = counts?.overdue ?? 0;
  return (
    <section class="panel counts" aria-label={t("counts.title")}>
      {coloursByWeight.map((colour) => (
        <ColourTile key={colour} colour={colour} n={counts?.open[colour]} />
      ))}
      <div class={`tile plain-tile${overdue > 0 ? " late" : " nothing"}`}>
        <Tile label={t("counts.overdue")} n={counts?.overdue} />
      </div>
      {counts !== undefined && counts.unassigned > 0 && (
        <p class="failure unassigned">{t("counts.unassigned", { n: counts.unassigned })}</p>
      )}
    </section>
  );
}
