/** The program's log, by pino: JSON lines for machines, short lines for people; secrets in neither. */
import { pino } from "pino";
import type { Facts, Log } from "../model/log.ts";
import { createScrub } from "./scrub.ts";

export const logLevels = ["error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly form: "json" | "human";
  /** The least that is said; default info. */
  readonly level?: LogLevel;
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
  /** On every line of JSON: which role, which process. */
  readonly always?: Readonly<Record<string, string | number>>;
  /** Passwords and tokens that this process knows; wherever they turn up they are hidden. */
  readonly hide?: readonly string[];
}

interface Line {
  readonly level: LogLevel;
  readonly time: string;
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** One value on one line, whatever came in with it. */
function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}

function humanLine(json: string, always: Readonly<Record<string, unknown>>): string {
  const { level, time, event, ...facts } = JSON.parse(json) as Line;
  const words = Object.entries(facts)
    .filter(([name]) => !(name in always))
    .map(([name, value]) => `${name}=${shown(value)}`);
  return [time.slice(11, 19), level.padEnd(5), event, ...words].join(" ");
}

/** Facts under names that the line has already get another: a reader of JSON would see one of the two. */
function beside(facts: Facts, always: Readonly<Record<string, unknown>>): Facts {
  const isTaken = (name: string): boolean => ["level", "time", "event"].includes(name) || name in always;
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [isTaken(name) ? `${name}Said` : name, value]),
  );
}

/** A log that writes lines of the form to `write`. */
export function createLog({ form, level = "info", write, always = {}, hide = [] }: LogOptions): Log {
  const scrub = createScrub(hide);
  const logger = pino(
    {
      level,
      messageKey: "event",
      base: always,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    {
      write: (line: string) => {
        const json = line.trimEnd();
        write(form === "json" ? json : humanLine(json, always));
      },
    },
  );
  const say =
    (at: LogLevel) =>
    (event: string, facts: Facts = {}): void => {
      if (logger.isLevelEnabled(at)) logger[at](beside(scrub(facts), always), event);
    };
  return { error: say("error"), warn: say("warn"), info: say("info"), debug: say("debug") };
}
