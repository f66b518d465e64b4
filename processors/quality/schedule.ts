/** What is due when: found by its time, without looking at what is not due. */
import type { Instant } from "../../model/time.ts";

const SLOT_MS = 1_000;

export interface Schedule<Item> {
  /** Has the item given out by the first `take` at or after `at`, rounded up to a second. */
  add(at: Instant, item: Item): void;
  /** Takes at most so many items that are due, the earliest first. */
  take(now: Instant, most: number): Item[];
  /** True when something is due. */
  isDue(now: Instant): boolean;
  clear(): void;
}

export function createSchedule<Item>(): Schedule<Item> {
  const slots = new Map<number, Item[]>();
  /** No slot lies before this one. */
  let first = Number.POSITIVE_INFINITY;

  /** The earliest slot with something in it, up to `last`. */
  const earliest = (last: number): number | undefined => {
    // After a long pause, or with little to do, the slots there are are fewer than the seconds gone by.
    if (last - first > slots.size) {
      const least = Math.min(...slots.keys());
      first = Math.max(first, least);
    }
    for (; first <= last; first += 1) if (slots.has(first)) return first;
    return undefined;
  };

  return {
    add(at, item) {
      const slot = Math.ceil(at / SLOT_MS);
      const items = slots.get(slot);
      if (items) items.push(item);
      else slots.set(slot, [item]);
      first = Math.min(first, slot);
    },
    take(now, most) {
      const taken: Item[] = [];
      const last = Math.floor(now / SLOT_MS);
      while (taken.length < most) {
        const slot = earliest(last);
        if (slot === undefined) break;
        const items = slots.get(slot)!;
        for (const item of items.splice(0, most - taken.length)) taken.push(item);
        if (items.length === 0) slots.delete(slot);
      }
      return taken;
    },
    isDue: (now) => earliest(Math.floor(now / SLOT_MS)) !== undefined,
    clear() {
      slots.clear();
      first = Number.POSITIVE_INFINITY;
    },
  };
}
