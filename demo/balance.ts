/** A site that makes its own: what it takes from outside, gives away, or cannot use. */
import type { DayIndex } from "../model/time.ts";
import { type Flow, nodeFlow, sumFlow } from "./flow.ts";
import { NODES } from "./shape-tables.ts";

/** What a site with generators is made of. */
export interface BalanceParts {
  /** What the site uses. */
  readonly load: Flow;
  /** What each generator could give. */
  readonly generators: readonly Flow[];
  /** There is a meter on what comes in; without one the load takes no more than is generated. */
  readonly imports: boolean;
  /** Most that can go out per hour; 0 where nothing can, and generation is held back instead. */
  readonly exportCap: number;
}

/** What its meters see. */
export interface BalanceFlows {
  readonly imported: Flow;
  readonly exported: Flow;
  /** As generated, after being held back; in the order given. */
  readonly generated: readonly Flow[];
}

interface BalanceDay {
  readonly imported: Float64Array;
  readonly exported: Float64Array;
  /** Share of what could be generated that was. */
  readonly kept: Float64Array;
}

/** imported + generated = load + exported, at every moment. */
export function balance(parts: BalanceParts): BalanceFlows {
  const available = sumFlow(parts.generators);
  let lastDay = Number.NaN;
  let last: BalanceDay | undefined;
  const on = (day: DayIndex): BalanceDay => {
    if (last && day === lastDay) return last;
    last = balanceDay(parts, parts.load.nodes(day), available.nodes(day));
    lastDay = day;
    return last;
  };
  return {
    imported: nodeFlow(parts.load.peak, (day) => on(day).imported),
    exported: nodeFlow(parts.exportCap, (day) => on(day).exported),
    generated: parts.generators.map((flow) =>
      nodeFlow(flow.peak, (day) => {
        const { kept } = on(day);
        const nodes = flow.nodes(day);
        const made = new Float64Array(NODES);
        for (let i = 0; i < NODES; i += 1) made[i] = (nodes[i] ?? 0) * (kept[i] ?? 1);
        return made;
      }),
    ),
  };
}

function balanceDay(parts: BalanceParts, load: Float64Array, available: Float64Array): BalanceDay {
  const imported = new Float64Array(NODES);
  const exported = new Float64Array(NODES);
  const kept = new Float64Array(NODES).fill(1);
  for (let i = 0; i < NODES; i += 1) {
    const could = available[i] ?? 0;
    const used = parts.imports ? (load[i] ?? 0) : Math.min(load[i] ?? 0, could);
    const made = Math.min(could, used + parts.exportCap);
    if (could > 0) kept[i] = made / could;
    imported[i] = Math.max(0, used - made);
    exported[i] = Math.max(0, made - used);
  }
  return { imported, exported, kept };
}
