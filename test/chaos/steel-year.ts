/** The year published in random order, a tenth of it twice, while the process is killed again and again. */
import { join } from "node:path";
import { runProgram, startProgram } from "../program.ts";
import { seeded, shuffled } from "./random.ts";
import { registerYear, writeConfig } from "./register-year.ts";
import { createSender } from "./sender.ts";
import { differencesOf, storedRows } from "./stored.ts";

const TOPIC = "v1/sites/steel-works/meters/main/readings";

export interface SteelChaos {
  readonly kills: number;
  readonly acknowledged: number;
  readonly stored: number;
  /** Acknowledged readings that are not stored. */
  readonly lost: number;
  readonly differences: readonly string[];
  readonly reconciled: string;
}

async function quietRun(config: string, data: string): Promise<void> {
  const program = await startProgram(["--config", config, "--data", data]);
  const sender = createSender(TOPIC, registerYear().readings);
  while (sender.left() > 0) await sender.sendVia(program.mqttUrl, Number.POSITIVE_INFINITY);
  await program.stop();
}

/** @param share of the process's life, 0 to 1, at which it is killed, measured in messages */
async function stormyRun(config: string, data: string, kills: number, seed: number) {
  const random = seeded(seed);
  const { readings } = registerYear();
  const twice = readings.filter(() => random() < 0.1);
  const sender = createSender(TOPIC, shuffled([...readings, ...twice], random));
  const perLife = Math.ceil((readings.length + twice.length) / (kills + 1));
  let killed = 0;
  while (sender.left() > 0) {
    const program = await startProgram(["--config", config, "--data", data]);
    const last = killed >= kills;
    const sending = sender.sendVia(
      program.mqttUrl,
      last ? Number.POSITIVE_INFINITY : Math.ceil(perLife * (0.5 + random())),
    );
    // Now and then in the middle of the stream, now and then just after a group of acknowledgements.
    if (!last && random() < 0.5) {
      await new Promise((resolve) => setTimeout(resolve, random() * 400));
      await program.kill();
      await sending;
    } else await sending;
    if (last) await program.stop();
    else await program.kill().catch(() => undefined);
    if (!last) killed += 1;
  }
  return { killed, acknowledged: sender.acknowledged() };
}

export async function steelChaos(directory: string, kills: number, seed: number): Promise<SteelChaos> {
  const config = join(directory, "config");
  const quiet = join(directory, "quiet");
  const stormy = join(directory, "stormy");
  const { readings, swap } = registerYear();
  writeConfig(config, swap);
  await quietRun(config, quiet);
  const { killed, acknowledged } = await stormyRun(config, stormy, kills, seed);
  // Reconciling first computes whatever waits.
  await runProgram(["reconcile", "--config", config, "--data", quiet]);
  const { stdout } = await runProgram(["reconcile", "--config", config, "--data", stormy]);
  const expected = storedRows(quiet);
  const found = storedRows(stormy);
  const stored = found.get("reading")!.length;
  return {
    kills: killed,
    acknowledged,
    stored,
    lost: readings.length - stored,
    differences: differencesOf(expected, found),
    reconciled: stdout.trim().split("\n").at(-1) ?? "",
  };
}
