/** What a robot answers: 200 whatever happened, and the truth in `errcode`. */
import { ChannelFailed, ChannelRefused } from "../../model/notice.ts";
import type { HttpAnswer, HttpDoor } from "./http-post.ts";

/** Codes of a robot's documentation by what follows from them; any other is taken for passing. */
export interface RobotCodes {
  readonly refused: ReadonlySet<number>;
  /** Too many messages: how long to stay away, in milliseconds. */
  readonly tooMany: ReadonlyMap<number, number>;
}

interface RobotAnswer {
  readonly errcode: number;
  readonly errmsg: string;
}

function parsed({ text }: HttpAnswer): RobotAnswer | undefined {
  try {
    const value = JSON.parse(text) as { errcode?: unknown; errmsg?: unknown } | null;
    const code = typeof value?.errcode === "string" ? Number(value.errcode) : value?.errcode;
    if (typeof code !== "number" || !Number.isInteger(code)) return undefined;
    return { errcode: code, errmsg: typeof value?.errmsg === "string" ? value.errmsg : "" };
  } catch {
    return undefined;
  }
}

/**
 * Returns when the robot took the message, and not on anything less than its word for it.
 * @throws ChannelRefused, ChannelFailed by its code; ChannelFailed for an answer that says neither
 */
export function checkRobotAnswer(door: HttpDoor, answer: HttpAnswer, codes: RobotCodes): void {
  const said = parsed(answer);
  if (!said) {
    const shown = answer.text.trim() === "" ? "nothing" : door.said(answer.text);
    throw new ChannelFailed(`answered without an errcode: ${shown}`, { mayHaveArrived: true });
  }
  const { errcode, errmsg } = said;
  if (errcode === 0) return;
  const what = `answered errcode ${errcode}: ${door.said(errmsg)}`;
  const wait = codes.tooMany.get(errcode);
  if (wait !== undefined) throw new ChannelFailed(what, { retryAfterMs: wait });
  if (codes.refused.has(errcode)) throw new ChannelRefused(what);
  throw new ChannelFailed(what);
}
