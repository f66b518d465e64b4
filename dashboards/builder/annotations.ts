/** What happened to meters, factors and figures, over the panels of time: the reason of a step in a curve. */
import type { AnnotationQuery } from "@grafana/grafana-foundation-sdk/dashboard";
import type { LocalText } from "../../model/registry.ts";
import { chosen, datasource } from "./influxql.ts";
import { plain } from "./palette.ts";
import { both, text } from "./text.ts";

interface Kind {
  readonly kinds: readonly string[];
  readonly name: LocalText;
  readonly colour: string;
}

/** Values of the tag `kind` of measurement `event`, by what an officer would look for. */
export const eventKinds: readonly Kind[] = [
  { kinds: ["swap"], name: text("换表", "Meter swaps"), colour: plain.second },
  { kinds: ["multiplier", "factor"], name: text("因子变更", "Factor changes"), colour: plain.third },
  { kinds: ["restatement"], name: text("数据重述", "Restatements"), colour: plain.estimated },
  { kinds: ["outage"], name: text("中断", "Outages"), colour: "#b3261e" },
];

/**
 * @param variable of the dashboard, whose sites' events are shown besides those of no site
 */
export function annotations(variable?: string): AnnotationQuery[] {
  const where = variable ? ` AND (${chosen("site", variable)} OR "site" = '')` : "";
  return eventKinds.map(({ kinds, name, colour }) => {
    const query = `SELECT "textZh" AS "text", "textEn" AS "title", "kind" AS "tags" FROM "event" WHERE $timeFilter AND "kind" =~ /^(${kinds.join("|")})$/${where}`;
    const columns = { textColumn: "text", titleColumn: "title", tagsColumn: "tags", timeEndColumn: "" };
    return {
      name: both(name),
      datasource,
      enable: true,
      hide: false,
      iconColor: colour,
      target: {
        refId: "annotationQuery",
        query,
        rawQuery: true,
        fromAnnotations: true,
        name: both(name),
        ...columns,
      },
    } as unknown as AnnotationQuery;
  });
}
