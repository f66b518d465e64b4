/** The daily message balance: received = accepted + repeated + rejected. The unit is one (meter, register, at) value. */

import type { Topic } from "./records.ts";
import type { RejectCode } from "./reject.ts";
import type { DayIndex } from "./time.ts";

/** Counts to be added to a site's day of receipt. */
export interface BalanceCount {
  readonly site: string;
  readonly day: DayIndex;
  readonly received: number;
  readonly accepted: number;
  readonly repeated: number;
  readonly rejected: Readonly<Partial<Record<RejectCode, number>>>;
}

/**
 * Counts of a site's day of receipt from one share of a topic, up to an offset: written again after a crash, the
 * records up to that offset are left out, so that nothing counts twice where write and commit are not one.
 */
export interface BalanceTotal extends BalanceCount {
  readonly topic: Topic;
  readonly partition: number;
  /** Offset of the last record that is counted. */
  readonly upTo: number;
}
