// `npm audit --omit=dev --json | node .ci/audit.mjs`: fails on a finding that is high or critical, and says
// loudly when the registry gave no answer, which is not the same as no finding.
import { readFileSync } from "node:fs";

let report = {};
try {
  report = JSON.parse(readFileSync(0, "utf8"));
} catch (error) {
  report = { message: `no JSON: ${error.message}` };
}
const counts = report.metadata?.vulnerabilities;
if (!counts) {
  const message = String(report.message ?? report.error?.summary ?? "no report").replace(
    /\S+:\/\/\S+/g,
    "the registry",
  );
  console.error(`DEPENDENCY AUDIT NOT DONE: ${message}. Run it where the registry answers audits.`);
} else {
  const severe = Object.values(report.vulnerabilities ?? {}).filter(({ severity }) =>
    ["high", "critical"].includes(severity),
  );
  for (const { name, severity, range } of severe) console.error(`${severity}: ${name} ${range}`);
  console.log(`dependency audit: ${counts.total} findings, ${severe.length} high or critical`);
  if (severe.length > 0 || counts.high + counts.critical > 0) process.exitCode = 1;
}
