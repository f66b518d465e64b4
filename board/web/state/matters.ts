/** How many matters are open, told by the stream; and when to ask for them again. */
import { computed, effect, signal } from "@preact/signals";
import type { DutiesAnswer, MatterCounts, MattersAnswer } from "../../api/matters.ts";
import { ask, fetchAnswer } from "./answers.ts";
import { connections, mattersEvent } from "./live.ts";
import { mustSignIn } from "./session.ts";

/** The stream tells of changes; this is for what it missed, and for due times that passed. */
export const MATTERS_EVERY_MS = 20_000;

/** Undefined until the server has told; a server without a desk never does. */
export const matterCounts = signal<MatterCounts | undefined>(undefined);

/** Rises when matters changed: a `turn` for `useAnswer`. */
export const mattersTurn = signal(0);

export const openCount = computed(() => {
  const open = matterCounts.value?.open;
  return open ? open.yellow + open.orange + open.red : 0;
});

const duties = signal<DutiesAnswer | undefined>(undefined);

export const agencyById = computed(() => new Map((duties.value?.agencies ?? []).map((one) => [one.id, one])));
export const officerById = computed(
  () => new Map((duties.value?.officers ?? []).map((one) => [one.id, one])),
);

async function load<T>(path: string, take: (answer: T) => void): Promise<void> {
  if (mustSignIn()) return;
  try {
    take(await fetchAnswer<T>(path));
  } catch {
    // The pages that need it ask themselves and tell; the badge in the header stays as it was.
  }
}

const loadCounts = () =>
  load<MattersAnswer>(ask("/matters", { state: "open", limit: 1 }), ({ counts }) => {
    matterCounts.value = counts;
  });
const loadDuties = () =>
  load<DutiesAnswer>(ask("/duties"), (answer) => {
    duties.value = answer;
  });

/** Loads counts and names whenever the stream comes back, and follows the stream from then on. */
export function startMatters(): void {
  effect(() => {
    connections.value;
    void loadCounts();
    void loadDuties();
  });
  effect(() => {
    const event = mattersEvent.value;
    if (!event) return;
    matterCounts.value = event;
    mattersTurn.value = mattersTurn.peek() + 1;
  });
  setInterval(() => {
    if (!document.hidden) void loadCounts();
  }, MATTERS_EVERY_MS);
}
