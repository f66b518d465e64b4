/** The list of matters, always fresh: showing more asks for a longer list, so that no older page grows stale. */
import { useState } from "preact/hooks";
import type { MattersAnswer } from "../../../api/matters.ts";
import { type Answer, ask, useAnswer } from "../../state/answers.ts";
import { MATTERS_EVERY_MS, mattersTurn } from "../../state/matters.ts";

const PAGE = 100;
/** The API gives no more at once; who needs older ones narrows the list down. */
const MOST = 500;

export interface MatterPages extends Answer<MattersAnswer> {
  /** Shows more; undefined when all are shown. */
  readonly more: (() => void) | undefined;
  /** There are older ones than the list can hold. */
  readonly isCut: boolean;
}

/** Matters that meet every condition of `query`. */
export function useMatterPages(query: Readonly<Record<string, string | undefined>>): MatterPages {
  const [limit, setLimit] = useState(PAGE);
  const { data, failure } = useAnswer<MattersAnswer>(
    ask("/matters", { ...query, limit }),
    MATTERS_EVERY_MS,
    mattersTurn.value,
  );
  const goesOn = data?.next !== undefined;
  return {
    data,
    failure,
    more: goesOn && limit < MOST ? () => setLimit(Math.min(MOST, limit + 2 * PAGE)) : undefined,
    isCut: goesOn && limit >= MOST,
  };
}
