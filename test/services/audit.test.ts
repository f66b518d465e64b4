/** The dependency audit of CI: a finding fails, and no answer is said loudly and is not taken for none. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { projectRoot } from "../program.ts";

function audit(input: string): { code: number | null; stdout: string; stderr: string } {
  const ran = spawnSync(process.execPath, [join(projectRoot, ".ci/audit.mjs")], { input, encoding: "utf8" });
  return { code: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

const counts = { info: 0, low: 0, moderate: 0, high: 0, critical: 0, total: 0 };

test("no finding passes, and so does a moderate one", () => {
  expect(audit(JSON.stringify({ vulnerabilities: {}, metadata: { vulnerabilities: counts } }))).toMatchObject(
    {
      code: 0,
      stdout: "dependency audit: 0 findings, 0 high or critical\n",
    },
  );
  const moderate = {
    vulnerabilities: { a: { name: "a", severity: "moderate", range: "*" } },
    metadata: { vulnerabilities: { ...counts, moderate: 1, total: 1 } },
  };
  expect(audit(JSON.stringify(moderate)).code).toBe(0);
});

test.each(["high", "critical"])("a %s finding fails and is named", (severity) => {
  const report = {
    vulnerabilities: { a: { name: "a", severity, range: "<2" } },
    metadata: { vulnerabilities: { ...counts, [severity]: 1, total: 1 } },
  };
  expect(audit(JSON.stringify(report))).toMatchObject({ code: 1, stderr: `${severity}: a <2\n` });
});

test.each([
  JSON.stringify({ message: "405 Method Not Allowed - POST https://registry.example/x" }),
  "not JSON",
  "",
])("no answer passes, loudly: %j", (input) => {
  const { code, stderr } = audit(input);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^DEPENDENCY AUDIT NOT DONE: /);
  expect(stderr).not.toContain("registry.example");
});
