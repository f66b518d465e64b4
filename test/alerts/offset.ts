import { z } from "zod";

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1d2h3m` of a case's file: milliseconds since its beginning. */
export const offset = z
  .string()
  .regex(/^(\d+[smhd])+$/)
  .transform((text) =>
    [...text.matchAll(/(\d+)([smhd])/g)].reduce(
      (sum, [, count, unit]) => sum + Number(count) * unitMs[unit!]!,
      0,
    ),
  );
