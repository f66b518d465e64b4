/** Sites by use, as the ranking and the map show it. */
import type { RankingAnswer } from "../../../api/figures.ts";
import { ask, useAnswer } from "../../state/answers.ts";
import { today } from "../../state/county.ts";

const RANKING_EVERY_MS = 30_000;

/** Sites by standard coal of today or of this month. */
export function useRanking(window: "day" | "month") {
  return useAnswer<RankingAnswer>(ask("/ranking", { window, at: today.value }), RANKING_EVERY_MS);
}
