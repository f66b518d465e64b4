/** What a matter is called. */
import type { ApiLimit, ApiMatter } from "../../api.ts";
import { withNames } from "../format/matters.ts";
import { named } from "../i18n/text.ts";
import { partName, placeName } from "./place.tsx";

/** The rule's summary, with the names of what it is about. */
export function matterTitle(matter: ApiMatter, limit: ApiLimit | undefined): string {
  const place = matter.site ?? matter.group;
  return withNames(named(matter.summary), {
    ...(limit ? { [limit.limit]: named(limit.name) } : {}),
    ...(place === undefined ? {} : { [place]: placeName(matter) }),
    ...(matter.meter === undefined ? {} : { [matter.meter]: partName(matter) ?? matter.meter }),
  });
}
