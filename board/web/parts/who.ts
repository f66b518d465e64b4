/** Who did something, by name: an officer, an operator, a machine, or the program itself. */
import type { ApiMatterEvent } from "../../api/matters.ts";
import { named, t } from "../i18n/text.ts";
import { agencyById, officerById } from "../state/matters.ts";

/** An officer's name, or an operator's or token's as it is. */
export function officerName(id: string): string {
  if (id === "system") return t("actor.system");
  const officer = officerById.value.get(id);
  return officer ? named(officer.name) : id;
}

/** An agency's name, or its id where the duties no longer have it. */
export function agencyName(id: string): string {
  const agency = agencyById.value.get(id);
  return agency ? named(agency.name) : id;
}

/** Who did what an event says: the officer of the duties where it was one, else who was signed in. */
export function actorName({ actor, details }: Pick<ApiMatterEvent, "actor" | "details">): string {
  return officerName(details.by === undefined ? actor : String(details.by));
}
