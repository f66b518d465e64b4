/** A site by its name, a link where it is a known one. */
import { UNKNOWN_SITE } from "../../../../model/reject.ts";
import { named, t } from "../../i18n/text.ts";
import { CategoryMark } from "../../parts/marks.tsx";
import { siteById } from "../../state/county.ts";
import { href } from "../../state/route.ts";

export function SiteName({ id }: { id: string }) {
  const site = siteById.value.get(id);
  if (!site) return <>{id === UNKNOWN_SITE ? t("site.none") : id}</>;
  return (
    <>
      <CategoryMark category={site.category} />
      <a href={href("site", id)}>{named(site.name)}</a>
    </>
  );
}
