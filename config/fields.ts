/** Fields that several of the configuration's files share. */
import { z } from "zod";
import { parseDate } from "../model/time.ts";
import { momentProblem } from "./moment.ts";

/** An object that refuses keys it does not know, and says which it knows. */
export function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? `unknown key; known here: ${known}` : undefined),
  });
}

/** Name of a thing inside the program: part of topics, keys and addresses. */
export const idField = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    "use lower-case letters, digits, dot, underscore and hyphen, starting with a letter or digit, 64 characters at most",
  );

export const nameField = strict({ zh: z.string().min(1), en: z.string().min(1) });

export const dateField = z.string().refine((text) => parseDate(text) !== undefined, {
  error: "write a date such as 2026-11-01",
});

/** A date, meaning 00:00 in the county's zone, or an ISO 8601 time with offset. */
export const momentField = z.string().superRefine((text, context) => {
  const problem = momentProblem(text);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem });
});

/** Longitude and latitude in degrees. */
export const pointField = z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]);

/** The names of both languages where only an id is given. */
export function nameOfId(id: string): { readonly zh: string; readonly en: string } {
  return { zh: id, en: id };
}
