/** Words of the page behind a notice's link. */
import type { Colour } from "../../model/limit.ts";

export type Language = "zh" | "en";

/** What can be wrong with a link, or with what was done by it. */
export type Trouble =
  | "forged"
  | "expired"
  | "other"
  | "unknown"
  | "already"
  | "closed"
  | "who"
  | "empty"
  | "too-long"
  | "refused";

interface Words {
  readonly heading: string;
  readonly colours: Readonly<Record<Colour, string>>;
  readonly acknowledge: string;
  readonly acknowledgeHint: string;
  readonly explain: string;
  readonly explainHint: string;
  readonly answers: string;
  readonly answering: string;
  readonly done: Readonly<Record<"acknowledge" | "explain", string>>;
  readonly board: string;
  readonly panel: string;
  readonly matter: string;
  readonly other: string;
  readonly nothing: string;
  readonly trouble: Readonly<Record<Trouble, string>>;
}

export const words: Readonly<Record<Language, Words>> = {
  zh: {
    heading: "能源预警处置",
    colours: { yellow: "黄色", orange: "橙色", red: "红色" },
    acknowledge: "确认收到",
    acknowledgeHint: "确认即表示由您负责跟进，升级计时随之停止。",
    explain: "提交说明",
    explainHint: "原因与已采取的措施，最多 2000 字。",
    answers: "处置记录",
    answering: "答复人",
    done: { acknowledge: "已确认收到。", explain: "说明已提交。" },
    board: "打开监测平台",
    panel: "查看图表",
    matter: "事项编号",
    other: "English",
    nothing: "该事项目前无需在此处置。",
    trouble: {
      forged: "链接无效：不是本平台签发，或内容不完整。请从通知中重新打开，或登录监测平台处置。",
      expired: "链接已过期。请登录监测平台处置该事项。",
      other: "链接属于另一事项，未作任何处理。请打开该事项自己的通知。",
      unknown: "监测平台上没有该事项，未作任何处理。",
      already: "此前已经处置，本次未重复记录。",
      closed: "该事项已销号，未作任何处理。",
      who: "请先选择答复人。",
      empty: "请填写说明内容。",
      "too-long": "说明超过 2000 字，请缩短后再提交。",
      refused: "目前不能这样处置该事项，请登录监测平台查看。",
    },
  },
  en: {
    heading: "Answer an energy alert",
    colours: { yellow: "Yellow", orange: "Orange", red: "Red" },
    acknowledge: "Acknowledge",
    acknowledgeHint: "You take the matter on, and it is not passed up any further.",
    explain: "Send explanation",
    explainHint: "The cause, and what has been done. 2,000 characters at most.",
    answers: "Answers so far",
    answering: "Who is answering",
    done: { acknowledge: "Acknowledged.", explain: "Your explanation has been sent." },
    board: "Open the board",
    panel: "Show the chart",
    matter: "Matter",
    other: "中文",
    nothing: "There is nothing to answer here at present.",
    trouble: {
      forged:
        "This link is not valid: it was not made here, or part of it is missing. Open it from the notice again, or sign in to the board.",
      expired: "This link has expired. Sign in to the board to answer.",
      other: "This link belongs to another matter; nothing was done. Open the notice of the matter you mean.",
      unknown: "The board has no such matter; nothing was done.",
      already: "This was done before; it was not recorded again.",
      closed: "This matter is closed; nothing was done.",
      who: "Choose who is answering first.",
      empty: "Write an explanation first.",
      "too-long": "The explanation has more than 2,000 characters: shorten it.",
      refused: "The matter cannot be answered this way at present: look at it on the board.",
    },
  },
};
