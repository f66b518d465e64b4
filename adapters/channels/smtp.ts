/** Mail by SMTP, with nodemailer: text and HTML, TLS, and a Message-ID that stays the same over repeats. */
import { createHash } from "node:crypto";
import { createTransport, type SendMailOptions } from "nodemailer";
import { addressForms } from "../../model/channel-address.ts";
import type { Channel } from "../../model/duty.ts";
import { ChannelFailed, ChannelRefused, type Notice, type Notifier } from "../../model/notice.ts";
import { addressesOf } from "./addresses.ts";
import { neverConnected, sayerOf } from "./http-post.ts";
import { htmlText, oneLine, shortened, webUrl } from "./markup.ts";
import type { ChannelSecret, NotifierOptions } from "./options.ts";
import { plainLines, wordsOf } from "./words.ts";

/** Port of TLS from the first byte (RFC 8314); on others STARTTLS is required. */
const TLS_PORT = 465;
const SUBMISSION_PORT = 587;

const paint = { yellow: "#b58900", orange: "#c4520a", red: "#b3261e" } as const;

/** An id of ours as the left side of a Message-ID. */
function idText(id: string): string {
  return /^[\w.+/-]{1,100}$/.test(id) ? id : createHash("sha256").update(id).digest("hex");
}

function htmlOf(notice: Notice): string {
  const { content, isRepeat } = notice;
  const { repeat } = wordsOf(content);
  const row = ({ label, value }: { label: string; value: string }): string =>
    `<tr><th align="left" style="padding:2px 12px 2px 0;font-weight:normal;color:#555">${htmlText(label)}</th>` +
    `<td style="padding:2px 0">${htmlText(value)}</td></tr>`;
  const links = content.links.flatMap(({ label, url }) => {
    const address = webUrl(url);
    return address === undefined ? [] : [`<p><a href="${htmlText(address)}">${htmlText(label)}</a></p>`];
  });
  return [
    `<!doctype html><html lang="${content.language}"><head><meta charset="utf-8"></head><body style="font-family:sans-serif">`,
    `<h2 style="border-left:6px solid ${paint[content.colour]};padding-left:10px;font-size:18px">${htmlText(content.title)}</h2>`,
    ...(content.facts.length > 0 ? [`<table>${content.facts.map(row).join("")}</table>`] : []),
    ...(content.lines.length > 0
      ? [`<ul>${content.lines.map((line) => `<li>${htmlText(line)}</li>`).join("")}</ul>`]
      : []),
    ...(isRepeat ? [`<p><em>${htmlText(repeat)}</em></p>`] : []),
    ...links,
    "</body></html>",
  ].join("\n");
}

function textOf(notice: Notice): string {
  const { links } = notice.content;
  const { colon } = wordsOf(notice.content);
  const addresses = links.flatMap(({ label, url }) => {
    const address = webUrl(url);
    return address === undefined ? [] : [`${oneLine(label)}${colon}\n${address}`];
  });
  return [...plainLines(notice, oneLine), "", ...addresses, ""].join("\n");
}

/** The mail of a notice. Mails of one matter refer to it, so that they stand together in the reader's mailbox. */
export function mailOf(notice: Notice, from: string): SendMailOptions {
  const to = addressesOf(notice.recipients, addressForms.smtp.read, "no mail address").map((address) => ({
    name: "",
    address,
  }));
  const domain = from.slice(from.lastIndexOf("@") + 1);
  const [matter] = notice.matters;
  const thread = matter === undefined ? undefined : `<matter.${idText(matter)}@${domain}>`;
  return {
    from: { name: "", address: from },
    to,
    subject: shortened(oneLine(notice.content.title), 200),
    text: textOf(notice),
    html: htmlOf(notice),
    messageId: `<notice.${idText(notice.id)}@${domain}>`,
    ...(thread === undefined ? {} : { inReplyTo: thread, references: thread }),
    date: new Date(notice.at),
    headers: {
      // No machine answers it (RFC 3834).
      "Auto-Submitted": "auto-generated",
      "X-Auto-Response-Suppress": "All",
      "X-Energy-Notice": idText(notice.id),
      ...(notice.isRepeat ? { "X-Energy-Repeat": "true" } : {}),
    },
  };
}

