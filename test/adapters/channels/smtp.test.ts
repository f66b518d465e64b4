/** Mail against a server that takes, refuses, puts off, delays, and speaks TLS or does not. */
import { afterEach, describe, expect, it } from "vitest";
import { createNotifier } from "../../../adapters/channels/create.ts";
import type { ChannelSecret, NotifierOptions } from "../../../adapters/channels/options.ts";
import { mailOf } from "../../../adapters/channels/smtp.ts";
import type { Channel } from "../../../model/duty.ts";
import { ChannelFailed, ChannelRefused, type Notice } from "../../../model/notice.ts";
import { certificate } from "../../board/certificate.ts";
import { failureOfSending, mailbox, noticeOf } from "./receivers.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function serving(options: Parameters<typeof mailbox>[0] = {}) {
  const one = await mailbox(options);
  open.push(one);
  return one;
}

const never = new AbortController().signal;
const mailTo = (...addresses: string[]): Partial<Notice> => ({
  recipients: addresses.map((address) => ({ officer: address.split("@")[0]!, name: "李明", address })),
});

function mailer(
  port: number,
  part: Partial<Channel> = {},
  secret: ChannelSecret = {},
  options: Partial<NotifierOptions> = {},
) {
  const channel: Channel = {
    id: "mail-1",
    kind: "smtp",
    host: "127.0.0.1",
    port,
    from: "energy@bureau.example",
    perMinute: 60,
    ...part,
  };
  const notifier = createNotifier(channel, secret, { timeoutMs: 3_000, ca: certificate.cert, ...options });
  open.push(notifier);
  return notifier;
}

