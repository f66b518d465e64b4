/** `npm run bench -- --stack`: what the production stack does on this machine, beside what its services can do at all. */
import { loadavg } from "node:os";
import type { Report } from "./report.ts";
import { benchFigures } from "./stack-figures.ts";
import { benchIntake, type StackBench } from "./stack-intake.ts";
import { viewLog } from "./stack-log.ts";
import { startServices } from "./stack-services.ts";

export const stackParts: readonly string[] = ["intake", "figures", "latency", "catch-up"];

export interface StackOptions {
  readonly parts: ReadonlySet<string>;
  readonly quick: boolean;
  readonly profile: string | undefined;
}

const load = (): string => loadavg()[0]!.toFixed(1);

export async function benchStack(report: Report, { parts, quick, profile }: StackOptions): Promise<void> {
  report.note(`load average before: ${load()}`);
  const services = await startServices();
  const log = await viewLog(services.kafka);
  const bench: StackBench = { report, services, log, profile };
  try {
    if (parts.has("intake")) await benchIntake(bench, quick ? 40_000 : 200_000);
    if (parts.has("figures")) await benchFigures(bench, quick ? 1_000 : 5_000, quick ? 48 : 96);
  } finally {
    await log.close();
    await services.stop();
  }
  report.note(`load average after: ${load()}`);
}
