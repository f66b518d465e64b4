/** What the routes of matters take and answer, for the checks and for the OpenAPI document. */
import type { FastifySchema } from "fastify";
import { z } from "zod";
import { matterActions, matterStates, officerActions } from "../../model/alert.ts";
import { colours } from "../../model/limit.ts";
import { noticeKinds } from "../../model/notice.ts";
import { domains } from "../../model/rule.ts";
import type {
  ApiMatter,
  DutiesAnswer,
  HookAnswer,
  MatterAnswer,
  MattersAnswer,
  MattersSummaryAnswer,
} from "../api/matters.ts";
import { plainSchema } from "./openapi.ts";
import { instant, text } from "./schema-parts.ts";

const id = z.string().min(1).max(64);
const colour = z.enum(colours);
/** Most rows of one answer. */
export const MATTER_ROWS = { most: 500, otherwise: 100 } as const;

export const mattersQuery = z.strictObject({
  state: z.enum(["open", "closed", "all"]).describe("default open").optional(),
  site: id.describe("Id of a site").optional(),
  colour: colour.optional(),
  agency: id.describe("Id of an agency that leads or is beside who leads").optional(),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(MATTER_ROWS.most)
    .describe(`Most rows to give; default ${MATTER_ROWS.otherwise}`)
    .optional(),
  before: id.describe("Only those raised before this matter, for paging").optional(),
});
export const summaryQuery = z.strictObject({
  month: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])$/, "write a month such as 2026-11")
    .describe("Month in the county's zone, as 2026-11; default this month")
    .optional(),
});
export const actionBody = z.strictObject({
  text: z.string().max(4_000).describe("In words; needed to explain, rectify and reject").optional(),
  officer: id.describe("Who is to do it; needed to assign").optional(),
});

const matter = z.strictObject({
  id: z.string(),
  rule: z.string(),
  colour,
  domain: z.enum(domains),
  state: z.enum(matterStates),
  firing: z.boolean().describe("The condition still holds"),
  site: z.string().exactOptional(),
  group: z.string().exactOptional(),
  meter: z.string().exactOptional(),
  gateway: z.string().exactOptional(),
  limit: z.string().exactOptional(),
  summary: text,
  values: z.record(z.string(), z.number()),
  raisedAt: instant,
  notifiedAt: instant.exactOptional(),
  acknowledgedAt: instant.exactOptional(),
  explainedAt: instant.exactOptional(),
  rectifiedAt: instant.exactOptional(),
  reviewedAt: instant.exactOptional(),
  closedAt: instant.exactOptional(),
  resolvedAt: instant.exactOptional(),
  dueAt: instant.describe("By when somebody has to acknowledge it").exactOptional(),
  overdue: z.boolean().describe("Nobody acknowledged it in time"),
  escalations: z.int(),
  lead: z.string().describe("Absent where no duty and no office covers it").exactOptional(),
  others: z.array(z.string()),
  officers: z.array(z.string()).describe("Asked first"),
  assignedTo: z.string().exactOptional(),
  watched: z
    .strictObject({ field: z.string(), op: z.enum([">", ">=", "<", "<="]), threshold: z.number() })
    .describe("What values.value is, and from where on the rule fires")
    .exactOptional(),
  panelUrl: z.string().exactOptional(),
  may: z.array(z.enum(officerActions)).describe("What the caller can do now"),
}) satisfies z.ZodType<ApiMatter>;

const counts = z.strictObject({
  open: z.strictObject({ yellow: z.int(), orange: z.int(), red: z.int() }),
  overdue: z.int(),
  unassigned: z.int().describe("Open, with nobody to tell"),
});

const matters = z.strictObject({
  rows: z.array(matter),
  counts,
  next: z.string().describe("There are older ones: goes into `before` of the next request").exactOptional(),
}) satisfies z.ZodType<MattersAnswer>;

const whole = z.strictObject({
  matter,
  events: z.array(
    z.strictObject({
      seq: z.int(),
      at: instant,
      action: z.enum(matterActions),
      actor: z.string(),
      text: z.string(),
      details: z.record(z.string(), z.union([z.string(), z.number()])),
    }),
  ),
  notices: z.array(
    z.strictObject({
      at: instant,
      kind: z.enum(noticeKinds),
      channel: z.string(),
      officer: z.string(),
      status: z.enum(["waiting", "held", "delivered", "failed"]),
      attempts: z.int(),
      error: z.string().exactOptional(),
    }),
  ),
}) satisfies z.ZodType<MatterAnswer>;

const summary = z.strictObject({
  month: z.string(),
  rows: z.array(
    z.strictObject({
      agency: z.string(),
      name: text,
      raised: z.int(),
      answeredInTime: z.int(),
      overdue: z.int(),
      closed: z.int(),
    }),
  ),
}) satisfies z.ZodType<MattersSummaryAnswer>;

const duties = z.strictObject({
  agencies: z.array(
    z.strictObject({
      id: z.string(),
      name: text,
      officers: z.array(z.string()),
      head: z.string().exactOptional(),
    }),
  ),
  officers: z.array(z.strictObject({ id: z.string(), name: text })),
  office: z.string().exactOptional(),
}) satisfies z.ZodType<DutiesAnswer>;

const hook = z.strictObject({
  received: z.int(),
  new: z.int().describe("Raised, worsened or ended a matter"),
  repeated: z.int().describe("Changed nothing"),
}) satisfies z.ZodType<HookAnswer>;

const one = "One matter, everything that was done with it, and what was sent of it";
export const matterSchemas = {
  list: plainSchema("matters", "Matters, newest first, and how many are open", matters, {
    querystring: mattersQuery,
  }),
  one: plainSchema("matter", one, whole),
  act: plainSchema("act-on-matter", "Does something with a matter, and keeps who and when", whole, {
    body: actionBody,
  }),
  summary: plainSchema("matters-summary", "Matters of a month by leading agency", summary, {
    querystring: summaryQuery,
  }),
  duties: plainSchema("duties", "Agencies and officers by id and name", duties),
  hook: plainSchema("hook", "Takes alerts as Grafana's webhook posts them; a repeat changes nothing", hook),
} satisfies Record<string, FastifySchema>;
