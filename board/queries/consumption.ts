/** GET /api/v1/consumption: energy, standard coal and CO2 of a site, a meter or a group, window by window. */
import type { Calendar, Span } from "../../model/time.ts";
import { type Answer, jsonAnswer, ProblemError } from "../answer.ts";
import type { ConsumptionAnswer } from "../api/figures.ts";
import { rangeOf } from "../moment.ts";
import { type ApiWindow, apiWindows, type ParametersOf, ROW_LIMIT } from "../parameters.ts";
import type { QueryContext } from "./context.ts";
import { csvAnswer } from "./csv.ts";
import { seriesOf } from "./series.ts";
import { windowRows } from "./window-rows.ts";
import { countStarts } from "./windows.ts";

type Given = ParametersOf<"consumption">;

/** @throws ProblemError 400 when the rows could be more than an answer may hold; names the window that fits. */
function checkRowCount(calendar: Calendar, given: Given, range: Span, series: number): void {
  const rows = (window: ApiWindow): number => countStarts(calendar, window, range.start, range.end) * series;
  const asked = rows(given.window);
  if (asked <= ROW_LIMIT) return;
  const fits = apiWindows.filter((window) => rows(window) <= ROW_LIMIT);
  const advice = fits[0] === undefined ? "" : `window=${fits[0]} fits; otherwise `;
  throw new ProblemError(
    400,
    `parameter 'window' is '${given.window}': from ${given.from} to ${given.to} that is up to ${asked} rows, ` +
      `more than ${ROW_LIMIT}; ${advice}ask for a shorter range`,
    { code: "too-many-rows", parameter: "window", value: given.window, allowed: fits },
  );
}

/** Rows whose windows start in [from, to): at most 50,000, as JSON or CSV. @throws ProblemError 400, 404 */
export async function consumption(context: QueryContext, given: Given): Promise<Answer> {
  const series = seriesOf(context, given);
  const { from, to } = rangeOf(context.calendar, given);
  checkRowCount(context.calendar, given, { start: from, end: to }, series.carriers.length);
  const rows = await windowRows(context, series, given.window, from, to);
  if (given.format === "csv") return csvAnswer(rows);
  const answer: ConsumptionAnswer = { rows };
  return jsonAnswer(answer);
}
