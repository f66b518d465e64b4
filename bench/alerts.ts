/** From a meter that crosses its limit, over MQTT, to the officer's channel: a webhook's receiver on this machine. */
import { connectMqttPublisher } from "../adapters/mqtt-publisher.ts";
import { eventually, promptRule, startReceiver, writeCounty } from "../test/alerts/county-program.ts";
import { temporary } from "./county.ts";
import { pause, percentile, startProgram } from "./process.ts";
import type { Report } from "./report.ts";

const limitsOf = (sites: readonly string[]): string =>
  `limits:\n${sites
    .map(
      (site) =>
        `  - { id: day-${site}, name: { zh: 日限额, en: Day limit }, site: ${site}, purpose: other, quantity: energy, carrier: electricity, period: day, value: 10, minCoverage: 0, levels: [{ colour: red, ratio: 1 }] }`,
    )
    .join("\n")}\n`;

const HOUR_MS = 3_600_000;

/** @param crossings sites of which each crosses its limit once, one after the other */
export async function benchAlerts(report: Report, crossings: number): Promise<void> {
  const directory = temporary();
  const sites = Array.from({ length: crossings }, (_, i) => `works-${i + 1}`);
  const receiver = await startReceiver();
  const county = await writeCounty(directory.path, {
    receiver: receiver.url,
    sites,
    digest: { afterNotices: 1_000, windowMinutes: 1 },
    files: { "limits.yaml": limitsOf(sites), "rules.yaml": promptRule },
  });
  const program = await startProgram([...county.args, "--data", `${directory.path}/data`]);
  const took: number[] = [];
  for (const site of sites) {
    const publisher = await connectMqttPublisher({
      url: `mqtt://127.0.0.1:${program.mqttPort}`,
      clientId: `${site}-gw-bench`,
      username: `${site}-gw`,
      password: county.password,
    });
    const send = (at: number, value: number) =>
      publisher.publish(
        `v1/sites/${site}/meters/m-1/readings`,
        JSON.stringify({ at, registers: { "active-import": value } }),
      );
    // Within a day: a longer gap would be computed once nothing has fallen into it for half a minute.
    await send(Date.now() - 3 * HOUR_MS, 0);
    await pause(200);
    const before = receiver.got.length;
    const sentAt = Date.now();
    await send(sentAt - 1_000, 2_000);
    const notice = await eventually(
      () => receiver.got.slice(before).find(({ kind, lines }) => kind === "raised" && lines.length === 0),
      60_000,
    );
    took.push(notice.gotAt - sentAt);
    await publisher.close();
    // The other officer's notice of the same matter is not to pass for the next one's.
    await eventually(() => (receiver.got.length >= before + 2 ? true : undefined));
  }
  await program.stop();
  await receiver.close();
  report.section(`A crossing over MQTT to the officer's channel (${crossings} crossings, one at a time)`);
  report.latency(percentile(took, 0.5), percentile(took, 0.99), Math.max(...took), 3_000);
  directory.remove();
}
