/** What each thing an officer can do asks for. */
import { type OfficerAction, officerActions } from "../../../model/alert.ts";

export interface ActionForm {
  /** `must`: is not taken without words; `may`: a note that can be left out. */
  readonly text: "must" | "may";
  readonly officer: boolean;
  /** Ends the follow-up for everybody: asked once more. All else can be mended by what comes after it. */
  readonly isFinal: boolean;
}

const wanting: readonly OfficerAction[] = ["explain", "rectify", "reject", "reopen"];

/** The fields of an action. */
export function formOf(action: OfficerAction): ActionForm {
  return {
    text: wanting.includes(action) ? "must" : "may",
    officer: action === "assign",
    isFinal: action === "close",
  };
}

/** What can be done, in the order of the closed loop; the first is what is usually next. */
export function inOrder(may: readonly OfficerAction[]): OfficerAction[] {
  return officerActions.filter((one) => may.includes(one));
}

export type FieldFault = "text" | "officer";

/** Field that is missing, or undefined. */
export function faultOf(
  action: OfficerAction,
  given: { readonly text: string; readonly officer: string },
): FieldFault | undefined {
  const form = formOf(action);
  if (form.officer && given.officer === "") return "officer";
  return form.text === "must" && given.text.trim() === "" ? "text" : undefined;
}
