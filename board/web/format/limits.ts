/** How close a plant is to its limits over twelve months. */
import type { RollingAnswer } from "../../api.ts";

/** Two-high plants of 1,000 tce a year and more have to be in the provincial monitoring system (岱政发〔2023〕18号, task 9). */
export const THRESHOLD_TCE = 1000;

/** Share of the twelve months below which a sum is only a lower bound. */
const WHOLE = 0.995;

/** `calm` below 90%, `near` from 90%, `over` from 100%, `far` from 110% of what is approved, else of the threshold. */
export type Level = "calm" | "near" | "over" | "far";

export interface Limits {
  /** tce on the basis of the approval, calorific where there is none; null where unknown. */
  readonly value: number | null;
  readonly approved: number | undefined;
  /** Of the approved figure; undefined without one, or without a value. */
  readonly ratio: number | undefined;
  readonly level: Level;
  /** Part of the time has no data: the value is a lower bound. */
  readonly partial: boolean;
}

function levelOf(share: number): Level {
  if (share >= 1.1) return "far";
  if (share >= 1) return "over";
  return share >= 0.9 ? "near" : "calm";
}

/** A row of the rolling list against its limits. */
export function limitsOf(row: RollingAnswer["rows"][number]): Limits {
  const value = row.approved?.basis === "equivalent" ? row.tceEquivalent : row.tceCalorific;
  const approved = row.approved?.tce;
  const ratio = value === null || approved === undefined ? undefined : value / approved;
  const share = ratio ?? (value ?? 0) / THRESHOLD_TCE;
  return { value, approved, ratio, level: levelOf(share), partial: row.coverage < WHOLE };
}
