/** Notices on the terminal, to try rules and duties before anybody is disturbed. */
import type { Channel } from "../../model/duty.ts";
import type { Notice, Notifier } from "../../model/notice.ts";
import { oneLine, webUrl } from "./markup.ts";
import type { NotifierOptions } from "./options.ts";
import { plainLines } from "./words.ts";

/** Writes each notice with its links: whoever reads the terminal may answer. Not for a log that others read. */
export function createConsole(channel: Channel, { write }: NotifierOptions): Notifier {
  const send = async (notice: Notice): Promise<void> => {
    const { recipients, content } = notice;
    const to = recipients.map(({ name, address }) => oneLine(address === "" ? name : `${name} <${address}>`));
    const links = content.links.flatMap(({ label, url }) => {
      const address = webUrl(url);
      return address === undefined ? [] : [`${oneLine(label)} ${address}`];
    });
    const lines = [...plainLines(notice, oneLine), ...links].map((line) => `  ${line}`);
    write([`[${channel.id}] ${notice.id} → ${to.join(", ")}`, ...lines, ""].join("\n"));
  };
  return { id: channel.id, send, close: async () => undefined };
}
