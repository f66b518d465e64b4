/**
 * A webhook of one's own: a signed POST of the notice as JSON. SMS gateways, official accounts and ticket systems are
 * connected by it.
 */
import { createHmac } from "node:crypto";
import type { Channel } from "../../model/duty.ts";
import { ChannelRefused, type Notice, type Notifier } from "../../model/notice.ts";
import { doorOf, postJson } from "./http-post.ts";
import { oneLine, webUrl } from "./markup.ts";
import type { ChannelSecret, NotifierOptions } from "./options.ts";
import { plainLines } from "./words.ts";

/** What the receiver gets; fields may be added, none goes. */
export function webhookBody(notice: Notice): object {
  const { content } = notice;
  const links = content.links.flatMap(({ label, url }) => {
    const address = webUrl(url);
    return address === undefined ? [] : [{ label: oneLine(label), url: address }];
  });
  return {
    version: 1,
    id: notice.id,
    isRepeat: notice.isRepeat,
    at: new Date(notice.at).toISOString(),
    kind: content.kind,
    colour: content.colour,
    language: content.language,
    matters: notice.matters,
    recipients: notice.recipients.map(({ officer, name, address }) => ({
      officer,
      name: oneLine(name),
      address,
    })),
    title: oneLine(content.title),
    facts: content.facts.map(({ label, value }) => ({ label: oneLine(label), value: oneLine(value) })),
    lines: content.lines.map(oneLine),
    links,
    text: plainLines(notice, oneLine).join("\n"),
  };
}

/** `v1=` and hex(HMAC-SHA256(key = secret, message = timestamp in seconds + "." + body as sent)). */
export function webhookSignature(timestamp: string, body: string, secret: string): string {
  return `v1=${createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex")}`;
}

/** A webhook; without a secret it refuses: a receiver could not tell our notices from anybody's. */
export function createWebhook(channel: Channel, secret: ChannelSecret, options: NotifierOptions): Notifier {
  const send = async (notice: Notice, signal: AbortSignal): Promise<void> => {
    if (secret.secret === undefined)
      throw new ChannelRefused("has no secret in the secrets file: its notices could not be signed");
    const door = doorOf(secret, options);
    const body = JSON.stringify(webhookBody(notice));
    const timestamp = String(Math.floor(options.now() / 1000));
    const headers = {
      "idempotency-key": notice.id,
      "x-energy-timestamp": timestamp,
      "x-energy-signature": webhookSignature(timestamp, body, secret.secret),
    };
    await postJson(door, body, headers, signal);
  };
  return { id: channel.id, send, close: async () => undefined };
}
