/** The real program with officers, a webhook channel, and a receiver on this machine that notes what comes. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { hashPassword } from "../../config/password.ts";
import { makeToken } from "../../config/token.ts";

/** A notice as the receiver got it. */
export interface GotNotice {
  readonly id: string;
  readonly isRepeat: boolean;
  readonly kind: string;
  readonly colour: string;
  readonly matters: readonly string[];
  readonly recipients: readonly { readonly officer: string }[];
  readonly lines: readonly string[];
  readonly links: readonly { readonly url: string }[];
  /** When it had come in whole. */
  readonly gotAt: number;
}

export interface Receiver {
  readonly url: string;
  readonly got: GotNotice[];
  close(): Promise<void>;
}

/** @param delayMs how long the receiver takes to answer a notice that it has noted */
export async function startReceiver(delayMs: () => number = () => 0): Promise<Receiver> {
  const got: GotNotice[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      got.push({ ...JSON.parse(Buffer.concat(chunks).toString("utf8")), gotAt: Date.now() });
      setTimeout(() => response.end("ok"), delayMs());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/notices`,
    got,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const county = `county: { id: daishan, name: { zh: 岱山县, en: Daishan }, zone: Asia/Shanghai, region: zhejiang }
`;
const siteOf = (id: string): string => `id: ${id}
name: { zh: 示范船厂, en: Demo Shipyard }
category: key-energy-user
gateways: [{ id: gw-1, username: ${id}-gw, topics: ["v1/sites/${id}/#"] }]
meters:
  - id: m-1
    carrier: electricity
    role: grid-import
    contributes: add
    from: 2026-01-01
    ratedPowerKw: 200000
    registers: [{ id: active-import, unit: kWh, digits: 10, decimals: 2 }]
`;
const officer = (id: string, more = ""): string =>
  `  - { id: ${id}, name: { zh: ${id}, en: ${id} }, language: en, channels: [{ channel: hook, address: ${id} }]${more} }`;

export interface CountyFiles {
  readonly receiver: string;
  readonly sites?: readonly string[];
  readonly digest?: { readonly afterNotices: number; readonly windowMinutes: number };
  /** Further files of the configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface CountyProgram {
  /** Of the gateways `<site>-gw` and of the people. */
  readonly password: string;
  /** Arguments of the program, without the data directory. */
  readonly args: readonly string[];
  /** A machine's, of role officer; and of role viewer. */
  readonly token: string;
  readonly viewerToken: string;
  /** Headers of people: `admin`, `dev` of the leading agency, `other` of none, `viewer`. */
  readonly people: Readonly<Record<"admin" | "dev" | "other" | "viewer", { readonly authorization: string }>>;
}

const PASSWORD = "correct horse";

/** Writes the configuration and the secrets of a county whose officers are told by one webhook. */
export async function writeCounty(directory: string, options: CountyFiles): Promise<CountyProgram> {
  const { receiver, sites = ["works-1"], digest = { afterNotices: 1_000, windowMinutes: 5 } } = options;
  const duties = `channels: [{ id: hook, kind: webhook, perMinute: 100000 }]
digest: { afterNotices: ${digest.afterNotices}, windowMinutes: ${digest.windowMinutes} }
agencies:
  - { id: development, name: { zh: 县发改局, en: Development }, officers: [dev-1] }
officers:
${officer("dev-1", ", operator: dev")}
${officer("plant-1")}
duties:
  - { county: true, lead: development, officers: [plant-1] }
policies:
  yellow: { tell: [officers, lead], heldBackInQuietHours: false }
  orange: { tell: [officers, lead], heldBackInQuietHours: false }
  red: { tell: [officers, lead] }
`;
  const machine = makeToken();
  const looker = makeToken();
  const hash = await hashPassword(PASSWORD);
  const secrets = `gateways:
${sites.map((id) => `  ${id}-gw: ${hash}`).join("\n")}
operators:
  admin: { hash: ${hash}, role: admin }
  dev: { hash: ${hash}, role: officer }
  other: { hash: ${hash}, role: officer }
  viewer: { hash: ${hash}, role: viewer }
tokens:
  grafana: { hash: "${machine.hash}", role: officer }
  looker: { hash: "${looker.hash}", role: viewer }
channels:
  hook: { url: "${receiver}", secret: 0123456789abcdef0123456789abcdef }
`;
  const files: Record<string, string> = {
    "config/county.yaml": county,
    "config/duties.yaml": duties,
    "secrets.yaml": secrets,
    ...Object.fromEntries(sites.map((id) => [`config/sites/${id}.yaml`, siteOf(id)])),
    ...Object.fromEntries(
      Object.entries(options.files ?? {}).map(([name, text]) => [`config/${name}`, text]),
    ),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text, { mode: 0o600 });
  }
  const person = (name: string) => ({
    authorization: `Basic ${Buffer.from(`${name}:${PASSWORD}`).toString("base64")}`,
  });
  return {
    args: ["--config", join(directory, "config"), "--secrets", join(directory, "secrets.yaml"), "--no-demo"],
    password: PASSWORD,
    token: machine.token,
    viewerToken: looker.token,
    people: { admin: person("admin"), dev: person("dev"), other: person("other"), viewer: person("viewer") },
  };
}

/** A rule that does not wait: a dwell would come on top of what is measured. */
export const promptRule = `rules:
  - id: other-limit
    name: { zh: 其他限额, en: Other limit }
    watch: limit_usage
    where: { purpose: other }
    domain: other
    for: 0s
    keepFiring: 0s
    stale: 2d
    levels: [{ colour: red, when: red >= 1, clear: 0.98 }]
    summary: { zh: "{{limit}}", en: "{{limit}}" }
`;

/** An alert as Grafana posts it, on a limit of its own. */
export function postedAlert(id: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    status: "firing",
    labels: {
      alertname: "Energy budget",
      rule: "budget-red",
      colour: "red",
      domain: "budget",
      site: "works-1",
      limit: `limit-${id}`,
    },
    annotations: { summary: "预算超限", summary_en: "Budget exceeded" },
    startsAt: "2026-11-23T02:00:00Z",
    endsAt: "0001-01-01T00:00:00Z",
    fingerprint: `f-${id}`,
    values: { value: 1.2, used: 120, allowed: 100 },
    ...more,
  };
}

export const postedDocument = (alerts: readonly object[]) => ({
  version: "1",
  receiver: "desk",
  status: "firing",
  alerts,
});

/** Posts a document as Grafana does. */
export function postHook(httpUrl: string, token: string | undefined, body: unknown): Promise<Response> {
  return fetch(`${httpUrl}/api/v1/hooks/grafana`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** Waits until `what` gives something. */
export async function eventually<T>(
  what: () => Promise<T | undefined> | T | undefined,
  ms = 20_000,
): Promise<T> {
  for (const end = Date.now() + ms; ; ) {
    const value = await what();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
