/** The OpenAPI document: made from the very schemas that requests are checked with. */
import swagger from "@fastify/swagger";
import type { FastifyInstance, FastifySchema } from "fastify";
import { z } from "zod";
import { parameters, type QueryName } from "../parameters.ts";
import { problem } from "./schema-parts.ts";
import { answers } from "./schemas.ts";

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
  avoided: "CO2 avoided by shore power and by charging",
  breakdown: "What a site's sub-meters say of its amount, and the rest",
  quality: "How much of a day is known",
  readings: "Readings of a register with their verdicts",
  balance: "What became of every value received on a day",
  rejects: "What was refused, newest first",
  ledger: "Changes to figures of closed days, newest first",
  explain: "The readings, multipliers and factors behind one figure",
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
    operationId: name,
    ...(name === "stream" ? {} : { querystring: jsonSchema(parameters[name]) }),
    response: { 200: { description: titles[name], content: contentOf(name) }, ...problems },
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

/** Collects the routes that are added after it. */
export async function addOpenApi(app: FastifyInstance): Promise<void> {
  app.addSchema({ $id: PROBLEM, ...jsonSchema(problem) });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
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
