/**
 * Answers of the HTTP API (`/api/v1/…`), shared by the server and the page. Who asks, what is pushed to the page, and how a problem is told.
 * Times are ISO 8601 with the zone's offset; amounts are in the carrier's canonical unit; coal is kgce, CO2 is kg;
 * null means unknown.
 */
import type { Role } from "../../model/roles.ts";
import type { OverviewAnswer } from "./figures.ts";
import type { PowerShare } from "./sites.ts";

/** One message of GET /api/v1/stream (event `figures`), about once a second while something changes. */
export interface StreamEvent {
  asOf: string;
  overview: OverviewAnswer;
  sites: {
    site: string;
    online: number;
    meters: number;
    powerKw: number | null;
    power: PowerShare;
    lastAt?: string;
  }[];
}

/** RFC 9457 problem; `application/problem+json`. What is wrong, for people in `detail`, for programs in `code`. */
export interface ProblemAnswer {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  /** The parameter at fault, the value it had, and what it may be. */
  parameter?: string;
  value?: string;
  allowed?: string[];
}

/** Who asks. Without `user` nobody is signed in; where `required` is false nobody has to be. */
export interface SessionAnswer {
  required: boolean;
  user?: string;
  role?: Role;
  by?: "session" | "password" | "token" | "local";
}
