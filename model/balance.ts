/** The daily message balance: received = accepted + repeated + rejected. The unit is one (meter, register, at) value. */
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
