/** /api/v1/matters, /api/v1/duties and the hook that alerts come in by. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { officerActions } from "../../model/alert.ts";
import type { Log } from "../../model/log.ts";
import type { Registry } from "../../model/registry.ts";
import { type Calendar, calendarOf, type Instant } from "../../model/time.ts";
import { ProblemError } from "../answer.ts";
import type {
  DutiesAnswer,
  HookAnswer,
  MatterAnswer,
  MattersAnswer,
  MattersSummaryAnswer,
} from "../api/matters.ts";
import { checked, type RawParameters } from "../parameters.ts";
import type { BoardDesk, DeskCaller } from "./desk.ts";
import { objectOf, requireType } from "./json-body.ts";
import { actionBody, MATTER_ROWS, matterSchemas, mattersQuery, summaryQuery } from "./matters-schemas.ts";
import { apiMatter, countsAnswer, dutiesAnswer, matterAnswer, summaryAnswer } from "./matters-view.ts";

export interface MatterRoutes {
  readonly desk: BoardDesk;
  readonly registry: Registry;
  readonly log: Log;
  readonly now: () => Instant;
}

/** Grafana posts each alert by itself (`group_by: ...`); some hundred in one document fit as well. */
const HOOK_BODY = 256 * 1024;

interface OfMatter {
  Params: { id: string };
}

function callerOf({ operator }: FastifyRequest): DeskCaller {
  if (!operator) throw new ProblemError(401, "sign in, or send a token", { code: "credentials" });
  return { name: operator.name, role: operator.role };
}

const unknownMatter = (id: string): ProblemError =>
  new ProblemError(404, `there is no matter '${id}'; /api/v1/matters lists what there is`, {
    code: "unknown-matter",
    value: id,
  });

/** Status of what the desk refused: not this caller, not in this state, or not in these words. */
const refusedAs: Readonly<Record<string, number>> = { role: 403, state: 409, text: 400, officer: 400 };

/** Machines alone hand alerts over; where nobody is asked who he is, this machine is one. */
function requireToken(request: FastifyRequest): void {
  const { operator } = request;
  if (operator?.by === "token" || operator?.by === "local") return;
  throw new ProblemError(403, "alerts are handed over with a machine's bearer token, not by a person", {
    code: "token",
  });
}

function addHook(app: FastifyInstance, { desk, log }: MatterRoutes): void {
  app.post("/api/v1/hooks/grafana", {
    schema: matterSchemas.hook,
    config: { access: "officer" },
    bodyLimit: HOOK_BODY,
    onRequest: async (request) => {
      requireToken(request);
      requireType(request, "application/json");
    },
    handler: async (request): Promise<HookAnswer> => {
      const outcome = await desk.receive(objectOf(request.body));
      if (!outcome.ok) {
        log.warn("hook-refused", { from: request.operator?.name, problems: outcome.problems });
        throw new ProblemError(422, outcome.problems.join("; "), { code: "bad-alerts" });
      }
      const { received, new: fresh, repeated } = outcome;
      return { received, new: fresh, repeated };
    },
  });
}

function addReading(app: FastifyInstance, { desk, registry, now }: MatterRoutes, calendar: Calendar): void {
  const options = (schema: object) => ({ schema, config: { access: "viewer" } as const });
  const fresh = (reply: FastifyReply): FastifyReply => reply.header("cache-control", "no-store");
  app.get("/api/v1/matters", options(matterSchemas.list), async (request, reply): Promise<MattersAnswer> => {
    const {
      limit = MATTER_ROWS.otherwise,
      state = "open",
      ...given
    } = checked(mattersQuery, request.query as RawParameters);
    const query = {
      ...(given as Pick<Parameters<BoardDesk["matters"]>[0], "site">),
      state,
      limit: limit + 1,
    };
    const [rows, counts] = await Promise.all([desk.matters(query, callerOf(request)), desk.counts()]);
    fresh(reply);
    const view = { calendar, rules: registry.rules, now: now() };
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      rows: shown.map((row) => apiMatter(row, view)),
      counts: countsAnswer(counts),
      ...(rows.length > limit && last !== undefined ? { next: last.matter.id } : {}),
    };
  });
  app.get(
    "/api/v1/matters/summary",
    options(matterSchemas.summary),
    async (request, reply): Promise<MattersSummaryAnswer> => {
      const { month: given } = checked(summaryQuery, request.query as RawParameters);
      const month = given ?? calendar.iso(now()).slice(0, 7);
      const first = calendar.parseDate(`${month}-01`);
      if (first === undefined)
        throw new ProblemError(400, `month '${month}': write a month such as 2026-11`, {
          code: "bad-parameter",
        });
      const next = calendar.monthFirstDay(calendar.monthOfDay(first) + 1);
      fresh(reply);
      return summaryAnswer(
        month,
        await desk.summary(calendar.dayStart(first), calendar.dayStart(next)),
        registry,
      );
    },
  );
  app.get<OfMatter>(
    "/api/v1/matters/:id",
    options(matterSchemas.one),
    async (request, reply): Promise<MatterAnswer> => {
      const { id } = request.params;
      const whole = await desk.matter(id, callerOf(request));
      if (whole === undefined) throw unknownMatter(id);
      fresh(reply);
      return matterAnswer(whole, { calendar, rules: registry.rules, now: now() });
    },
  );
  app.get(
    "/api/v1/duties",
    options(matterSchemas.duties),
    async (): Promise<DutiesAnswer> => dutiesAnswer(registry),
  );
}

function addActions(
  app: FastifyInstance,
  { desk, registry, log, now }: MatterRoutes,
  calendar: Calendar,
): void {
  for (const action of officerActions) {
    app.post<OfMatter>(`/api/v1/matters/:id/${action}`, {
      schema: { ...matterSchemas.act, operationId: `matter-${action}` } as object,
      config: { access: "officer" },
      onRequest: async (request) => requireType(request, "application/json"),
      handler: async (request): Promise<MatterAnswer> => {
        const { id } = request.params;
        const { text = "", officer } = checked(actionBody, objectOf(request.body));
        const caller = callerOf(request);
        const outcome = await desk.act(
          id,
          { action, text, ...(officer === undefined ? {} : { officer }) },
          caller,
        );
        if ("unknown" in outcome) throw unknownMatter(id);
        if ("refused" in outcome) {
          const { code, detail } = outcome.refused;
          throw new ProblemError(refusedAs[code] ?? 409, detail, { code });
        }
        log.info("matter", { matter: id, action, operator: caller.name });
        return matterAnswer(outcome.whole, { calendar, rules: registry.rules, now: now() });
      },
    });
  }
}

/** Adds the routes. */
export function addMatterRoutes(app: FastifyInstance, options: MatterRoutes): void {
  const calendar = calendarOf(options.registry.county.zone);
  addHook(app, options);
  addReading(app, options, calendar);
  addActions(app, options, calendar);
}
