import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../config/load.ts";
import { ConfigError, type Problem } from "../../model/errors.ts";

/** Each folder is a configuration with one thing wrong, named for it; `expected.json` says what must be reported. */
const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));

interface ExpectedProblem {
  readonly file: string;
  readonly path: string;
  readonly message: string;
}
interface Expected {
  readonly errors?: readonly ExpectedProblem[];
  readonly warnings?: readonly ExpectedProblem[];
}

async function problemsOf(directory: string): Promise<readonly Problem[]> {
  try {
    return (await loadConfig(directory)).warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function place(problem: ExpectedProblem): string {
  return `${problem.file}: ${problem.path}`;
}

/** As many as expected, each at its place and with the words expected of it. */
function expectProblems(found: readonly Problem[], expected: readonly ExpectedProblem[]): void {
  expect(found.map(place).sort()).toEqual(expected.map(place).sort());
  for (const problem of expected) {
    const there = found.filter((other) => place(other) === place(problem)).map((other) => other.message);
    expect(there).toContainEqual(expect.stringContaining(problem.message));
  }
}

describe("what is wrong with a configuration is reported with file, path and advice", () => {
  const names = readdirSync(fixtures);
  it("has fixtures", () => expect(names.length).toBeGreaterThanOrEqual(90));
  for (const name of names) {
    it(name, async () => {
      const directory = join(fixtures, name);
      const expected = JSON.parse(readFileSync(join(directory, "expected.json"), "utf8")) as Expected;
      const problems = await problemsOf(directory);
      const errors = problems.filter((problem) => problem.severity === "error");
      const warnings = problems.filter((problem) => problem.severity === "warning");
      expectProblems(errors, expected.errors ?? []);
      if (expected.errors === undefined) expectProblems(warnings, expected.warnings ?? []);
    });
  }
});
