/** The address after `#`: a page, perhaps a site, and the choices made on the page. */

export type Page = "overview" | "sites" | "site" | "quality" | "unknown";
export type Query = Readonly<Record<string, string>>;

export interface Route {
  readonly page: Page;
  /** The site of `#/sites/ID` or `#/site/ID`. */
  readonly id?: string;
  readonly query: Query;
}

const paths: Record<Exclude<Page, "site" | "unknown">, string> = {
  overview: "/",
  sites: "/sites",
  quality: "/quality",
};

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function pageOf(path: string): Pick<Route, "page" | "id"> {
  const site = /^\/site\/([^/]+)\/?$/.exec(path)?.[1];
  if (site) return { page: "site", id: decode(site) };
  for (const [page, known] of Object.entries(paths))
    if (path === known || path === `${known}/`) return { page: page as keyof typeof paths };
  return { page: path === "" ? "overview" : "unknown" };
}

/** Reads `location.hash`. */
export function parseHash(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  return { ...pageOf(path), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** Writes a hash that `parseHash` reads back; choices in alphabetical order. */
export function toHash(route: Route): string {
  const path =
    route.page === "site" && route.id !== undefined
      ? `/site/${encodeURIComponent(route.id)}`
      : route.page === "site" || route.page === "unknown"
        ? "/"
        : paths[route.page];
  const query = new URLSearchParams(Object.entries(route.query).sort(([a], [b]) => (a < b ? -1 : 1)));
  return query.size === 0 ? `#${path}` : `#${path}?${query}`;
}
