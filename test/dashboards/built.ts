/** The dashboards as they are built and as they are committed, and every question in them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import { dashboardFiles } from "../../dashboards/builder/files.ts";
import { projectRoot } from "../program.ts";

export interface Target {
  readonly refId: string;
  readonly query: string;
  readonly rawQuery: boolean;
  readonly resultFormat?: "time_series" | "table";
  readonly datasource?: { readonly type: string; readonly uid: string };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly interval?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly targets: readonly Target[];
  readonly transformations?: readonly { readonly id: string; readonly options: Record<string, unknown> }[];
  readonly fieldConfig: {
    readonly defaults: Record<string, unknown> & { readonly unit?: string };
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string;
  readonly regex?: string;
  readonly multi: boolean;
  readonly includeAll: boolean;
  readonly refresh?: number;
  readonly datasource?: { readonly uid: string };
  readonly current?: { readonly value: string | readonly string[] };
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly id: null;
  readonly schemaVersion: number;
  readonly editable: boolean;
  readonly timezone: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly tags: readonly string[];
  readonly links: readonly {
    readonly type: string;
    readonly tags: readonly string[];
    readonly includeVars: boolean;
    readonly keepTime: boolean;
  }[];
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly target: Target & Record<string, unknown> }[];
  };
}

/** The example county has no rules and carriers of its own. */
export const { registry } = await loadConfig(join(projectRoot, "config/example"));

/** Contents by path in the tree. */
export const files = dashboardFiles(registry);

/** The committed ones. */
export const committed: readonly Dashboard[] = readdirSync(join(projectRoot, "dashboards"))
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(join(projectRoot, "dashboards", name), "utf8")) as Dashboard);

export interface Question {
  readonly dashboard: Dashboard;
  /** Where it stands, for messages. */
  readonly where: string;
  readonly query: string;
  readonly panel?: Panel;
  readonly target?: Target;
}

/** Every question of a dashboard's panels, variables and annotations. */
export function questionsOf(dashboard: Dashboard): Question[] {
  const { panels, templating, annotations } = dashboard;
  return [
    ...panels.flatMap((panel) =>
      panel.targets.map((target) => ({
        dashboard,
        panel,
        target,
        where: `${dashboard.uid} panel ${panel.id} (${panel.title}) ${target.refId}`,
        query: target.query,
      })),
    ),
    ...templating.list
      .filter((variable) => variable.type === "query")
      .map(({ name, query }) => ({ dashboard, where: `${dashboard.uid} variable ${name}`, query })),
    ...annotations.list.map(({ name, target }) => ({
      dashboard,
      where: `${dashboard.uid} annotation ${name}`,
      query: target.query,
    })),
  ];
}

export const questions: readonly Question[] = committed.flatMap(questionsOf);
