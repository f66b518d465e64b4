/** What a matter is called. */
import type { ApiLimit } from "../../api/limits.ts";
import type { ApiMatter } from "../../api/matters.ts";
import { withNames } from "../format/matters.ts";
import { code, named, t } from "../i18n/text.ts";
import { partName, placeName } from "./place.tsx";

/** Levels of a limit are told in the board's own words: the figures stand beside them. */
const isOfLevel = ({ watched, colour }: ApiMatter): boolean => watched?.field === colour;

/** What is at which level, or the rule's summary with the names of what it is about. */
export function matterTitle(matter: ApiMatter, limit: ApiLimit | undefined): string {
  if (limit && isOfLevel(matter))
    return t("matter.title", {
      place: placeName(matter),
      limit: named(limit.name),
      colour: code("colour", matter.colour),
    });
  // The county's own id is a word of the summary's.
  const place = matter.site ?? (matter.group === "county" ? undefined : matter.group);
  return withNames(named(matter.summary), {
    ...(limit ? { [limit.limit]: named(limit.name) } : {}),
    ...(place === undefined ? {} : { [place]: placeName(matter) }),
    ...(matter.meter === undefined ? {} : { [matter.meter]: partName(matter) ?? matter.meter }),
  });
}
