/** Open matters by colour. */
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { type Colour, colours } from "../../model/limit.ts";
import type { LocalText } from "../../model/registry.ts";
import { series } from "./influxql.ts";
import { onward } from "./links.ts";
import { levelColours } from "./palette.ts";
import { named, stat } from "./panels.ts";
import { fromOn, neutral } from "./steps.ts";
import { text } from "./text.ts";
import { unit } from "./units.ts";

export const colourNames: Readonly<Record<Colour, LocalText>> = {
  yellow: text("黄", "yellow"),
  orange: text("橙", "orange"),
  red: text("红", "red"),
};

const openOf = (refId: string, colour: Colour, where: string) =>
  series(
    refId,
    `SELECT count("open") AS "open" FROM "alert" WHERE $timeFilter AND "open" = 1 AND "colour" = '${colour}'${where}`,
    colour,
  );

/** Of all three colours in one panel. @param where begins with ` AND ` */
export function openAlerts(id: number, where: string): Panel {
  return stat({
    id,
    title: text("未销号事项", "Open matters"),
    about: text(
      "所选时间内发生、尚未销号的预警事项数，按颜色。",
      "Matters raised in the time shown and not closed yet, by colour.",
    ),
    queries: colours.map((colour, i) => openOf(String.fromCharCode(65 + i), colour, where)),
    unit: unit.count,
    steps: neutral(levelColours.green),
    noValue: "0",
    overrides: colours.map((colour) => named(colour, colourNames[colour], levelColours[colour])),
    links: [onward("energy-alerts", text("预警与销号", "Alerts"))],
  });
}

/** Of one colour. */
export function openAlert(id: number, colour: Colour, where: string): Panel {
  const { zh, en } = colourNames[colour];
  return stat({
    id,
    title: text(`未销号（${zh}）`, `Open, ${en}`),
    about: text(
      `所选时间内发生、尚未销号的${zh}色预警事项数。`,
      `Matters of level ${en} raised in the time shown and not closed yet.`,
    ),
    queries: [openOf("A", colour, where)],
    unit: unit.count,
    steps: fromOn(1, colour),
    noValue: "0",
  });
}
