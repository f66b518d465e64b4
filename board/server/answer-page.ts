/**
 * GET and POST /a/TOKEN: an officer answers from a notice, without signing in. Looking changes nothing, so that
 * whoever follows links by machine acknowledges nothing; a press is a POST.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Log } from "../../model/log.ts";
import {
  type AnswerAction,
  type AnswerMatter,
  type AnswerPage,
  answerHtml,
  answerPolicy,
} from "./answer-view.ts";
import type { Language, Trouble } from "./answer-words.ts";

/** Most that an explanation may have, in characters. */
export const MOST_EXPLANATION = 2_000;

/** 2,000 characters of four bytes each, written as %XX. */
const BODY_LIMIT = 2_000 * 12 + 2_048;

/** A wildcard: a named part of a path may have no more than 100 characters. */
const PATH = "/a/*";

/** What a link's token is worth; see `verifyLink`. */
export type AnswerCheck =
  | {
      readonly status: "ok" | "expired" | "other";
      readonly link: { readonly matter: string; readonly officers: readonly string[] };
    }
  | { readonly status: "forged" };

/** An answer as it is to be recorded. */
export interface AnswerGiven {
  readonly matter: string;
  readonly action: AnswerAction;
  readonly officer: string;
  /** Empty when acknowledging. */
  readonly text: string;
}

/** `already`: somebody did it before; `closed`: it is over; `refused`: not in this state. Nothing was recorded then. */
export type AnswerOutcome = "done" | "already" | "closed" | "refused";

/** What the page needs of the program around it. */
export interface AnswerDoor {
  /** `matter` is the one the form was made for. */
  readonly check: (token: string, matter?: string) => AnswerCheck;
  /** The matter for these officers, in the language; undefined where there is none. Without one, their own. */
  readonly read: (
    matter: string,
    officers: readonly string[],
    language: Language | undefined,
  ) => Promise<{ readonly matter: AnswerMatter; readonly language: Language } | undefined>;
  readonly act: (given: AnswerGiven) => Promise<AnswerOutcome>;
  readonly log: Log;
}

interface AnswerRequest {
  Params: { "*": string };
  Querystring: { lang?: string; done?: string };
}
type Asked = FastifyRequest<AnswerRequest>;

const statusOf: Readonly<Record<Trouble, number>> = {
  forged: 403,
  expired: 410,
  other: 409,
  unknown: 404,
  already: 409,
  closed: 409,
  refused: 409,
  who: 422,
  empty: 422,
  "too-long": 422,
};

function languageOf(request: Asked): Language | undefined {
  const { lang } = request.query;
  return lang === "zh" || lang === "en" ? lang : undefined;
}

/** The language of a page that knows no officer: as the browser asks for, else Chinese. */
function browserLanguage(request: Asked): Language {
  return /^\s*en\b/i.test(String(request.headers["accept-language"] ?? "")) ? "en" : "zh";
}

function show(reply: FastifyReply, page: AnswerPage): FastifyReply {
  return reply.code(page.trouble ? statusOf[page.trouble] : 200).send(answerHtml(page));
}

/** Headers of every answer under /a/: kept by nobody, told to nobody. */
function closeUp(reply: FastifyReply): void {
  reply.header("content-type", "text/html; charset=utf-8");
  reply.header("content-security-policy", answerPolicy);
  reply.header("cache-control", "no-store");
  // Not no-referrer: browsers would then send the form with `Origin: null`, which no guard can tell from a stranger's.
  reply.header("referrer-policy", "same-origin");
  reply.header("x-robots-tag", "noindex, nofollow");
}

/** A link's matter and language, or what is wrong with the link. */
async function openLink(door: AnswerDoor, request: Asked, meant?: string): Promise<AnswerPage> {
  const { "*": token } = request.params;
  const asked = languageOf(request);
  const plain: AnswerPage = { language: asked ?? browserLanguage(request), token };
  const checked = door.check(token, meant);
  // A text of anybody's is not put into the page's own links.
  if (checked.status === "forged") return { ...plain, token: "", trouble: "forged" };
  if (checked.status === "other") return { ...plain, trouble: "other" };
  const found = await door.read(checked.link.matter, checked.link.officers, asked);
  if (!found) return { ...plain, trouble: "unknown" };
  const { language, matter } = found;
  // Who holds an old link learns no more of the matter than that it is too late.
  return checked.status === "expired" ? { language, token, trouble: "expired" } : { language, token, matter };
}

async function get(door: AnswerDoor, request: Asked, reply: FastifyReply): Promise<FastifyReply> {
  const page = await openLink(door, request);
  const { done } = request.query;
  const isDone = page.matter !== undefined && (done === "acknowledge" || done === "explain");
  return show(reply, isDone ? { ...page, done } : page);
}

function givenOf(body: unknown): {
  readonly action?: AnswerAction;
  readonly field: (name: string) => string;
} {
  const fields = body instanceof URLSearchParams ? body : new URLSearchParams();
  const field = (name: string): string => fields.get(name) ?? "";
  const action = field("action");
  return action === "acknowledge" || action === "explain" ? { action, field } : { field };
}

function troubleOf(
  action: AnswerAction,
  matter: AnswerMatter,
  officer: string,
  text: string,
): Trouble | undefined {
  if (!matter.officers.some(({ id }) => id === officer)) return "who";
  if (action === "acknowledge") return undefined;
  if (text === "") return "empty";
  return [...text].length > MOST_EXPLANATION ? "too-long" : undefined;
}

async function post(door: AnswerDoor, request: Asked, reply: FastifyReply): Promise<FastifyReply> {
  const { action, field } = givenOf(request.body);
  const page = await openLink(door, request, field("matter"));
  const { matter, language, token } = page;
  if (!matter || page.trouble) return show(reply, page);
  if (action === undefined) return show(reply, { ...page, trouble: "refused" });
  // A form's line ends are CR LF, and its counter takes each for one.
  const text = action === "explain" ? field("text").replace(/\r\n?/g, "\n").trim() : "";
  const officer = field("officer");
  const trouble = troubleOf(action, matter, officer, text);
  if (trouble) return show(reply, { ...page, trouble, text, officer });
  const outcome = await door.act({ matter: matter.id, action, officer, text });
  door.log.info("answered-by-link", { matter: matter.id, officer, action, outcome });
  if (outcome === "done") {
    // Loading the page again then sends nothing again.
    return reply.redirect(`/a/${token}?lang=${language}&done=${action}`, 303);
  }
  const now = await openLink(door, request);
  return show(reply, { ...now, trouble: outcome, ...(text === "" ? {} : { text }) });
}

/** Adds the page. The path is left out of the OpenAPI document: it is for people. */
export async function addAnswerPage(app: FastifyInstance, door: AnswerDoor): Promise<void> {
  await app.register((scope, _options, ready) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      { parseAs: "string", bodyLimit: BODY_LIMIT },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    );
    scope.addHook("onRequest", async (_request, reply) => closeUp(reply));
    const config = { access: "open" } as const;
    const schema = { hide: true };
    scope.get<AnswerRequest>(PATH, { config, schema }, (request, reply) => get(door, request, reply));
    scope.post<AnswerRequest>(PATH, { config, schema }, (request, reply) => post(door, request, reply));
    ready();
  });
}
