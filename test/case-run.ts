/** Plays a case through the program: ingest, log, processors, store. */
import { join } from "node:path";
import { payloadBytes } from "../adapters/payload-bytes.ts";
import { createAcceptor } from "../ingest/accept.ts";
import { createCollector } from "../ingest/collector.ts";
import type { Registry } from "../model/registry.ts";
import { HOUR_MS } from "../model/time.ts";
import type { Line, Stage } from "./case-files.ts";
import { openPipeline, type Pipeline, temporaryDirectory } from "./world.ts";

/** The order in which a stage's readings arrive. */
export type Order = "as they arrived" | "sorted" | "reversed" | "shuffled, a tenth twice";
export const orders: readonly Order[] = ["as they arrived", "sorted", "reversed", "shuffled, a tenth twice"];

/** True when some messages are sent a second time. */
export const sendsTwice = (order: Order): boolean => order === "shuffled, a tenth twice";

/** Readings between two waits, so that batches differ as well. */
const waitsEvery: Readonly<Record<Order, number>> = {
  "as they arrived": 1,
  sorted: Number.POSITIVE_INFINITY,
  reversed: 7,
  "shuffled, a tenth twice": 5,
};
/** Waiting for each single reading is for short cases. */
const MOST_SINGLE = 150;

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function inOrder(lines: readonly Line[], order: Order): Line[] {
  if (order === "as they arrived") return [...lines];
  if (order === "sorted") return [...lines].sort((a, b) => a.at - b.at);
  if (order === "reversed") return [...lines].sort((a, b) => b.at - a.at);
  const random = randomOf(lines.length);
  const twice = lines.filter(() => random() < 0.1);
  const all = [...lines, ...(twice.length > 0 ? twice : lines.slice(0, 1))];
  return all
    .map((line) => ({ line, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ line }) => line);
}

/** A pipeline that readings reach as MQTT messages do. */
export interface Player {
  readonly pipeline: Pipeline;
  /** Messages sent since the case began, each with one value. */
  sent(): number;
  send(lines: readonly Line[], waitEvery: number): Promise<void>;
}

function payloadOf({ at, register, value, seq, revision }: Line): Uint8Array {
  return Buffer.from(JSON.stringify({ at, registers: { [register]: value }, seq, revision }));
}

function createPlayer(registry: Registry, pipeline: Pipeline, sentBefore: number): Player {
  const collector = createCollector(createAcceptor({ registry, bytes: payloadBytes }), pipeline.log);
  let sent = sentBefore;
  return {
    pipeline,
    sent: () => sent,
    async send(lines, waitEvery) {
      for (const [i, line] of lines.entries()) {
        const topic = `v1/sites/${line.site}/meters/${line.meter}/readings`;
        await collector.accept({
          topic,
          payload: payloadOf(line),
          retained: false,
          receivedAt: line.received,
        });
        sent += 1;
        if (i % waitEvery === waitEvery - 1) await pipeline.settled();
      }
      await pipeline.settled();
    },
  };
}

/** Calls `after` when all of a stage's readings are worked in; a stage with another configuration restarts. */
export async function play(
  stages: readonly Stage[],
  order: Order,
  after: (player: Player, stage: Stage, isLast: boolean) => Promise<void>,
): Promise<void> {
  const directory = temporaryDirectory();
  const file = stages.length === 1 ? ":memory:" : join(directory.path, "energy.sqlite");
  let player: Player | undefined;
  let registry: Registry | undefined;
  let now = 0;
  try {
    for (const stage of stages) {
      now = Math.max(now, ...stage.lines.map((line) => line.received + HOUR_MS));
      if (stage.registry !== registry) {
        await player?.pipeline.close();
        const pipeline = await openPipeline(stage.registry, file, () => now);
        player = createPlayer(stage.registry, pipeline, player?.sent() ?? 0);
        registry = stage.registry;
        await pipeline.settled();
      }
      const lines = inOrder(stage.lines, order);
      await player!.send(lines, lines.length > MOST_SINGLE ? 20 : waitsEvery[order]);
      await after(player!, stage, stage === stages.at(-1));
    }
  } finally {
    await player?.pipeline.close();
    directory.remove();
  }
}
