/** The long form: scenario after scenario, with a table at the end. */
import { haveServices } from "../services/available.ts";
import { type Outcome, play } from "./production.ts";
import { scenarios, shortScenarios } from "./production-scenarios.ts";
import { openStage } from "./production-stage.ts";

export interface StackChaosOptions {
  readonly seed: number;
  readonly isLong: boolean;
  /** Several troubles in each run, as in the tests. */
  readonly isTurns: boolean;
  /** Of the example county's load. */
  readonly hours: number;
  /** How often all of it, with other seeds. */
  readonly rounds: number;
  /** A pattern of scenarios' names; empty: all. */
  readonly only: string;
  readonly write: (line: string) => void;
}

const row = (one: Outcome): string => {
  const slowest =
    one.recoveriesMs.length === 0 ? "" : `${(Math.max(...one.recoveriesMs) / 1000).toFixed(1)} s`;
  const cells = [
    one.scenario,
    one.seconds,
    one.pubacks,
    one.lost,
    one.rows,
    one.reconcileDifferences,
    slowest,
  ];
  return `| ${[...cells, one.problems.join("; ") || "right"].join(" | ")} |`;
};

/** @returns whether everything was right */
export async function stackChaos(directory: string, options: StackChaosOptions): Promise<boolean> {
  const { seed, isLong, hours, rounds, only, isTurns, write } = options;
  if (!(await haveServices(["kafka", "influx", "mosquitto"], { own: true }))) return false;
  const stage = await openStage(directory, { hours, isSmall: !isLong });
  const outcomes: Outcome[] = [];
  let failed = 0;
  const chosen = isTurns ? shortScenarios : scenarios;
  try {
    write(`${stage.messages.length} messages of ${hours} hours, ${stage.neverStored.size} never stored`);
    for (let i = 0; i < rounds; i += 1) {
      for (const [k, scenario] of chosen.filter(({ name }) => new RegExp(only).test(name)).entries()) {
        write(`\n${scenario.name}`);
        try {
          outcomes.push(
            await play(stage, scenario, {
              seed: seed + i * 100 + k,
              isLong,
              say: (text) => write(`  ${text}`),
            }),
          );
        } catch (error) {
          failed += 1;
          write(`  FAILED: ${error instanceof Error ? error.stack : String(error)}`);
        }
        const last = outcomes.at(-1);
        if (last?.scenario === scenario.name) for (const text of last.differences) write(`  ${text}`);
      }
    }
  } finally {
    await stage.close();
  }
  write("\n| scenario | s | PUBACKs | lost | rows compared | reconcile | slowest recovery | |");
  write("|---|---|---|---|---|---|---|---|");
  for (const one of outcomes) write(row(one));
  return failed === 0 && outcomes.every(({ problems }) => problems.length === 0);
}
