/** Who is there on a day: officers, or those who stand in for them. */
import type { Agency, Duties, Officer } from "../../model/duty.ts";
import type { DayIndex } from "../../model/time.ts";

export interface Presence {
  /** The officer, or who stands in for him, over any number of steps; undefined where nobody does. */
  standIn(officer: string): string | undefined;
  /** The first of the agency's officers who is there or has somebody to stand in. */
  askedOf(agency: string): string | undefined;
  /** The agency's head or his stand-in; where there is none, who is asked there. */
  headOf(agency: string): string | undefined;
}

function absenceOn(officer: Officer, day: DayIndex) {
  return officer.absences.find(({ from, to }) => from <= day && day < to);
}

/** Presence on one day. */
export function presenceOn(duties: Pick<Duties, "officers" | "agencies">, day: DayIndex): Presence {
  const officers = new Map(duties.officers.map((one) => [one.id, one]));
  const agencies = new Map<string, Agency>(duties.agencies.map((one) => [one.id, one]));
  const standIn = (id: string): string | undefined => {
    const seen = new Set<string>();
    for (let next: string | undefined = id; next !== undefined && !seen.has(next); ) {
      seen.add(next);
      const officer = officers.get(next);
      if (officer === undefined) return undefined;
      const absence = absenceOn(officer, day);
      if (absence === undefined) return next;
      next = absence.deputy ?? officer.deputy;
    }
    return undefined;
  };
  const askedOf = (id: string): string | undefined => {
    for (const officer of agencies.get(id)?.officers ?? []) {
      const found = standIn(officer);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const headOf = (id: string): string | undefined => {
    const head = agencies.get(id)?.head;
    return (head === undefined ? undefined : standIn(head)) ?? askedOf(id);
  };
  return { standIn, askedOf, headOf };
}
