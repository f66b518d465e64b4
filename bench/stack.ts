/** `npm run bench -- --stack`: what the production stack does on this machine, beside what its services can do at all. */
import { loadavg } from "node:os";
import type { Report } from "./report.ts";
import { benchCatchUp, type CatchUpResult } from "./stack-catchup.ts";
import { benchFigures } from "./stack-figures.ts";
import { benchIntake, type IntakeResult, type StackBench } from "./stack-intake.ts";
import { benchStackLatency } from "./stack-latency.ts";
import { viewLog } from "./stack-log.ts";
import { killRoles } from "./stack-role.ts";
import { startServices } from "./stack-services.ts";

export const stackParts: readonly string[] = ["intake", "figures", "latency", "catch-up"];

export interface StackOptions {
  readonly parts: ReadonlySet<string>;
  readonly quick: boolean;
  readonly profile: string | undefined;
  readonly catchUpMeters: number;
}

const load = (): string => loadavg()[0]!.toFixed(1);

export async function benchStack(report: Report, options: StackOptions): Promise<void> {
  const { parts, quick, profile } = options;
  report.note(`load average before: ${load()}`);
  const services = await startServices();
  const stopAll = async (): Promise<void> => {
    killRoles();
    await services.stop();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void stopAll().finally(() => process.exit(130)));
  const log = await viewLog(services.kafka);
  const bench: StackBench = { report, services, log, profile };
  try {
    const intake = parts.has("intake") ? await benchIntake(bench, quick ? 40_000 : 200_000) : undefined;
    const perSecond = parts.has("figures")
      ? await benchFigures(bench, quick ? 1_000 : 5_000, quick ? 48 : 96)
      : undefined;
    if (parts.has("latency")) await benchStackLatency(bench, 1_000, quick ? 10 : 30);
    const catchUp = parts.has("catch-up") ? await benchCatchUp(bench, options.catchUpMeters) : undefined;
    printSizing(report, intake, perSecond, catchUp);
  } finally {
    await log.close();
    await stopAll();
  }
  report.note(`load average after: ${load()}`);
}

/** The symbols of the sizing table in docs/production.md. */
function printSizing(
  report: Report,
  intake: IntakeResult | undefined,
  perSecond: number | undefined,
  catchUp: CatchUpResult | undefined,
): void {
  report.section("For sizing (docs/production.md)");
  if (catchUp) {
    report.note(`k = ${catchUp.kafkaBytes.toFixed(0)} bytes of a reading in Kafka`);
    report.note(`s = ${catchUp.influxBytes.toFixed(0)} bytes of a reading and its figures in InfluxDB`);
  }
  if (intake)
    report.note(
      `c = ${Math.round(intake.perSecond)} readings/s appended by a collector behind Mosquitto, ${Math.round(intake.directPerSecond)} by one that gateways connect to`,
    );
  if (perSecond !== undefined)
    report.note(`p = ${Math.round(perSecond)} readings/s made figures by a processor`);
  if (catchUp)
    report.note(`m = ${Math.round(catchUp.memoryBytes / 1024)} KiB of a processor's memory for a meter`);
}
