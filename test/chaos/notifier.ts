/** Kills the program between an alert and its notice, again and again: nothing told is lost, and repeats say so. */
import { join } from "node:path";
import type { MattersAnswer } from "../../board/api/matters.ts";
import {
  eventually,
  type GotNotice,
  postedAlert,
  postedDocument,
  postHook,
  startReceiver,
  writeCounty,
} from "../alerts/county-program.ts";
import { type RunningProgram, startProgram } from "../program.ts";
import { seeded } from "./random.ts";

export interface NotifierResult {
  readonly kills: number;
  /** Documents that were answered before the kill, and those that had to be posted again. */
  readonly answered: number;
  readonly postedAgain: number;
  readonly alerts: number;
  readonly matters: number;
  readonly notices: number;
  readonly repeats: number;
  /** Matters and officers of which no notice came. */
  readonly lost: readonly string[];
  /** Notices that came again without saying so. */
  readonly unmarked: readonly string[];
}

const ALERTS = 3;
/** From before the hook's answer to after the receiver's: every moment of a notice's way is hit. */
const LONGEST_KILL_MS = 150;
const LONGEST_ANSWER_MS = 60;
const officers = ["dev-1", "plant-1"];

async function allMatters(program: RunningProgram, headers: Record<string, string>) {
  const rows: MattersAnswer["rows"] = [];
  for (let before = ""; ; ) {
    const answer = await fetch(`${program.httpUrl}/api/v1/matters?state=all&limit=500${before}`, { headers });
    const page = (await answer.json()) as MattersAnswer;
    rows.push(...page.rows);
    if (page.next === undefined) return rows;
    before = `&before=${page.next}`;
  }
}

async function waitingOf(program: RunningProgram, headers: Record<string, string>): Promise<number> {
  const text = await (await fetch(`${program.httpUrl}/metrics`, { headers })).text();
  return Number(/^energy_notices_waiting (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
}

/** Notices of an id after its first that did not say that they may have come before. */
function unmarkedIn(got: readonly GotNotice[]): string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  for (const { id, isRepeat } of got) {
    if (seen.has(id) && !isRepeat) found.push(id);
    seen.add(id);
  }
  return found;
}

/**
 * Posts alerts and ends the program without a word at a moment of chance, `kills` times. A document that was not
 * answered is posted again, as Grafana does.
 */
export async function notifierChaos(directory: string, kills: number, seed: number): Promise<NotifierResult> {
  const random = seeded(seed);
  const receiver = await startReceiver(() => random() * LONGEST_ANSWER_MS);
  const { args, token, people } = await writeCounty(directory, { receiver: receiver.url });
  const all = [...args, "--data", join(directory, "data")];
  let program: RunningProgram | undefined;
  let answered = 0;
  let postedAgain = 0;
  let open: object | undefined;
  const post = async (running: RunningProgram, body: object): Promise<boolean> => {
    try {
      return (await postHook(running.httpUrl, token, body)).status === 200;
    } catch {
      return false;
    }
  };
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      program = await startProgram(all);
      if (open !== undefined) {
        postedAgain += 1;
        if (!(await post(program, open))) throw new Error("a quiet program did not take the document");
      }
      const ids = Array.from({ length: ALERTS }, (_, i) => `${kill}-${i}`);
      const document = postedDocument(ids.map((id) => postedAlert(id)));
      const posted = post(program, document);
      // By turns before the answer, most often, and between the answer and the last delivery.
      if (kill % 2 === 1) await posted;
      await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_KILL_MS));
      await program.kill();
      const isAnswered = await posted;
      if (isAnswered) answered += 1;
      open = isAnswered ? undefined : document;
    }
    program = await startProgram(all);
    const last = program;
    if (open !== undefined) {
      postedAgain += 1;
      await post(last, open);
    }
    await eventually(async () => ((await waitingOf(last, people.admin)) === 0 ? true : undefined), 60_000);
    const matters = (await allMatters(last, people.admin)).filter(({ domain }) => domain === "budget");
    const told = new Set(
      receiver.got.flatMap(({ matters: of, recipients }) =>
        of.flatMap((id) => recipients.map((one) => `${id} ${one.officer}`)),
      ),
    );
    const due = matters.flatMap(({ id }) => officers.map((one) => `${id} ${one}`));
    const limits = new Set(matters.map(({ limit }) => limit));
    const missing = Array.from(
      { length: kills * ALERTS },
      (_, i) => `limit-${Math.floor(i / ALERTS)}-${i % ALERTS}`,
    );
    return {
      kills,
      answered,
      postedAgain,
      alerts: kills * ALERTS,
      matters: matters.length,
      notices: receiver.got.length,
      repeats: receiver.got.filter(({ isRepeat }) => isRepeat).length,
      lost: [...due.filter((one) => !told.has(one)), ...missing.filter((one) => !limits.has(one))],
      unmarked: unmarkedIn(receiver.got),
    };
  } finally {
    if (program?.child.exitCode === null && program.child.signalCode === null) await program.stop();
    await receiver.close();
  }
}
