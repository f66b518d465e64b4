/** The page behind a notice's link as HTML: no script, nothing from elsewhere, readable on a phone. */
import { createHash } from "node:crypto";
import type { Colour } from "../../model/limit.ts";
import { type Language, type Trouble, words } from "./answer-words.ts";
import { type Html, html, none } from "./html.ts";

export type AnswerAction = "acknowledge" | "explain";

/** A matter as the page shows it. Plain text throughout. */
export interface AnswerMatter {
  readonly id: string;
  readonly colour: Colour;
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** What was answered so far: when, who, what. */
  readonly answers: readonly string[];
  /** What the officers of the link may still do. */
  readonly may: readonly AnswerAction[];
  readonly officers: readonly { readonly id: string; readonly name: string }[];
  readonly boardUrl?: string;
  readonly panelUrl?: string;
}

/** What the page has to say beside the matter. */
export interface AnswerPage {
  readonly language: Language;
  readonly token: string;
  readonly matter?: AnswerMatter;
  readonly done?: AnswerAction;
  readonly trouble?: Trouble;
  /** What was typed, where it was not taken. */
  readonly text?: string;
  readonly officer?: string;
}

const style = `
:root{color-scheme:light dark;--line:#8885;--accent:#0b6e99}
body{margin:0 auto;max-width:38rem;padding:1rem;font:1rem/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;overflow-wrap:anywhere}
header{display:flex;justify-content:space-between;gap:1rem;align-items:baseline;border-bottom:1px solid var(--line)}
header p{margin:.5rem 0;font-weight:600}
h1{font-size:1.25rem;line-height:1.4;margin:1rem 0;padding-left:.75rem;border-left:.4rem solid #888}
h1.yellow{border-color:#d9a400}h1.orange{border-color:#e06c00}h1.red{border-color:#c62828}
dl{display:grid;grid-template-columns:minmax(5rem,auto) 1fr;gap:.25rem 1rem;margin:1rem 0}
dt{opacity:.75}dd{margin:0}
form{border-top:1px solid var(--line);padding:1rem 0}
fieldset{border:1px solid var(--line);margin:0 0 .75rem}
fieldset label{display:block;padding:.4rem 0}
textarea{box-sizing:border-box;width:100%;min-height:8rem;font:inherit;padding:.5rem}
button{font:inherit;width:100%;min-height:3rem;margin-top:.5rem;border:0;border-radius:.4rem;color:#fff;background:var(--accent)}
.hint{opacity:.75;font-size:.9rem;margin:.5rem 0}
.note{padding:.75rem;border:1px solid var(--line);border-radius:.4rem}
.good{border-color:#2e7d32}.bad{border-color:#c62828}
a{color:var(--accent)}
`;

const styleHash = createHash("sha256").update(style).digest("base64");

/** Nothing but its own style and its own form. */
export const answerPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

function noteOf({ language, done, trouble }: AnswerPage): Html {
  const said = words[language];
  if (trouble) return html`<p class="note bad" role="alert">${said.trouble[trouble]}</p>`;
  return done ? html`<p class="note good" role="status">${said.done[done]}</p>` : none;
}

function whoOf({ language, officer }: AnswerPage, { officers }: AnswerMatter): Html {
  const [only] = officers;
  if (officers.length === 1 && only) return html`<input type="hidden" name="officer" value="${only.id}">`;
  const choices = officers.map(({ id, name }) => {
    const mark = id === officer ? { html: " checked" } : none;
    return html`<label><input type="radio" name="officer" value="${id}" required${mark}> ${name}</label>`;
  });
  return html`<fieldset><legend>${words[language].answering}</legend>${choices}</fieldset>`;
}

function formsOf(page: AnswerPage, matter: AnswerMatter): Html {
  const said = words[page.language];
  const hidden = html`<input type="hidden" name="matter" value="${matter.id}">`;
  const start = html`<form method="post" action="/a/${page.token}?lang=${page.language}">${hidden}${whoOf(page, matter)}`;
  const acknowledge = html`${start}<input type="hidden" name="action" value="acknowledge">
<button>${said.acknowledge}</button><p class="hint">${said.acknowledgeHint}</p></form>`;
  const explain = html`${start}<input type="hidden" name="action" value="explain">
<label class="hint" for="text">${said.explainHint}</label>
<textarea id="text" name="text" maxlength="2000" required>${page.text ?? ""}</textarea>
<button>${said.explain}</button></form>`;
  if (matter.may.length === 0) return html`<p class="hint">${said.nothing}</p>`;
  return html`${matter.may.includes("acknowledge") ? acknowledge : none}${matter.may.includes("explain") ? explain : none}`;
}

function linkTo(url: string | undefined, label: string): Html {
  const isWeb = url !== undefined && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return isWeb ? html`<p><a rel="noreferrer noopener" href="${url}">${label}</a></p>` : none;
}

function matterOf(page: AnswerPage, matter: AnswerMatter): Html {
  const said = words[page.language];
  const facts = matter.facts.map(({ label, value }) => html`<dt>${label}</dt><dd>${value}</dd>`);
  const answers = html`<h2 class="hint">${said.answers}</h2><ul>${matter.answers.map((one) => html`<li>${one}</li>`)}</ul>`;
  return html`<h1 class="${matter.colour}">${matter.title}</h1>
<dl>${facts}<dt>${said.matter}</dt><dd>${matter.id}</dd></dl>
${matter.answers.length > 0 ? answers : none}
${formsOf(page, matter)}
${linkTo(matter.panelUrl, said.panel)}${linkTo(matter.boardUrl, said.board)}`;
}

/** The whole page. */
export function answerHtml(page: AnswerPage): string {
  const { language, matter, token } = page;
  const said = words[language];
  const other = language === "zh" ? "en" : "zh";
  return html`<!doctype html>
<html lang="${language === "zh" ? "zh-CN" : "en"}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${said.heading}</title><style>${{ html: style }}</style></head>
<body><header><p>${said.heading}</p><a href="/a/${token}?lang=${other}" rel="nofollow">${said.other}</a></header>
<main>${noteOf(page)}${matter ? matterOf(page, matter) : none}</main></body></html>
`.html;
}
