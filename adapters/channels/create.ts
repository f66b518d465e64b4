/** A channel of the configuration, ready to send. */
import type { Channel } from "../../model/duty.ts";
import type { Notifier } from "../../model/notice.ts";
import { createConsole } from "./console.ts";
import { createDingtalk } from "./dingtalk.ts";
import type { ChannelSecret, NotifierOptions } from "./options.ts";
import { createSmtp } from "./smtp.ts";
import { createWebhook } from "./webhook.ts";
import { createWecom } from "./wecom.ts";

const defaults: NotifierOptions = {
  timeoutMs: 10_000,
  allowPlaintext: false,
  now: Date.now,
  write: (text) => process.stdout.write(text),
};

/** Makes the notifier of a channel. What is missing or wrong shows as ChannelRefused when it is to send. */
export function createNotifier(
  channel: Channel,
  secret: ChannelSecret = {},
  options: Partial<NotifierOptions> = {},
): Notifier {
  const all = { ...defaults, ...options };
  switch (channel.kind) {
    case "dingtalk":
      return createDingtalk(channel, secret, all);
    case "wecom":
      return createWecom(channel, secret, all);
    case "smtp":
      return createSmtp(channel, secret, all);
    case "webhook":
      return createWebhook(channel, secret, all);
    case "console":
      return createConsole(channel, all);
  }
}
