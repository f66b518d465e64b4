/** What a query hands back, made into text in the thread that ran it. */
import type { ProblemAnswer } from "./api/session.ts";

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Digest of what the answer says, where a caller may ask for changes only. */
  readonly etag?: string;
}

/** What names the cause of a problem to a program. */
export interface ProblemCause {
  readonly code: string;
  readonly parameter?: string;
  readonly value?: string;
  readonly allowed?: readonly string[];
}

/** A request that cannot be answered; its status and text go to the caller as they are. */
export class ProblemError extends Error {
  readonly status: number;
  readonly problem: ProblemCause;
  constructor(status: number, detail: string, problem: ProblemCause) {
    super(detail);
    this.name = "ProblemError";
    this.status = status;
    this.problem = problem;
  }
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** An RFC 9457 problem; `about:blank` says that the status is its type, `code` tells a program more. */
export function problemAnswer(status: number, detail: string, cause: ProblemCause): Answer {
  const body: ProblemAnswer = {
    type: "about:blank",
    title: titles[status] ?? "Error",
    status,
    detail,
    code: cause.code,
    ...(cause.parameter === undefined ? {} : { parameter: cause.parameter }),
    ...(cause.value === undefined ? {} : { value: cause.value }),
    ...(cause.allowed === undefined ? {} : { allowed: [...cause.allowed] }),
  };
  return { status, contentType: "application/problem+json; charset=utf-8", body: JSON.stringify(body) };
}

/** An answer in JSON. */
export function jsonAnswer(value: unknown): Answer {
  return { status: 200, contentType: "application/json; charset=utf-8", body: JSON.stringify(value) };
}
