/** The board's questions, explanations and reconciliation, on whatever reader there is. */
import type { ConsumptionAnswer, ConsumptionRow } from "../board/api/figures.ts";
import type { ExplainRequest } from "../board/queries/context.ts";
import { createBoardQueries } from "../board/queries/dispatch.ts";
import { windowEnd, windowStart } from "../board/queries/windows.ts";
import type { SeriesReader } from "../model/ports.ts";
import type { Registry, Site } from "../model/registry.ts";
import { calendarOf, type Instant, type Span } from "../model/time.ts";
import { explainFigure } from "../processors/explain/explain.ts";
import { type Plan, planOf } from "../processors/plan.ts";
import { createReconcile, type Difference, type ReconcileSite } from "../processors/reconcile.ts";

/** How one piece of a reconciliation is carried out; `site` is absent for the groups. */
export type Within = <T>(site: Site | undefined, span: Span, work: () => Promise<T>) => Promise<T>;

/** A piece of a reconciliation, and how far it is. */
export interface ReconcilePart extends ReconcileSite {
  readonly done: number;
  readonly of: number;
  readonly differences: Difference[];
}

/** The figures of meters and sites, those of months and groups, or both. */
export type ReconcileScope = "all" | "sites" | "groups";

export function createQueries(registry: Registry, reader: SeriesReader) {
  const calendar = calendarOf(registry.county.zone);
  let known: Plan | undefined;
  /** Made when first needed: of a great registry it is large, and the board's questions do without. */
  const plan = (): Plan => {
    known ??= planOf(registry);
    return known;
  };

  const spanOf = (window: ExplainRequest["window"], at: Instant): Span => {
    const start = windowStart(calendar, window, at);
    return { start, end: windowEnd(calendar, window, start) };
  };

  /** The figure as the API shows it, so that an explanation and an answer cannot differ. */
  const figureOf = async (
    { site, carrier, window, at }: ExplainRequest,
    now: Instant,
  ): Promise<ConsumptionRow | null> => {
    const span = spanOf(window, at);
    const params = { site, carrier, window, from: calendar.iso(span.start), to: calendar.iso(span.end) };
    const answer = await queries.run("consumption", params, now);
    return answer.status === 200 ? ((JSON.parse(answer.body) as ConsumptionAnswer).rows[0] ?? null) : null;
  };

  const queries = createBoardQueries(reader, registry, {
    async explain(request, now) {
      const { site, carrier, window, at } = request;
      const explanation = await explainFigure(plan(), reader, { site, carrier, span: spanOf(window, at) });
      return { figure: await figureOf(request, now), ...explanation };
    },
  });

  return {
    run: queries.run,
    /** Site by site, then the months and groups. */
    async *reconcile(
      span: Span,
      site: string | undefined,
      within: Within,
      scope: ReconcileScope = "all",
    ): AsyncGenerator<ReconcilePart> {
      const check = createReconcile(plan(), reader);
      const sites = registry.sites.filter((one) => site === undefined || one.id === site);
      for (const [i, one] of scope === "groups" ? [] : sites.entries()) {
        const result = await within(one, span, () => check.site(one, span));
        yield { done: i + 1, of: sites.length + 1, ...result };
      }
      if (scope === "sites") return;
      const differences = await within(undefined, span, () => check.groups(span));
      yield { done: sites.length + 1, of: sites.length + 1, site: "", readings: 0, differences };
    },
  };
}
