/** The OpenAPI document: made from the very schemas that requests are checked with. */
import swagger from "@fastify/swagger";
import type { FastifyInstance, FastifySchema } from "fastify";
import { z } from "zod";
import { parameters, type QueryName } from "../parameters.ts";
import { cookieNames } from "./identity.ts";
import { problem } from "./schema-parts.ts";
import { answers, session as sessionAnswer } from "./schemas.ts";

const PROBLEM = "problem";

/** JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. */
function jsonSchema(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema);
  return rest;
}

const problemContent = { "application/problem+json": { schema: { $ref: `${PROBLEM}#` } } };
const problems = {
  "4xx": { description: "The request cannot be answered; `detail` says why", content: problemContent },
  "5xx": { description: "The program cannot answer now", content: problemContent },
};

const titles: Readonly<Record<QueryName, string>> = {
  sites: "The county, its carriers and its sites with their meters and live state",
  consumption: "Energy, standard coal and CO2 of a site, a meter or a group, window by window",
  overview: "The county today, yesterday and this month",
  stream: "Server-sent events `figures`, at most one a second while something changes",
  ranking: "Sites by standard coal of a day or month",
  rolling: "Standard coal of each site over the twelve calendar months before a day",
  limits: "How each limit stands: used, planned, projected, days left, and its colour",
  avoided: "CO2 avoided by shore power and by charging",
  breakdown: "What a site's sub-meters say of its amount, and the rest",
  quality: "How much of a day is known",
  readings: "Readings of a register with their verdicts",
  balance: "What became of every value received on a day",
  rejects: "What was refused, newest first",
  ledger: "Changes to figures of closed days, newest first",
  explain: "The readings, multipliers and factors behind one figure",
};

const notes: Readonly<Partial<Record<QueryName, string>>> = {
  consumption:
    "Rows are those whose window starts in [from, to), in window order, then in the order of /sites' carriers. " +
    "Quarter-hours, days and months are stored; hours and years are summed when read, as are a meter's months. " +
    "coverage and estimated are shares of the whole window's time, also of one that is not over: a year half " +
    "over has coverage of at most a half. A sum is null where any part of it is. Windows of which nothing is " +
    "known have no row. At most 50,000 rows: the limit is applied to the windows times the carriers that the " +
    "range could hold. Hours are counted from local midnight.",
  rolling:
    "Days in [at − 12 calendar months, at), the month's last day standing in for one it has not. Coal is net of " +
    "metered conversion output.",
  limits:
    "Limits that hold on the day, each as it stood at `asOf`, the end of what is known of it; where nothing is known " +
    "of the day, as it stood on the newest day before with a row, 31 days before at most. `used` is null where a " +
    "factor or an output is unknown, or nothing is known at all.",
  avoided:
    "gross = kWh × baseline, grid = kWh × the region's grid average, net = gross − grid, by the factors in force at " +
    "each day's start. Every meter of role shore-power or charging counts once, whatever it contributes; a " +
    "sub-meter below one has role sub.",
  breakdown:
    "Meters that contribute `none`, but for generation, export and conversion output, set against the site's amount.",
  quality:
    "completeness is the measured share of the contributing meters' service time on the day, so far as it has passed. " +
    "While the day lasts, a meter's last two intervals are not yet missing.",
  readings: "from ≤ at < to, in the register's own unit, before any multiplier.",
  rejects: "A page may end early; `next`, where present, goes into `before` of the next request.",
};

function contentOf(name: QueryName): object {
  const schema = jsonSchema(answers[name]);
  if (name === "stream") {
    return {
      "text/event-stream": { schema: { type: "string", description: "`data` is a StreamEvent in JSON" } },
    };
  }
  const json = { "application/json": { schema } };
  return name === "consumption" ? { ...json, "text/csv": { schema: { type: "string" } } } : json;
}

/** Schema of a query's route. The stream's own parameter is between the server and the reader thread. */
export function querySchema(name: QueryName): FastifySchema {
  return {
    summary: titles[name],
    ...(notes[name] === undefined ? {} : { description: notes[name] }),
    operationId: name,
    ...(name === "stream" ? {} : { querystring: jsonSchema(parameters[name]) }),
    response: { 200: { description: titles[name], content: contentOf(name) }, ...problems },
  };
}

/** Schema of a route that answers in JSON. */
export function plainSchema(
  operationId: string,
  summary: string,
  answer: z.ZodType,
  input: { readonly querystring?: z.ZodType; readonly body?: z.ZodType } = {},
): FastifySchema {
  const { querystring, body } = input;
  return {
    summary,
    operationId,
    ...(querystring === undefined ? {} : { querystring: jsonSchema(querystring) }),
    ...(body === undefined ? {} : { body: jsonSchema(body) }),
    response: {
      200: { description: summary, content: { "application/json": { schema: jsonSchema(answer) } } },
      ...problems,
    },
  };
}

/** Schema of an admin route: its body in JSON, or a text body with parameters. */
export function adminSchema(summary: string, shape: z.ZodObject, textBody?: string): FastifySchema {
  const input = jsonSchema(shape);
  const lines = { "application/x-ndjson": { schema: { type: "string" } } };
  return {
    summary,
    ...(textBody === undefined
      ? { body: input }
      : { querystring: input, body: { content: { [textBody]: { schema: { type: "string" } } } } }),
    response: {
      200: {
        description: "Progress and findings, one JSON object per line; `error` ends it early",
        content: lines,
      },
      ...problems,
    },
  };
}

const session = {
  200: { description: "Who asks", content: { "application/json": { schema: jsonSchema(sessionAnswer) } } },
};
export const sessionSchema: FastifySchema = {
  summary: "Who one is, and whether one must sign in",
  operationId: "session",
  response: { ...session, ...problems },
};
export const signOutSchema: FastifySchema = {
  summary: "Sign out: ends the session of the cookie",
  operationId: "sign-out",
  response: { 204: { description: "There is no session any more", type: "null" }, ...problems },
};

/** Schema of signing in. */
export function signInSchema(body: z.ZodObject): FastifySchema {
  return {
    summary: "Sign in: the answer sets a cookie that scripts of the page cannot read",
    operationId: "sign-in",
    body: jsonSchema(body),
    response: { ...session, ...problems },
  };
}

/** Collects the routes that are added after it. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  app.addSchema({ $id: PROBLEM, ...jsonSchema(problem) });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      components: {
        securitySchemes: {
          token: { type: "http", scheme: "bearer", description: "A machine's token" },
          password: { type: "http", scheme: "basic", description: "An operator's, for scripts" },
          session: {
            type: "apiKey",
            in: "cookie",
            name: cookieNames.secure,
            description: "A browser's session",
          },
        },
      },
      security: [{ token: [] }, { password: [] }, { session: [] }, {}],
      info: {
        title: "County energy and carbon monitoring",
        version: "1",
        description:
          "Times are ISO 8601 with the county zone's offset, ranges half-open. Amounts are in the carrier's " +
          "canonical unit, coal in kgce, CO2 in kg; null is unknown, never zero.",
      },
    },
    refResolver: { buildLocalReference: (json) => String(json.$id) },
  });
}
