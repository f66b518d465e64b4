/** Receivers on free ports of this machine: one that speaks HTTP and does what it is told, one that takes mail. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import type { Notice } from "../../../model/notice.ts";
import { certificate } from "../../board/certificate.ts";

export interface Heard {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

type Answer = (response: ServerResponse, heard: Heard, count: number) => void;

/** An HTTP receiver; `answer` may keep silent, lie or break off. */
export async function receiver(answer: Answer, tls = false) {
  const heard: Heard[] = [];
  const listen = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one: Heard = {
        method: request.method ?? "",
        url: new URL(request.url ?? "/", "http://receiver"),
        headers: request.headers,
        body: Buffer.concat(chunks).toString("utf8"),
      };
      heard.push(one);
      answer(response, one, heard.length);
    });
  };
  const server = tls ? createTlsServer(certificate, listen) : createServer(listen);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { heard, port, base: `${tls ? "https" : "http"}://127.0.0.1:${port}`, close };
}

/** An answer of JSON. */
export const json =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
  };

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  readonly secure: boolean;
  readonly user: string | undefined;
}

/** A mail server that keeps what it is given. */
export async function mailbox(options: SMTPServerOptions = {}) {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    ...certificate,
    authOptional: true,
    logger: false,
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) =>
      password === "right-password"
        ? done(null, { user: username ?? "" })
        : done(Object.assign(new Error(`bad password ${password}`), { responseCode: 535 })),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom ? mailFrom.address : "",
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(chunks).toString("utf8"),
          secure: session.secure,
          user: typeof session.user === "string" ? session.user : undefined,
        });
        done();
      });
    },
    ...options,
  });
  // A client that breaks off is what some tests are about.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  const sockets = new Set<Socket>();
  server.server.on("connection", (socket: Socket) => sockets.add(socket));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { mails, port, cut, close };
}

/** A notice with everything in it. */
export function noticeOf(part: Partial<Notice> = {}, content: Partial<Notice["content"]> = {}): Notice {
  return {
    id: "20261123-0007-2.1",
    isRepeat: false,
    at: Date.UTC(2026, 10, 23, 6, 5),
    matters: ["20261123-0007"],
    recipients: [{ officer: "li", name: "李明", address: "13800001111" }],
    ...part,
    content: {
      language: "zh",
      kind: "raised",
      colour: "red",
      title: "【红色预警】示范船厂：用电超过年度预算",
      facts: [
        { label: "对象", value: "示范船厂（高亭镇）" },
        { label: "已用", value: "4,210 tce" },
      ],
      lines: [],
      links: [{ label: "确认或说明", url: "https://energy.example/a/abc.def" }],
      ...content,
    },
  };
}

/** The error of something that must fail. */
export async function failureOfSending(sending: Promise<void>): Promise<Error> {
  try {
    await sending;
  } catch (error) {
    return error as Error;
  }
  throw new Error("it was sent");
}
