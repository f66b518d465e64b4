/** Tables: rows by an id with the name that `info` has for it, and columns with units, colours and links. */
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type {
  DataTransformerConfig,
  DynamicConfigValue,
  Threshold,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { LocalText } from "../../model/registry.ts";
import { table } from "./influxql.ts";
import type { Override, PanelLink } from "./panels.ts";
import { thresholds } from "./steps.ts";
import { both } from "./text.ts";

export interface Column {
  /** As the question names it. */
  readonly from: string;
  readonly shown: LocalText;
  readonly unit?: string;
  readonly decimals?: number;
  /** Colours the cell's background. */
  readonly steps?: readonly Threshold[];
  readonly links?: readonly PanelLink[];
  readonly mappings?: readonly object[];
  readonly width?: number;
}

/** The names of what has a tag, to be joined with rows by that tag. @param where a further condition */
export function names(
  refId: string,
  tag: "site" | "meter" | "group" | "limit",
  where = "",
): Builder<Dataquery> {
  return table(
    refId,
    `SELECT "label" AS "name", "${tag}" FROM "info" WHERE time = 0 AND "kind" = '${tag}'${where}`,
  );
}

/** Joins the answers of all questions by a column, keeps the columns given, in their order, and names them. */
export function joined(by: string | undefined, columns: readonly Column[]): DataTransformerConfig[] {
  const order = columns.map(({ from }) => from);
  return [
    ...(by ? [{ id: "joinByField", options: { byField: by, mode: "outer" } }] : []),
    { id: "filterFieldsByName", options: { include: { names: order } } },
    {
      id: "organize",
      options: {
        excludeByName: {},
        indexByName: Object.fromEntries(order.map((name, i) => [name, i])),
        renameByName: Object.fromEntries(columns.map(({ from, shown }) => [from, both(shown)])),
      },
    },
  ];
}

/** Units, colours and links of the columns, by the names they are shown with. */
export function columnOverrides(columns: readonly Column[]): Override[] {
  return columns.flatMap((column) => {
    const properties: DynamicConfigValue[] = [];
    if (column.unit) properties.push({ id: "unit", value: column.unit });
    if (column.decimals !== undefined) properties.push({ id: "decimals", value: column.decimals });
    if (column.steps) {
      properties.push({ id: "thresholds", value: thresholds(column.steps).build() });
      properties.push({ id: "custom.cellOptions", value: { type: "color-background", mode: "basic" } });
    }
    if (column.mappings) {
      properties.push({ id: "mappings", value: column.mappings });
      if (!column.steps) properties.push({ id: "custom.cellOptions", value: { type: "color-text" } });
    }
    if (column.links) properties.push({ id: "links", value: column.links });
    if (column.width) properties.push({ id: "custom.width", value: column.width });
    return properties.length > 0 ? [{ name: both(column.shown), properties }] : [];
  });
}
