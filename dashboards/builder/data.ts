/** What the dashboards take from the configuration's shipped data, so that nothing is typed twice. */
import type { Carrier } from "../../model/registry.ts";
import type { Rule } from "../../model/rule.ts";

export interface Shipped {
  readonly carriers: readonly Carrier[];
  readonly rules: readonly Rule[];
}
