/** A channel of the configuration, ready to send. */
import type { Channel } from "../../model/duty.ts";
import { ChannelFailed, ChannelRefused, type Notice, type Notifier } from "../../model/notice.ts";
import { createConsole } from "./console.ts";
import { createDingtalk } from "./dingtalk.ts";
import { opensWith, sayerOf } from "./http-post.ts";
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

/** A fault of ours or of a package: nobody looked through its words, which may hold what opens the channel. */
function guarded(notifier: Notifier, secret: ChannelSecret): Notifier {
  const said = sayerOf(opensWith(secret));
  const send = async (notice: Notice, signal: AbortSignal): Promise<void> => {
    try {
      await notifier.send(notice, signal);
    } catch (error) {
      if (error instanceof ChannelRefused || error instanceof ChannelFailed) throw error;
      throw new ChannelFailed(`broke: ${said(String(error))}`, { mayHaveArrived: true });
    }
  };
  return { ...notifier, send };
}

function plain(channel: Channel, secret: ChannelSecret, all: NotifierOptions): Notifier {
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

/** Makes the notifier of a channel. What is missing or wrong shows as ChannelRefused when it is to send. */
export function createNotifier(
  channel: Channel,
  secret: ChannelSecret = {},
  options: Partial<NotifierOptions> = {},
): Notifier {
  return guarded(plain(channel, secret, { ...defaults, ...options }), secret);
}
