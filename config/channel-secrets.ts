/** The part of the secrets file that opens channels. What is wrong is said without the value. */
import { z } from "zod";
import type { Channel } from "../model/duty.ts";
import type { Problem } from "../model/errors.ts";
import { strict } from "./fields.ts";
import { reportOn } from "./report.ts";

/** Of webhooks: what is shorter can be tried out. */
const LEAST_SIGNING = 16;
/** 256 bits, written in base64 or as 43 characters by chance. */
const LEAST_LINK_KEY = 43;

const aLine = "is no text of one line: put it in quotes";
const faults: Readonly<Record<string, string>> = {
  url: "is no address such as https://host/path, without user and password",
  secret: aLine,
  password: aLine,
  linkKey: `needs at least ${LEAST_LINK_KEY} characters made by chance: openssl rand -base64 32`,
};

/** What is wrong at a path of this part, in words that do not depend on the value there. */
export function faultAt(path: string): string {
  return (
    faults[path.split(".").at(-1) ?? ""] ?? "has another form: channels: { ID: { url, secret, password } }"
  );
}

function isUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === "https:" || protocol === "http:") && username === "" && password === "";
}

const isLine = (text: string): boolean => text !== "" && text.length <= 1_000 && !/\p{Cc}/u.test(text);

export const channelField = strict({
  url: z.string().refine(isUrl).optional(),
  secret: z.string().refine(isLine).optional(),
  password: z.string().refine(isLine).optional(),
});

export const linkKeyField = z.string().refine((text) => isLine(text) && text.length >= LEAST_LINK_KEY);

interface Given {
  readonly url?: string;
  readonly secret?: string;
  readonly password?: string;
}

function isOnThisMachine(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

const needsUrl: ReadonlySet<Channel["kind"]> = new Set(["dingtalk", "wecom", "webhook"]);

function missingOf({ kind, user }: Channel, given: Given): [field: string, message: string][] {
  const found: [string, string][] = [];
  if (needsUrl.has(kind) && given.url === undefined)
    found.push(["url", "is missing: the channel can send nothing"]);
  if (given.url !== undefined && new URL(given.url).protocol === "http:" && !isOnThisMachine(given.url))
    found.push([
      "url",
      "is http, by which its key is sent in the clear: the channel refuses it without --allow-plaintext",
    ]);
  if (kind === "dingtalk" && given.secret === undefined)
    found.push([
      "secret",
      "is missing: whoever learns the url can write in the bureau's name; choose 加签 in the robot's settings",
    ]);
  if (kind === "webhook" && given.secret === undefined)
    found.push(["secret", "is missing: nothing is sent unsigned"]);
  if (kind === "webhook" && given.secret !== undefined && given.secret.length < LEAST_SIGNING)
    found.push(["secret", `has under ${LEAST_SIGNING} characters: it can be found by trying`]);
  if (kind === "smtp" && user !== undefined && given.password === undefined)
    found.push(["password", "is missing: the mail server will refuse the user"]);
  return found;
}

/**
 * Compares the secrets with the channels of `duties.yaml`: warnings, since notices go by the officer's next channel,
 * and readings are taken whatever happens to notices.
 */
export function checkChannelSecrets(
  file: string,
  secrets: Readonly<Record<string, Given>>,
  channels: readonly Channel[],
): Problem[] {
  const problems: Problem[] = [];
  const report = reportOn(problems, file);
  for (const channel of channels) {
    for (const [field, message] of missingOf(channel, secrets[channel.id] ?? {}))
      report.warning(`channels.${channel.id}.${field}`, message);
  }
  const known = new Set(channels.map(({ id }) => id));
  for (const id of Object.keys(secrets)) {
    if (!known.has(id))
      report.warning(`channels.${id}`, "is the id of no channel in duties.yaml: correct or remove it");
  }
  return problems;
}
