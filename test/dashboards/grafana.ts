/** What Grafana does with a question before InfluxDB gets it, and the answer as it takes it. */
import type { InfluxService } from "../services/influx.ts";
import type { Dashboard, Variable } from "./built.ts";

export interface AnswerSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly (number | string | boolean | null)[])[];
}

export type Influx = Pick<InfluxService, "url" | "bucket" | "token">;

/** @throws Error with InfluxDB's own words when it does not understand the question */
export async function ask(influx: Influx, query: string): Promise<readonly AnswerSeries[]> {
  const response = await fetch(`${influx.url}/query`, {
    method: "POST",
    headers: { authorization: `Token ${influx.token}`, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ db: influx.bucket, epoch: "ms", q: query }),
  });
  const answer = (await response.json()) as {
    error?: string;
    results?: { error?: string; series?: AnswerSeries[] }[];
  };
  const error = answer.error ?? answer.results?.[0]?.error;
  if (error !== undefined) throw new Error(`${error}: ${query}`);
  return answer.results?.[0]?.series ?? [];
}

export interface Shown {
  readonly from: number;
  readonly to: number;
  /** Values of the variables. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

const escaped = (text: string): string => text.replace(/[\\^$*+?.()|[\]{}/]/g, "\\$&");

/** One value as it is, several as alternatives: the format `regex`. */
function asRegex(values: readonly string[]): string {
  const list = values.map(escaped);
  return list.length === 1 ? list[0]! : `(${list.join("|")})`;
}

/** The question as InfluxDB gets it. */
export function filled(query: string, { from, to, values }: Shown, interval = "1m"): string {
  return query
    .replaceAll("$timeFilter", `time >= ${from}ms and time <= ${to}ms`)
    .replaceAll("$__interval", interval)
    .replace(/\$\{(\w+):regex\}/g, (whole, name: string) => {
      const given = values[name];
      if (given === undefined) throw new Error(`${whole} has no value`);
      return asRegex(given);
    });
}

/** Texts and values of a variable's options: the column after the first of the answer, by its regular expression. */
export function optionsOf(
  variable: Variable,
  answer: readonly AnswerSeries[],
): { text: string; value: string }[] {
  const cells = answer.flatMap(({ values }) => values.map((row) => String(row[1] ?? row[0])));
  if (!variable.regex) return cells.map((cell) => ({ text: cell, value: cell }));
  const pattern = new RegExp(variable.regex.slice(1, -1));
  return cells.flatMap((cell) => {
    const groups = pattern.exec(cell)?.groups;
    return groups ? [{ text: groups.text!, value: groups.value! }] : [];
  });
}

/** Values of a dashboard's variables, asked one after the other: all of those where several may be chosen. */
export async function valuesOf(
  influx: Influx,
  dashboard: Dashboard,
  time: Pick<Shown, "from" | "to">,
  chosen: Readonly<Record<string, readonly string[]>>,
): Promise<Record<string, readonly string[]>> {
  const values: Record<string, readonly string[]> = {};
  for (const variable of dashboard.templating.list.filter(({ type }) => type === "query")) {
    const answer = await ask(influx, filled(variable.query, { ...time, values }));
    const options = optionsOf(variable, answer).map(({ value }) => value);
    const wish = chosen[variable.name];
    const strange = wish?.find((value) => !options.includes(value));
    if (strange !== undefined)
      throw new Error(`${dashboard.uid}: ${variable.name} offers no ${strange}: ${options.join()}`);
    values[variable.name] = wish ?? (variable.multi ? options : options.slice(0, 1));
  }
  return values;
}
