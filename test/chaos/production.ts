/** Runs troubles on the production stack, and checks after each that nothing was lost, doubled or miscounted. */
import { rm } from "node:fs/promises";
import {
  compared,
  loggedValues,
  notStored,
  reconciled,
  type StoredState,
  storedState,
  unledgered,
} from "./production-check.ts";
import { disordered, type GatewayMessage, type Gateways, startGateways } from "./production-load.ts";
import { type Drama, followsLoad, type Scenario } from "./production-scenarios.ts";
import { type Cast, openCast, quietRun, type Stage, untilCaughtUp } from "./production-stage.ts";
import { seeded } from "./random.ts";

export interface Outcome {
  readonly scenario: string;
  readonly seed: number;
  readonly seconds: number;
  /** What happened, in order. */
  readonly events: readonly string[];
  /** From the end of each trouble until everybody followed again, ms. */
  readonly recoveriesMs: readonly number[];
  readonly messages: number;
  /** PUBACKs that gateways got, repeats counted. */
  readonly pubacks: number;
  /** Acknowledged messages that are not stored; and those of them that no gap in seq tells of. */
  readonly lost: number;
  readonly untold: number;
  readonly rows: number;
  /** Figures of closed days, each held against its newest entry of the ledger. */
  readonly closed: number;
  readonly differences: readonly string[];
  readonly reconcileDifferences: number;
  /** What is wrong; empty is right. */
  readonly problems: readonly string[];
}

export interface PlayOptions {
  readonly seed: number;
  readonly isLong: boolean;
  readonly say: (text: string) => void;
}

const FOLLOW_MS = 300_000;

let played = 0;

/** Whether numbers that are missing between stored ones name exactly the lost messages. */
function untoldOf(lost: readonly GatewayMessage[], { seqs }: StoredState): number {
  return lost.filter(({ meter, seq }) => {
    const stored = [...(seqs.get(meter) ?? [])];
    return stored.length === 0 || seq! > Math.max(...stored);
  }).length;
}

async function check(
  stage: Stage,
  cast: Cast,
  scenario: Scenario,
  gateways: Gateways,
  say: (text: string) => void,
) {
  const problems: string[] = [];
  const state = await storedState(stage, cast);
  const missing = notStored(stage.messages, state.seqs);
  const lost = missing.filter((one) => gateways.acknowledgedMessages.has(one) && !stage.neverStored.has(one));
  if (lost.length > 0 && !scenario.mayLose) problems.push(`${lost.length} acknowledged messages are lost`);
  const untold = untoldOf(lost, state);
  if (untold > 0) problems.push(`no gap in seq tells of ${untold} lost messages`);
  if (scenario.mayLose)
    say(
      `${lost.length} of ${gateways.acknowledgedMessages.size} messages with a PUBACK of Mosquitto are lost`,
    );
  let quiet = stage.quiet;
  if (lost.length > 0) {
    const gone = new Set(lost);
    quiet = `${stage.directory}/quiet-${cast.prefix}`;
    const rest = stage.messages.filter((one) => !gone.has(one) && gateways.acknowledgedMessages.has(one));
    await quietRun(stage.config, quiet, rest);
  }
  const { rows, differences } = await compared(stage, cast, quiet);
  if (quiet !== stage.quiet) await rm(quiet, { recursive: true, force: true });
  if (differences.length > 0) problems.push("figures differ from those of the quiet run");
  const { received, accepted, repeated, rejected } = state.balance;
  if (received !== accepted + repeated + rejected)
    problems.push(`balance: ${received} received are not ${accepted} + ${repeated} + ${rejected}`);
  if (accepted !== state.readings)
    problems.push(`balance: ${accepted} accepted, ${state.readings} different values stored`);
  const logged = await loggedValues(stage, cast);
  if (logged !== received) problems.push(`balance: ${received} received, ${logged} in the log`);
  const { closed, wrong } = await unledgered(stage, cast);
  // Its order is that of the processors' clocks.
  if (wrong.length > 0 && !scenario.hasWrongClocks)
    problems.push(`ledger: ${wrong.length} of ${closed} closed figures, such as ${wrong[0]}`);
  const reconcile = await reconciled(cast);
  if (reconcile.count > 0)
    problems.push(`reconcile: ${reconcile.count} differences, such as ${reconcile.first}`);
  return {
    lost: lost.length,
    untold,
    rows,
    closed,
    differences,
    reconcileDifferences: reconcile.count,
    problems,
  };
}

/** Plays one scenario from an empty store to its checks. Everything it starts has ended when it returns. */
export async function play(stage: Stage, scenario: Scenario, options: PlayOptions): Promise<Outcome> {
  const { seed, isLong } = options;
  const random = seeded(seed);
  const started = performance.now();
  const events: string[] = [];
  const recoveriesMs: number[] = [];
  const say = (text: string): void => {
    const line = `${((performance.now() - started) / 1000).toFixed(1)} s: ${text}`;
    events.push(line);
    options.say(line);
  };
  played += 1;
  const cast = await openCast(stage, `chaos-${process.pid}-${played}`, scenario.way);
  const sent = disordered(stage.messages, random, scenario.backfills ?? 0);
  const heldBack = Math.ceil(sent.length / 8);
  const rate = Math.ceil((sent.length - heldBack) / scenario.seconds);
  const where = () => (scenario.way === "broker" ? stage.mosquitto.url : cast.collector.process()?.mqttUrl);
  const gateways = startGateways(sent, { where, seconds: scenario.seconds / 2, heldBack, ...scenario.load });
  const drama: Drama = {
    stage,
    cast,
    gateways,
    random,
    isLong,
    say,
    async recover(from) {
      const { ms, was } = await followsLoad(cast, rate);
      recoveriesMs.push(Math.round(ms));
      const last = ms > 1_000 ? `, at last for ${was}` : "";
      say(`recovered from ${from} in ${(ms / 1000).toFixed(1)} s${last}; ${gateways.left()} messages to go`);
    },
  };
  try {
    await scenario.play(drama);
    gateways.hurry();
    await gateways.done;
    say(`all sent, ${gateways.acknowledged()} PUBACKs`);
    await untilCaughtUp(cast, { records: 0, quiet: 10, deadlineMs: FOLLOW_MS });
    say("all followed");
    const checked = await check(stage, cast, scenario, gateways, say);
    for (const problem of checked.problems) say(`WRONG: ${problem}`);
    const complaints = checked.problems.length === 0 ? [] : cast.all().flatMap((one) => one.complaints());
    for (const line of complaints) options.say(line);
    return {
      scenario: scenario.name,
      seed,
      seconds: Math.round((performance.now() - started) / 1000),
      events,
      recoveriesMs,
      messages: stage.messages.length,
      pubacks: gateways.acknowledged(),
      ...checked,
    };
  } catch (error) {
    // What was killed is there again for the next one.
    for (const service of [stage.kafka, stage.influx, stage.mosquitto]) await service.restart();
    throw error;
  } finally {
    gateways.stop();
    await cast.close();
  }
}
