/**
 * WeCom's group robot (企业微信群机器人): a POST of Markdown or text into a group; the key is in the address.
 * Source: developer.work.weixin.qq.com/document/path/91770, 群机器人配置说明 (types, lengths, frequency), and path/90313,
 * 全局错误码.
 */
import { addressForms, mainlandMobile } from "../../model/channel-address.ts";
import type { Channel } from "../../model/duty.ts";
import type { Notice, Notifier, Recipient } from "../../model/notice.ts";
import { MINUTE_MS } from "../../model/time.ts";
import { addressesOf } from "./addresses.ts";
import { doorOf, postJson } from "./http-post.ts";
import { fitLines, markdownText, markdownUrl, shortened, webUrl } from "./markup.ts";
import type { ChannelSecret, NotifierOptions } from "./options.ts";
import { checkRobotAnswer, type RobotCodes } from "./robot-answer.ts";
import { wordsOf } from "./words.ts";

/** UTF-8 bytes of a message's content. */
const MOST_MARKDOWN_BYTES = 4_096;
const MOST_TEXT_BYTES = 2_048;

const codes: RobotCodes = {
  refused: new Set([
    // No such address or key; robot stopped; not in the group.
    93_000, 93_004, 93_008,
    // Parameters: too long, unknown kind of message, empty content.
    40_058, 40_008, 44_004, 45_002,
  ]),
  tooMany: new Map([
    [45_009, MINUTE_MS],
    [45_033, MINUTE_MS],
  ]),
};

/** Whom to call: robots' Markdown mentions by user id alone, plain text by mobile number too. */
interface Mentions {
  readonly users: readonly string[];
  readonly mobiles: readonly string[];
}

function mentionsOf(recipients: readonly Recipient[]): Mentions {
  const all = addressesOf(recipients, addressForms.wecom.read, "neither a user id nor a mobile number");
  const isMobile = (address: string): boolean => mainlandMobile(address) !== undefined;
  return { users: all.filter((one) => !isMobile(one)), mobiles: all.filter(isMobile) };
}

const fontOf = { yellow: "comment", orange: "warning", red: "warning" } as const;

/** Markdown in which officers are called by user id, 4,096 bytes at most. */
export function wecomMarkdown(notice: Notice, users: readonly string[]): string {
  const { content, isRepeat } = notice;
  const { colon, repeat, more } = wordsOf(content);
  const links = content.links.flatMap(({ label, url }) => {
    const address = markdownUrl(url);
    return address === undefined ? [] : [`[${markdownText(label)}](${address})`];
  });
  const head = [
    `**<font color="${fontOf[content.colour]}">${shortened(markdownText(content.title), 200)}</font>**`,
    ...content.facts.map(({ label, value }) => `> ${markdownText(label)}${colon}${markdownText(value)}`),
    ...content.lines.map((line) => `> ${markdownText(line)}`),
  ];
  return fitted(head, `> ${more}`, [...(isRepeat ? [repeat] : []), ...links], users, MOST_MARKDOWN_BYTES);
}

/** Plain text for officers known by mobile number, 2,048 bytes at most. */
export function wecomText(notice: Notice): string {
  const { content, isRepeat } = notice;
  const { colon, repeat, more } = wordsOf(content);
  const links = content.links.flatMap(({ label, url }) => {
    const address = webUrl(url);
    return address === undefined ? [] : [`${markdownText(label)}${colon}${address}`];
  });
  const head = [
    shortened(markdownText(content.title), 200),
    ...content.facts.map(({ label, value }) => `${markdownText(label)}${colon}${markdownText(value)}`),
    ...content.lines.map((line) => markdownText(line)),
  ];
  return fitted(head, more, [...(isRepeat ? [repeat] : []), ...links], [], MOST_TEXT_BYTES);
}

/** Head lines while they fit, then the links and mentions, which must not be cut. */
function fitted(
  head: readonly string[],
  more: string,
  tail: readonly string[],
  users: readonly string[],
  bytes: number,
): string {
  const called = users.length === 0 ? [] : [users.map((user) => `<@${user}>`).join("")];
  let end = [...tail, ...called];
  // Too many or too long links: the mentions stay, the board has the rest.
  while (Buffer.byteLength(end.join("\n")) > bytes / 2 && end.length > called.length) end = end.slice(1);
  const room = bytes - Buffer.byteLength(end.join("\n")) - 1;
  return [fitLines(head, more, room), ...end].join("\n");
}

/** The body for those who are told. */
export function wecomBody(notice: Notice): object {
  const { users, mobiles } = mentionsOf(notice.recipients);
  if (mobiles.length === 0)
    return { msgtype: "markdown", markdown: { content: wecomMarkdown(notice, users) } };
  const text = { content: wecomText(notice), mentioned_list: users, mentioned_mobile_list: mobiles };
  return { msgtype: "text", text };
}

/** A robot of a WeCom group. */
export function createWecom(channel: Channel, secret: ChannelSecret, options: NotifierOptions): Notifier {
  const send = async (notice: Notice, signal: AbortSignal): Promise<void> => {
    const door = doorOf(secret, options);
    const answer = await postJson(door, JSON.stringify(wecomBody(notice)), {}, signal);
    checkRobotAnswer(door, answer, codes);
  };
  return { id: channel.id, send, close: async () => undefined };
}