/** A mail's part, put together again from quoted-printable or base64. */
function partOf(mail: string, type: string): string {
  const [head = "", body = ""] = (
    mail.split(/\r\n--/).find((part) => part.includes(`Content-Type: ${type}`)) ?? ""
  ).split(/\r\n\r\n(.*)/s);
  if (/base64/i.test(head)) return Buffer.from(body, "base64").toString("utf8");
  if (!/quoted-printable/i.test(head)) return body;
  const bytes = body
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

describe("mail", () => {
  it("goes out as text and HTML over TLS, with the notice's id as its own", async () => {
    const there = await serving();
    await mailer(there.port).send(noticeOf(mailTo("li@bureau.example")), never);
    const [mail] = there.mails;
    expect(mail).toMatchObject({ from: "energy@bureau.example", to: ["li@bureau.example"], secure: true });
    expect(mail!.text).toContain("Message-ID: <notice.20261123-0007-2.1@bureau.example>");
    expect(mail!.text).toContain("References: <matter.20261123-0007@bureau.example>");
    expect(mail!.text).toContain("Auto-Submitted: auto-generated");
    expect(mail!.text).not.toContain("X-Energy-Repeat");
    expect(partOf(mail!.text, "text/plain")).toContain("已用：4,210 tce");
    expect(partOf(mail!.text, "text/plain")).toContain("https://energy.example/a/abc.def");
    expect(partOf(mail!.text, "text/html")).toContain(
      '<a href="https://energy.example/a/abc.def">确认或说明</a>',
    );
  });

  it("repeats under the same id, marked", async () => {
    const there = await serving();
    const notifier = mailer(there.port);
    await notifier.send(noticeOf(mailTo("li@bureau.example")), never);
    await notifier.send(noticeOf({ ...mailTo("li@bureau.example"), isRepeat: true }), never);
    const ids = there.mails.map(({ text }) => /^Message-ID: (.*)$/m.exec(text)?.[1]);
    expect(ids[0]).toBe(ids[1]);
    expect(there.mails[1]!.text).toContain("X-Energy-Repeat: true");
    expect(partOf(there.mails[1]!.text, "text/plain")).toContain("可能重复");
  });

  it("signs in with the password of the secrets file", async () => {
    const there = await serving({ authOptional: false });
    await mailer(there.port, { user: "energy" }, { password: "right-password" }).send(
      noticeOf(mailTo("li@bureau.example")),
      never,
    );
    expect(there.mails[0]!.user).toBe("energy");
  });

  it("with a wrong password is refused, and the password is not told though the server tells it", async () => {
    const there = await serving({ authOptional: false });
    const password = "wrong-password-4711";
    const error = await failureOfSending(
      mailer(there.port, { user: "energy" }, { password }).send(noticeOf(mailTo("li@bureau.example")), never),
    );
    expect(error).toBeInstanceOf(ChannelRefused);
    expect(error.message).toContain("535");
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(
      password,
    );
  });

  it("is refused where the server knows no such mailbox, and tried again where it is busy", async () => {
    const there = await serving({
      onRcptTo: ({ address }, _session, done) => {
        if (address.startsWith("nobody"))
          return done(Object.assign(new Error("no such user"), { responseCode: 550 }));
        if (address.startsWith("busy"))
          return done(Object.assign(new Error("greylisted"), { responseCode: 451 }));
        done();
      },
    });
    const notifier = mailer(there.port);
    const unknown = await failureOfSending(notifier.send(noticeOf(mailTo("nobody@bureau.example")), never));
    expect(unknown).toBeInstanceOf(ChannelRefused);
    expect(unknown.message).toContain("no such user");
    const busy = await failureOfSending(notifier.send(noticeOf(mailTo("busy@bureau.example")), never));
    expect(busy).toBeInstanceOf(ChannelFailed);
    expect(busy).toMatchObject({ mayHaveArrived: false });
    const part = await failureOfSending(
      notifier.send(noticeOf(mailTo("li@bureau.example", "nobody@bureau.example")), never),
    );
    expect(part).toBeInstanceOf(ChannelRefused);
  });

  it("is refused when the server refuses the contents", async () => {
    const there = await serving({
      onData: (stream, _session, done) => {
        stream.resume();
        stream.on("end", () => done(Object.assign(new Error("looks like spam"), { responseCode: 554 })));
      },
    });
    const error = await failureOfSending(
      mailer(there.port).send(noticeOf(mailTo("li@bureau.example")), never),
    );
    expect(error).toBeInstanceOf(ChannelRefused);
  });

  it("may have arrived when the server keeps silent after the contents", async () => {
    const there = await serving({ onData: (stream) => void stream.resume() });
    const start = Date.now();
    const error = await failureOfSending(
      mailer(there.port, {}, {}, { timeoutMs: 500 }).send(noticeOf(mailTo("li@bureau.example")), never),
    );
    expect(error).toMatchObject({ name: "ChannelFailed", mayHaveArrived: true });
    expect(Date.now() - start).toBeLessThan(3_000);
  });

  it("may have arrived when the connection breaks, and not when there is none", async () => {
    const breaking = await serving({
      onData: (stream) => {
        stream.resume();
        stream.on("end", () => breaking.cut());
      },
    });
    const broken = await failureOfSending(
      mailer(breaking.port).send(noticeOf(mailTo("li@bureau.example")), never),
    );
    expect(broken).toMatchObject({ name: "ChannelFailed", mayHaveArrived: true });
    const gone = await mailbox();
    await gone.close();
    const unmade = await failureOfSending(
      mailer(gone.port).send(noticeOf(mailTo("li@bureau.example")), never),
    );
    expect(unmade).toMatchObject({ name: "ChannelFailed", mayHaveArrived: false });
    expect(unmade.message).toContain("ECONNREFUSED");
  });

  it("is not sent in the clear to another machine, nor to a server that nobody vouches for", async () => {
    const bare = await serving({ disabledCommands: ["STARTTLS"] });
    // 127.1 is this machine by a name that the program does not take for it.
    const plain = await failureOfSending(
      mailer(bare.port, { host: "127.1" }).send(noticeOf(mailTo("li@bureau.example")), never),
    );
    expect(plain).toBeInstanceOf(Error);
    expect(bare.mails).toEqual([]);
    await mailer(bare.port, { host: "127.1" }, {}, { allowPlaintext: true }).send(
      noticeOf(mailTo("li@bureau.example")),
      never,
    );
    expect(bare.mails).toHaveLength(1);
    const there = await serving();
    const error = await failureOfSending(
      mailer(there.port, { host: "127.1" }).send(noticeOf(mailTo("li@bureau.example")), never),
    );
    expect(error).toBeInstanceOf(ChannelFailed);
    expect(error.message).toContain("TLS");
    expect(there.mails).toEqual([]);
  });

  it("is taken to a relay on this machine, whoever made its certificate", async () => {
    const there = await serving();
    const channel: Channel = {
      id: "m",
      kind: "smtp",
      host: "127.0.0.1",
      port: there.port,
      from: "e@b.example",
      perMinute: 9,
    };
    await createNotifier(channel, {}, { timeoutMs: 3_000 }).send(
      noticeOf(mailTo("li@bureau.example")),
      never,
    );
    expect(there.mails).toMatchObject([{ secure: true }]);
  });

  it("says what is missing", async () => {
    for (const part of [{ from: "energy" }, { user: "energy" }]) {
      const error = await failureOfSending(
        mailer(1, part).send(noticeOf(mailTo("li@bureau.example")), never),
      );
      expect(error).toBeInstanceOf(ChannelRefused);
      expect(error.message).toMatch(/duties\.yaml|secrets file/);
    }
  });

  it("adds no header and no recipient from a name, a title or an address", () => {
    const title = "超限\r\nBcc: thief@evil.example\r\n\r\n<script>";
    expect(mailOf(noticeOf(mailTo("li@bureau.example"), { title }), "e@b.example").subject).toBe(
      "超限 Bcc: thief@evil.example <script>",
    );
    for (const address of [
      "a@b.example, c@d.example",
      "a@b.example\r\nRCPT TO:<c@d.example>",
      "<a@b.example>",
      "@",
      "a b@c",
    ])
      expect(() => mailOf(noticeOf(mailTo(address)), "e@b.example")).toThrow(ChannelRefused);
  });

  it("carries a title with line ends without a header of the reader's making", async () => {
    const there = await serving();
    const title = "超限\r\nBcc: thief@evil.example\r\nX-Evil: 1";
    await mailer(there.port).send(noticeOf(mailTo("li@bureau.example"), { title }), never);
    const [head = ""] = there.mails[0]!.text.split("\r\n\r\n");
    expect(head).not.toMatch(/^(Bcc|X-Evil):/im);
    expect(there.mails[0]!.to).toEqual(["li@bureau.example"]);
  });
});
