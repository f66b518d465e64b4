/** A thousand sites that alert within a minute, over Grafana's hook: how many messages, how many told, how much memory. */
import {
  eventually,
  postedAlert,
  postedDocument,
  postHook,
  startReceiver,
  writeCounty,
} from "../test/alerts/county-program.ts";
import { temporary } from "./county.ts";
import { accountOf, pause, percentile, startProgram } from "./process.ts";
import type { Report } from "./report.ts";

const ALERTS_A_DOCUMENT = 20;
const AFTER_NOTICES = 10;

/** @param seconds within which all of them alert */
export async function benchStorm(report: Report, count: number, seconds: number): Promise<void> {
  const directory = temporary();
  const receiver = await startReceiver();
  const county = await writeCounty(directory.path, {
    receiver: receiver.url,
    sites: Array.from({ length: count }, (_, i) => `works-${i + 1}`),
    digest: { afterNotices: AFTER_NOTICES, windowMinutes: 1 },
  });
  const program = await startProgram([...county.args, "--data", `${directory.path}/data`]);
  const pid = program.child.pid!;
  await pause(5_000);
  const { rssMb: before } = accountOf(pid);
  const answers: number[] = [];
  const documents = Math.ceil(count / ALERTS_A_DOCUMENT);
  for (let document = 0; document < documents; document += 1) {
    const alerts = Array.from(
      { length: Math.min(ALERTS_A_DOCUMENT, count - document * ALERTS_A_DOCUMENT) },
      (_, i) => {
        const site = `works-${document * ALERTS_A_DOCUMENT + i + 1}`;
        const posted = postedAlert(site);
        return { ...posted, labels: { ...posted.labels, site } };
      },
    );
    const began = performance.now();
    const answer = await postHook(program.httpUrl, county.token, postedDocument(alerts));
    if (answer.status !== 200) throw new Error(`the hook answered ${answer.status}`);
    answers.push(performance.now() - began);
    await pause((seconds * 1000) / documents - (performance.now() - began));
  }
  const toldTo = (officer: string) =>
    receiver.got.filter(({ recipients }) => recipients.some((one) => one.officer === officer));
  const named = (officer: string) => new Set(toldTo(officer).flatMap(({ matters }) => matters));
  const officers = ["dev-1", "plant-1"];
  await eventually(() => (officers.every((one) => named(one).size === count) ? true : undefined), 300_000);
  const { rssMb: after, peakMb } = accountOf(pid);
  await program.stop();
  await receiver.close();
  directory.remove();

  report.section(
    `${count.toLocaleString("en")} sites that alert within ${seconds} s, each answered for by the same two officers`,
  );
  report.value(
    "messages to one officer",
    Math.max(...officers.map((one) => toldTo(one).length)),
    "",
    count / 10,
  );
  report.note(
    `each officer was told of all ${count} matters, ${AFTER_NOTICES} of them alone, the others in digests`,
  );
  report.note(
    `the hook's answer, after the commit: p50 ${percentile(answers, 0.5).toFixed(0)} ms, most ${Math.max(...answers).toFixed(0)} ms for ${ALERTS_A_DOCUMENT} alerts`,
  );
  report.note(`memory before ${before} MB, after ${after} MB, peak ${peakMb} MB`);
}
