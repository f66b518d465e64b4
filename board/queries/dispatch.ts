/** Runs a query by its name and answers in text, problems included. */
import { TransientError } from "../../model/errors.ts";
import type { SeriesReader } from "../../model/ports.ts";
import type { Registry } from "../../model/registry.ts";
import type { Instant } from "../../model/time.ts";
import { type Answer, jsonAnswer, ProblemError, problemAnswer } from "../answer.ts";
import type { ExplainAnswer } from "../api/records.ts";
import { momentOf } from "../moment.ts";
import {
  isQueryName,
  type ParametersOf,
  parseParameters,
  type QueryName,
  type RawParameters,
} from "../parameters.ts";
import { avoided } from "./avoided.ts";
import { balance } from "./balance.ts";
import { breakdown } from "./breakdown.ts";
import { consumption } from "./consumption.ts";
import { carrierOf, type Explain, indexRegistry, type QueryContext, siteOf } from "./context.ts";
import { ledger } from "./ledger.ts";
import { limits } from "./limits.ts";
import { overview } from "./overview.ts";
import { quality } from "./quality.ts";
import { ranking } from "./ranking.ts";
import { readings } from "./readings.ts";
import { rejects } from "./rejects.ts";
import { rolling } from "./rolling.ts";
import { sites } from "./sites.ts";
import { stream } from "./stream.ts";

type Query<N extends QueryName> = (context: QueryContext, given: ParametersOf<N>) => Promise<Answer>;

async function explain(context: QueryContext, given: ParametersOf<"explain">): Promise<ExplainAnswer> {
  const { id: site } = siteOf(context, given.site);
  const { id: carrier } = carrierOf(context, given.carrier);
  const at = momentOf(context.calendar, "at", given.at);
  return context.explain({ site, carrier, window: given.window, at }, context.now);
}

/** A query that answers in JSON. */
function inJson<N extends QueryName>(
  query: (context: QueryContext, given: ParametersOf<N>) => Promise<unknown>,
): Query<N> {
  return async (context, given) => jsonAnswer(await query(context, given));
}

const queries: { readonly [N in QueryName]: Query<N> } = {
  sites: inJson(sites),
  consumption,
  overview: inJson(overview),
  stream,
  ranking: inJson(ranking),
  rolling: inJson(rolling),
  limits: inJson(limits),
  avoided: inJson(avoided),
  breakdown: inJson(breakdown),
  quality: inJson(quality),
  readings: inJson(readings),
  balance: inJson(balance),
  rejects: inJson(rejects),
  ledger: inJson(ledger),
  explain: inJson(explain),
};

function runNamed<N extends QueryName>(name: N, context: QueryContext, raw: RawParameters): Promise<Answer> {
  const query: Query<N> = queries[name];
  return query(context, parseParameters(name, raw));
}

/** The board's questions, asked by name. */
export interface BoardQueries {
  /** Problems of the request or of the store are answers; anything else that throws is a bug. */
  run(name: string, params: RawParameters, now: Instant): Promise<Answer>;
}

/** Answers the board's questions from a store and a registry; `now` comes with each question. */
export function createBoardQueries(
  reader: SeriesReader,
  registry: Registry,
  options: { readonly explain: Explain },
): BoardQueries {
  const index = indexRegistry(registry);
  return {
    async run(name, params, now) {
      try {
        if (!isQueryName(name)) {
          throw new ProblemError(404, `there is no query '${name}'`, { code: "unknown-query", value: name });
        }
        return await runNamed(name, { ...index, reader, explain: options.explain, now }, params);
      } catch (error) {
        if (error instanceof ProblemError) return problemAnswer(error.status, error.message, error.problem);
        if (error instanceof TransientError) {
          const detail = `${error.message}; try again in a moment`;
          return problemAnswer(503, detail, { code: error.code });
        }
        throw error;
      }
    },
  };
}
