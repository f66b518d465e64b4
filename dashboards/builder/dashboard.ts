/** A dashboard from its panels: laid out in rows, with what all of them have. */
import {
  type AnnotationQuery,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  TimePickerBuilder,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { LocalText } from "../../model/registry.ts";
import { menu, TAG } from "./links.ts";
import type { DashboardUid } from "./panel-ids.ts";
import { both, paragraphs } from "./text.ts";
import { source } from "./variables.ts";
import { zone } from "./zone.ts";

/** Columns of Grafana's grid. */
const WIDTH = 24;

/** Version of the JSON's form: that of Grafana 12. Earlier ones read it too, as far as they know its parts. */
export const SCHEMA_VERSION = 42;

/** Panels side by side: each with its width, of 24 in all. */
export interface Row {
  readonly height: number;
  readonly panels: readonly (readonly [panel: Panel, width: number])[];
}

/** @throws Error for a row that is wider than the grid */
export function laidOut(rows: readonly Row[]): Panel[] {
  let y = 0;
  return rows.flatMap(({ height, panels }) => {
    let x = 0;
    const placed = panels.map(([panel, width]): Panel => {
      const gridPos = { h: height, w: width, x, y };
      x += width;
      return { ...panel, gridPos };
    });
    if (x > WIDTH)
      throw new Error(`panels ${panels.map(([panel]) => panel.id)} are ${x} wide, the grid ${WIDTH}`);
    y += height;
    return placed;
  });
}

export interface Parts {
  readonly uid: DashboardUid;
  readonly title: LocalText;
  readonly about: LocalText;
  /** Time shown at first, from then to now. */
  readonly from: string;
  readonly refresh: string;
  readonly variables: readonly VariableModel[];
  readonly annotations: readonly AnnotationQuery[];
  readonly rows: readonly Row[];
}

export function dashboard(parts: Parts): Dashboard {
  const built = new DashboardBuilder(both(parts.title))
    .uid(parts.uid)
    .description(paragraphs(parts.about))
    .tags([TAG])
    .timezone(zone)
    .weekStart("monday")
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: parts.from, to: "now" })
    .refresh(parts.refresh)
    .timepicker(new TimePickerBuilder().refreshIntervals(["1m", "5m", "15m", "1h"]))
    .build();
  return {
    ...built,
    id: null,
    schemaVersion: SCHEMA_VERSION,
    panels: laidOut(parts.rows),
    templating: { list: [source, ...parts.variables] },
    annotations: { list: [...parts.annotations] },
    links: [menu],
  };
}
