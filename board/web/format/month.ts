/** Months as text, `2026-11`. */

/** The month of a date. */
export function monthAt(date: string): string {
  return date.slice(0, 7);
}

/** The month that is `by` months later, or earlier. */
export function monthStep(month: string, by: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const index = year * 12 + (number - 1) + by;
  return `${String(Math.floor(index / 12)).padStart(4, "0")}-${String((index % 12) + 1).padStart(2, "0")}`;
}
