/** Where the marks of a limit's bar lie, and what they say of each other. */
import type { ApiLimit } from "../../api/limits.ts";

/** Beyond this the bar is cut off: a ratio of 40 would leave nothing of the thresholds. */
const MOST_RATIO = 2;
const LEAST_END = 1.2;

/** Quantities that grow as the period goes on. */
const summed: readonly ApiLimit["quantity"][] = ["energy", "tce", "tco2"];

export interface LimitBar {
  /** Ratio at the right end. */
  readonly end: number;
  /** All in % of the bar's width. */
  readonly used: number | undefined;
  readonly projected: number | undefined;
  readonly limit: number;
  /** What was planned by now. */
  readonly planned: number | undefined;
  /** The use goes on beyond the bar's end. */
  readonly isCut: boolean;
}

type Measured = Pick<ApiLimit, "ratio" | "projectedRatio" | "planned" | "value" | "period" | "quantity">;

/** Positions on a bar that reaches from nothing to somewhat more than the limit. */
export function limitBar({ ratio, projectedRatio, planned, value, period, quantity }: Measured): LimitBar {
  // A rolling period is always whole, and a peak may come on any day: what is planned is the limit itself.
  const hasPlan = period !== "rolling-12m" && summed.includes(quantity);
  const greatest = Math.max(ratio ?? 0, projectedRatio ?? 0);
  const end = Math.min(MOST_RATIO, Math.max(LEAST_END, greatest * 1.08));
  const at = (share: number) => Math.min(100, Math.max(0, (share / end) * 100));
  return {
    end,
    used: ratio === null ? undefined : at(ratio),
    projected: projectedRatio === null ? undefined : at(projectedRatio),
    limit: at(1),
    planned: planned === null || !hasPlan ? undefined : at(planned / value),
    isCut: greatest > end,
  };
}

/** Where on the bar a level begins, in %; of one against the plan to date that share of what is planned. */
export function levelAt(
  level: { readonly ratio: number; readonly toDate: boolean },
  bar: LimitBar,
): number | undefined {
  if (!level.toDate) return level.ratio > bar.end ? undefined : (level.ratio / bar.end) * 100;
  if (bar.planned === undefined) return undefined;
  const at = bar.planned * level.ratio;
  return at > 100 ? undefined : at;
}

export const limitSorts = ["ratio", "projected", "days-left", "name"] as const;
export type LimitSort = (typeof limitSorts)[number];

const most = (a: number | null, b: number | null): number =>
  (b ?? Number.NEGATIVE_INFINITY) - (a ?? Number.NEGATIVE_INFINITY) || 0;
const least = (a: number | null, b: number | null): number =>
  (a ?? Number.POSITIVE_INFINITY) - (b ?? Number.POSITIVE_INFINITY) || 0;

/** Ordered by one key, the unknown last; then by ratio and name. */
export function sortLimits(
  all: readonly ApiLimit[],
  sort: LimitSort,
  nameOf: (limit: ApiLimit) => string,
): ApiLimit[] {
  const compare: Record<LimitSort, (a: ApiLimit, b: ApiLimit) => number> = {
    ratio: (a, b) => most(a.ratio, b.ratio),
    projected: (a, b) => most(a.projectedRatio, b.projectedRatio),
    "days-left": (a, b) => least(a.daysLeft, b.daysLeft),
    name: () => 0,
  };
  const byName = (a: ApiLimit, b: ApiLimit) => nameOf(a).localeCompare(nameOf(b), "zh-CN");
  return [...all].sort(
    (a, b) => compare[sort](a, b) || (sort === "name" ? 0 : most(a.ratio, b.ratio)) || byName(a, b),
  );
}

/** A two-high plant against 1,000 tce and against what is approved for it. */
export interface TwoHigh {
  readonly site: string;
  readonly threshold: ApiLimit | undefined;
  readonly approved: ApiLimit | undefined;
}

/** Plants with a two-high limit; nearest to either line first. */
export function twoHighOf(rows: readonly ApiLimit[]): TwoHigh[] {
  const bySite = (purpose: ApiLimit["purpose"]) =>
    new Map(rows.flatMap((row) => (row.purpose === purpose && row.site ? [[row.site, row] as const] : [])));
  const approved = bySite("approved");
  const nearest = (one: TwoHigh) => Math.max(one.threshold?.ratio ?? -1, one.approved?.ratio ?? -1);
  return [...bySite("two-high")]
    .map(([site, threshold]) => ({ site, threshold, approved: approved.get(site) }))
    .sort((a, b) => nearest(b) - nearest(a) || a.site.localeCompare(b.site));
}

/** Much of the time is not known: what is missing can only add to what was used. */
export function isAtLeast({
  judged,
  quantity,
  used,
}: Pick<ApiLimit, "judged" | "quantity" | "used">): boolean {
  return !judged && used !== null && summed.includes(quantity);
}