interface SmtpError {
  readonly code?: string;
  /** Of the error below it. */
  readonly originalCode?: string;
  readonly responseCode?: number;
  readonly response?: string;
}

/** What an error of the transport means for the notice. */
function outcomeOf(error: unknown, timeoutMs: number, said: (text: string) => string): Error {
  const { code = "unknown", originalCode, responseCode, response = "" } = error as SmtpError;
  const below = originalCode ?? code;
  const answer = responseCode === undefined ? "" : `: ${said(response)}`;
  // 5yz: another try of the same is no use (RFC 5321, 4.2.1).
  if (responseCode !== undefined && responseCode >= 500)
    return new ChannelRefused(`the mail server refused${answer}`);
  if (responseCode !== undefined && responseCode >= 400)
    return new ChannelFailed(`the mail server put it off${answer}`);
  if (code === "EABORT")
    return new ChannelFailed(`no end within ${timeoutMs / 1000} s`, { mayHaveArrived: true });
  if (code === "ETLS" || /CERT|SSL|SELF_SIGNED|ALTNAME|VERIFY/i.test(below))
    return new ChannelFailed(`no trusted TLS with the mail server (${below})`);
  if (code === "EENVELOPE" || code === "EAUTH")
    return new ChannelRefused(`the mail server cannot be used this way (${code})`);
  // A connection that ends while the mail is under way has the code of one that ends before it.
  return new ChannelFailed(`the mail server cannot be reached (${below})`, {
    mayHaveArrived: !neverConnected.has(below) && code !== "EDNS",
  });
}

function transportOf(channel: Channel, secret: ChannelSecret, options: NotifierOptions) {
  const { host = "", port = SUBMISSION_PORT, user } = channel;
  const isLocal = /^(localhost|::1|127(\.\d{1,3}){3})$/.test(host);
  return createTransport({
    host,
    port,
    secure: port === TLS_PORT,
    requireTLS: port !== TLS_PORT && !isLocal && !options.allowPlaintext,
    tls: {
      minVersion: "TLSv1.2",
      // A relay on this machine has a certificate of its own making, and nobody stands between.
      rejectUnauthorized: !isLocal,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
    ...(user === undefined ? {} : { auth: { user, pass: secret.password ?? "" } }),
    connectionTimeout: options.timeoutMs,
    greetingTimeout: options.timeoutMs,
    socketTimeout: options.timeoutMs,
    dnsTimeout: options.timeoutMs,
    // A notice is text: whatever it says, no file and no address is read for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** Mail through one server. */
export function createSmtp(channel: Channel, secret: ChannelSecret, options: NotifierOptions): Notifier {
  const { id, host, from, user } = channel;
  const { password } = secret;
  const transport = transportOf(channel, secret, options);
  const said = sayerOf(password === undefined || password === "" ? [] : [password]);
  const send = async (notice: Notice, signal: AbortSignal): Promise<void> => {
    if (host === undefined || from === undefined || addressForms.smtp.read(from) === undefined)
      throw new ChannelRefused("needs host and from (a mail address) in duties.yaml");
    if (user !== undefined && password === undefined)
      throw new ChannelRefused("has a user and no password: enter it in the secrets file");
    const mail = mailOf(notice, from);
    const cut = new AbortController();
    const abort = (): void => cut.abort();
    const timer = setTimeout(abort, options.timeoutMs);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      const { rejected } = await transport.sendMail({ ...mail, signal: cut.signal });
      if (rejected.length > 0)
        throw new ChannelRefused(`the mail server refused ${rejected.length} of the addresses`);
    } catch (error) {
      throw error instanceof ChannelRefused ? error : outcomeOf(error, options.timeoutMs, said);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
  };
  return { id, send, close: async () => transport.close() };
}
