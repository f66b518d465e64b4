/**
 * DingTalk's custom robot (钉钉自定义机器人): a signed POST of Markdown into a group.
 * Source: open.dingtalk.com, 自定义机器人接入 (address, message types, frequency) and 自定义机器人安全设置 (signature).
 */
import { createHmac } from "node:crypto";
import { addressForms } from "../../model/channel-address.ts";
import type { Channel } from "../../model/duty.ts";
import type { Notice, Notifier } from "../../model/notice.ts";
import { addressesOf } from "./addresses.ts";
import { doorOf, postJson } from "./http-post.ts";
import { fitLines, markdownText, markdownUrl, shortened } from "./markup.ts";
import type { ChannelSecret, NotifierOptions } from "./options.ts";
import { checkRobotAnswer, type RobotCodes } from "./robot-answer.ts";
import { wordsOf } from "./words.ts";

/** Beyond 20 messages in a minute the robot is shut out for ten minutes. */
const SHUT_OUT_MS = 600_000;

/** DingTalk takes 20,000 bytes of a body; the text is quoted once more on its way there. */
const MOST_TEXT_BYTES = 15_000;

const codes: RobotCodes = {
  refused: new Set([
    // Signature, keyword or sender's address does not fit the robot's settings; also a clock an hour off.
    310_000,
    // No such token, in the older and the newer numbering.
    300_001, 300_005, 400_101,
    // Group dissolved, robot stopped or gone, kind of message unknown, parameter missing.
    400_013, 400_102, 400_105, 400_106, 40_035, 43_004,
    // Links, words, pictures or contents that DingTalk does not let through.
    430_101, 430_102, 430_103, 430_104,
  ]),
  tooMany: new Map([
    [130_101, SHUT_OUT_MS],
    [410_100, SHUT_OUT_MS],
    [660_026, SHUT_OUT_MS],
  ]),
};

/** base64(HMAC-SHA256(key = secret, message = timestamp + LF + secret)); the secret is in the message by their rule. */
export function dingtalkSign(timestamp: number, secret: string): string {
  return createHmac("sha256", secret).update(`${timestamp}\n${secret}`).digest("base64");
}

/** The Markdown text: who is mentioned must stand in it, or nobody is called. */
export function dingtalkText(notice: Notice, mobiles: readonly string[]): string {
  const { content, isRepeat } = notice;
  const { colon, repeat, more } = wordsOf(content);
  const links = content.links.flatMap(({ label, url }) => {
    const address = markdownUrl(url);
    return address === undefined ? [] : [`[${markdownText(label)}](${address})`];
  });
  const tail = [
    ...(isRepeat ? ["", `> ${repeat}`] : []),
    ...(links.length > 0 ? ["", links.join(" · ")] : []),
    ...(mobiles.length > 0 ? ["", mobiles.map((mobile) => `@${mobile}`).join(" ")] : []),
  ];
  // One fact a list item: DingTalk runs single lines together.
  const head = [
    `#### ${markdownText(content.title)}`,
    "",
    ...content.facts.map(({ label, value }) => `- ${markdownText(label)}${colon}${markdownText(value)}`),
    ...content.lines.map((line) => `- ${markdownText(line)}`),
  ];
  const room = MOST_TEXT_BYTES - Buffer.byteLength(tail.join("\n")) - 1;
  return [fitLines(head, `- ${more}`, room), ...tail].join("\n");
}

/** A robot of a DingTalk group. Without a secret it is unsigned (keyword or address list), which `check` warns of. */
export function createDingtalk(channel: Channel, secret: ChannelSecret, options: NotifierOptions): Notifier {
  const key = secret.secret;
  const send = async (notice: Notice, signal: AbortSignal): Promise<void> => {
    const door = doorOf(secret, options);
    const mobiles = addressesOf(notice.recipients, addressForms.dingtalk.read, "no mobile number");
    const timestamp = options.now();
    const query =
      key === undefined ? {} : { timestamp: String(timestamp), sign: dingtalkSign(timestamp, key) };
    const body = {
      msgtype: "markdown",
      markdown: {
        title: shortened(markdownText(notice.content.title), 100),
        text: dingtalkText(notice, mobiles),
      },
      at: { atMobiles: mobiles, isAtAll: false },
    };
    checkRobotAnswer(door, await postJson(door, JSON.stringify(body), {}, signal, query), codes);
  };
  return { id: channel.id, send, close: async () => undefined };
}
