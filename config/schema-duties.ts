/** YAML form of `duties.yaml`, `calendar.yaml` and `targets.yaml`; resolved to `model/duty.ts`. */
import { z } from "zod";
import { audiences, channelKinds } from "../model/duty.ts";
import type { colours } from "../model/limit.ts";
import { factorStatuses, siteCategories } from "../model/registry.ts";
import { domains } from "../model/rule.ts";
import { dateField, idField, nameField, strict } from "./fields.ts";

/** A time of day such as 08:30; 24:00 ends a day. */
const timeField = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'write a time of day in quotes, such as "08:30"');

const audienceField = z.enum(audiences);

const policyForm = strict({
  tell: z.array(audienceField),
  ladder: z
    .array(strict({ afterWorkingMinutes: z.int().min(1).max(100_000), tell: z.array(audienceField).min(1) }))
    .default([]),
  heldBackInQuietHours: z.boolean().optional(),
});
export type PolicyForm = z.infer<typeof policyForm>;

const absenceForm = strict({ from: dateField, to: dateField, deputy: idField.optional() });

const officerForm = strict({
  id: idField,
  name: nameField,
  language: z.enum(["zh", "en"]).default("zh"),
  operator: z.string().min(1).optional(),
  channels: z.array(strict({ channel: idField, address: z.string().min(1).max(500) })).min(1),
  deputy: idField.optional(),
  absences: z.array(absenceForm).default([]),
});

const dutyForm = strict({
  site: z.string().optional(),
  town: z.string().optional(),
  sector: z.string().optional(),
  category: z.enum(siteCategories).optional(),
  county: z.literal(true).optional(),
  target: z.string().optional(),
  domains: z.array(z.enum(domains)).min(1).optional(),
  officers: z.array(idField).default([]),
  lead: idField.optional(),
  others: z.array(idField).default([]),
});
export type DutyForm = z.infer<typeof dutyForm>;

const channelForm = strict({
  id: idField,
  kind: z.enum(channelKinds),
  from: z.string().min(3).optional(),
  host: z.string().min(1).optional(),
  port: z.int().min(1).max(65_535).optional(),
  user: z.string().min(1).optional(),
  perMinute: z.int().min(1).max(100_000).default(20),
});
export type ChannelForm = z.infer<typeof channelForm>;

const addressField = z.url({ protocol: /^https?$/, error: "write an address such as https://board.example" });

/** `duties.yaml` */
export const dutiesFile = strict({
  office: idField.optional(),
  boardUrl: addressField.optional(),
  grafanaUrl: addressField.optional(),
  agencies: z.array(
    strict({
      id: idField,
      name: nameField,
      officers: z.array(idField).default([]),
      head: idField.optional(),
    }),
  ),
  officers: z.array(officerForm),
  duties: z.array(dutyForm),
  channels: z.array(channelForm).default([]),
  policies: strict({
    yellow: policyForm.optional(),
    orange: policyForm.optional(),
    red: policyForm.optional(),
  } satisfies Record<(typeof colours)[number], unknown>).default({}),
  quietHours: strict({ from: timeField, to: timeField }).optional(),
  digest: strict({
    afterNotices: z.int().min(1).max(1_000),
    windowMinutes: z.int().min(1).max(1_440),
  }).default({
    afterNotices: 10,
    windowMinutes: 5,
  }),
});
export type DutiesForm = z.infer<typeof dutiesFile>;

/** Sunday first, as `WorkingCalendar.workdays` counts them. */
export const weekdays = [
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
] as const;

/** `calendar.yaml` */
export const calendarFile = strict({
  hours: z.array(z.tuple([timeField, timeField])).min(1),
  workdays: z.array(z.enum(weekdays)).min(1),
  years: z
    .array(
      strict({
        year: z.int().min(2000).max(2200),
        source: z.string().min(1),
        status: z.enum(factorStatuses),
        holidays: z.array(strict({ name: z.string().min(1).optional(), from: dateField, to: dateField })),
        extraWorkdays: z.array(dateField).default([]),
      }),
    )
    .default([]),
});
export type CalendarForm = z.infer<typeof calendarFile>;

/** `targets.yaml` */
export const targetsFile = strict({
  targets: z.array(
    strict({
      id: z.string().min(1),
      indicator: z.string().min(1),
      unit: z.string().min(1),
      op: z.enum(["ge", "eq", "range", "before", "ext"]),
      value: z.union([z.number(), z.string()]).optional(),
      deadline: z.string().optional(),
      lead: z.string().min(1).optional(),
      others: z.array(z.string().min(1)).default([]),
      task: z.string().min(1),
      bestEffort: z.boolean().default(false),
      note: z.string().optional(),
    }),
  ),
});
export type TargetForm = z.infer<typeof targetsFile>["targets"][number];
