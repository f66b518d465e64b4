/** What people may do with a matter, in which state, and what becomes of it. Pure. */
import type { MatterState, OfficerAction } from "../../model/alert.ts";
import { officerActions } from "../../model/alert.ts";
import type { DeskMatter } from "../../model/desk.ts";
import type { Duties } from "../../model/duty.ts";
import { mayAct, type Role } from "../../model/roles.ts";
import type { Instant } from "../../model/time.ts";

/** Who acts. `name` is what the event keeps. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
  /** The officer of the duties that this is, if any. */
  readonly officer?: string;
  /** He held a notice's link, and was not signed in. */
  readonly via?: "link";
}

export interface Deed {
  readonly action: OfficerAction;
  readonly text: string;
  /** Of `assign`. */
  readonly officer?: string;
}

/** Why something cannot be done. */
export interface Refused {
  readonly code: "role" | "state" | "text" | "officer";
  readonly detail: string;
}

/** The states in which each action makes sense. */
const from: Readonly<Record<OfficerAction, readonly MatterState[]>> = {
  acknowledge: ["raised", "notified"],
  explain: ["raised", "notified", "acknowledged", "explained", "assigned"],
  assign: ["raised", "notified", "acknowledged", "explained", "assigned"],
  rectify: ["explained", "assigned"],
  review: ["rectified"],
  reject: ["explained", "rectified", "reviewed"],
  close: ["reviewed"],
  reopen: ["closed"],
};

/** What is for whoever leads: to judge what others did. */
const ofReviewers: readonly OfficerAction[] = ["review", "reject", "close", "reopen"];
/** What says nothing without words. */
const withText: readonly OfficerAction[] = ["explain", "rectify", "reject"];

/** An admin, or an officer of the agency that leads. */
export function isReviewer(matter: DeskMatter, actor: Actor, duties: Duties): boolean {
  if (actor.role === "admin") return true;
  const lead = duties.agencies.find(({ id }) => id === matter.lead);
  const { officer } = actor;
  return (
    officer !== undefined && lead !== undefined && (lead.officers.includes(officer) || lead.head === officer)
  );
}

function isAllowed(action: OfficerAction, matter: DeskMatter, actor: Actor, duties: Duties): boolean {
  return (
    mayAct(actor.role, "officer") && (!ofReviewers.includes(action) || isReviewer(matter, actor, duties))
  );
}

/** What this caller can do with the matter now. */
export function mayOf(matter: DeskMatter, actor: Actor, duties: Duties): OfficerAction[] {
  return officerActions.filter(
    (action) => from[action].includes(matter.state) && isAllowed(action, matter, actor, duties),
  );
}

/** Why a deed is not done; undefined where nothing stands against it. */
export function refusalOf(matter: DeskMatter, deed: Deed, actor: Actor, duties: Duties): Refused | undefined {
  const { action } = deed;
  if (!isAllowed(action, matter, actor, duties)) {
    const needed = ofReviewers.includes(action)
      ? "an admin, or an officer of the agency that leads"
      : "an officer";
    return { code: "role", detail: `to ${action} a matter is for ${needed}` };
  }
  if (!from[action].includes(matter.state)) {
    const states = from[action].join(", ");
    return {
      code: "state",
      detail: `matter ${matter.id} is ${matter.state}; ${action} is for one that is ${states}`,
    };
  }
  if (withText.includes(action) && deed.text.trim() === "") {
    return { code: "text", detail: `text is empty: say in words what is to be kept with "${action}"` };
  }
  if (action !== "assign") return undefined;
  return duties.officers.some(({ id }) => id === deed.officer)
    ? undefined
    : {
        code: "officer",
        detail: `officer "${deed.officer ?? ""}" is none of duties.yaml: give the id of one`,
      };
}

function backToWork(matter: DeskMatter): DeskMatter {
  const { explainedAt: _e, rectifiedAt: _r, reviewedAt: _v, closedAt: _c, ...rest } = matter;
  return { ...rest, state: matter.assignedTo === undefined ? "acknowledged" : "assigned" };
}

/** Somebody answered: the ladder ends. */
function answered(matter: DeskMatter, at: Instant): DeskMatter {
  const { nextAt: _, ...rest } = matter;
  return { ...rest, acknowledgedAt: matter.acknowledgedAt ?? at };
}

/** The matter after a deed that nothing stood against. */
export function done(matter: DeskMatter, deed: Deed, at: Instant): DeskMatter {
  switch (deed.action) {
    case "acknowledge":
      return { ...answered(matter, at), state: "acknowledged" };
    case "explain":
      return { ...answered(matter, at), state: "explained", explainedAt: at };
    case "assign":
      return { ...answered(matter, at), state: "assigned", assignedTo: deed.officer! };
    case "rectify":
      return { ...matter, state: "rectified", rectifiedAt: at };
    case "review":
      return { ...matter, state: "reviewed", reviewedAt: at };
    case "close":
      return { ...matter, state: "closed", closedAt: at };
    case "reject":
    case "reopen":
      return backToWork(matter);
  }
}
