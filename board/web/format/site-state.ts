/** The state of a site from its counts of meters. */
import type { ApiSite } from "../../api/sites.ts";

/** `online`: all its meters are; `partial`: some; `offline`: none now; `never`: nothing was ever heard. */
export const siteStates = ["online", "partial", "offline", "never"] as const;
export type SiteState = (typeof siteStates)[number];

export function siteState(live: ApiSite["live"]): SiteState {
  if (live.meters > 0 && live.online === live.meters) return "online";
  if (live.online > 0) return "partial";
  return live.lastAt === undefined ? "never" : "offline";
}
