/** How close a plant is to its limits over twelve months. */
import type { RollingAnswer } from "../../api/figures.ts";

/** Two-high plants of 1,000 tce a year and more have to be in the provincial monitoring system (岱政发〔2023〕18号, task 9). */
export const THRESHOLD_TCE = 1000;

/**
 * Of what is approved, or of the threshold where nothing is: `calm` below 90%, `near` from 90%, `over` from
 * 100%, `far` from 110%. `open`: part of the time has no data, and what is known does not reach the limit yet.
 */
export type Level = "calm" | "near" | "over" | "far" | "open";

export interface Limits {
  /** tce on the basis of the approval, calorific where there is none; null where unknown. */
  readonly value: number | null;
  readonly approved: number | undefined;
  /** Of the approved figure; undefined without one, or without a value. */
  readonly ratio: number | undefined;
  readonly level: Level;
  /** Days without data: the value is a lower bound. */
  readonly partial: boolean;
}

function levelOf(share: number, partial: boolean): Level {
  if (share >= 1.1) return "far";
  if (share >= 1) return "over";
  if (partial) return "open";
  return share >= 0.9 ? "near" : "calm";
}

/** A row of the rolling list against its limits; `days` are those of the twelve months. */
export function limitsOf(row: RollingAnswer["rows"][number], days: number): Limits {
  const value = row.approved?.basis === "equivalent" ? row.tceEquivalent : row.tceCalorific;
  const approved = row.approved?.tce;
  const partial = row.daysWithData < days;
  if (value === null) return { value, approved, ratio: undefined, level: "open", partial };
  const ratio = approved === undefined ? undefined : value / approved;
  return { value, approved, ratio, level: levelOf(ratio ?? value / THRESHOLD_TCE, partial), partial };
}
