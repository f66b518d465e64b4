/** Collects problems of one file under a path. */
import type { Problem } from "../model/errors.ts";

export interface Report {
  error(path: string, message: string): void;
  warning(path: string, message: string): void;
  /** The same file, further down. */
  at(path: string): Report;
}

/** Joins two parts of a path: `meters[2]` and `from` make `meters[2].from`. */
function join(above: string, path: string): string {
  if (above === "" || path === "") return above + path;
  return path.startsWith("[") ? above + path : `${above}.${path}`;
}

/** A report that adds to `problems`. */
export function reportOn(problems: Problem[], file: string, above = ""): Report {
  const add = (severity: Problem["severity"]) => (path: string, message: string) => {
    problems.push({ file, path: join(above, path), message, severity });
  };
  return {
    error: add("error"),
    warning: add("warning"),
    at: (path) => reportOn(problems, file, join(above, path)),
  };
}

/** Reports each id of a list that was there before. */
export function reportRepeats(
  report: Report,
  list: string,
  entries: readonly { readonly id: string }[],
): void {
  const first = new Map<string, number>();
  entries.forEach(({ id }, index) => {
    const before = first.get(id);
    if (before === undefined) first.set(id, index);
    else report.error(`${list}[${index}].id`, `"${id}" is already the id of ${list}[${before}]: rename one`);
  });
}
