/** Who did something, by name: an officer, an operator, a machine, or the program itself. */
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
