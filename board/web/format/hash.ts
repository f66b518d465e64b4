/** The address after `#`: a page, perhaps a site or a matter, and the choices made on the page. */

export type Page =
  | "overview"
  | "sites"
  | "site"
  | "limits"
  | "alerts"
  | "matter"
  | "summary"
  | "quality"
  | "unknown";
export type Query = Readonly<Record<string, string>>;

export interface Route {
  readonly page: Page;
  /** The site of `#/site/ID`, the matter of `#/matter/ID`. */
  readonly id?: string;
  readonly query: Query;
}

const paths: Record<Exclude<Page, "site" | "matter" | "unknown">, string> = {
  overview: "/",
  sites: "/sites",
  limits: "/limits",
  alerts: "/alerts",
  summary: "/summary",
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
  const [, page, id] = /^\/(site|matter)\/([^/]+)\/?$/.exec(path) ?? [];
  if (page && id) return { page: page as "site" | "matter", id: decode(id) };
  for (const [page, known] of Object.entries(paths))
    if (path === known || path === `${known}/`) return { page: page as keyof typeof paths };
  return { page: path === "" ? "overview" : "unknown" };
}

/** Reads `location.hash`. */
export function parseHash(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?", 2);
  return { ...pageOf(path), query: Object.fromEntries(new URLSearchParams(query)) };
}

function pathOf({ page, id }: Route): string {
  if (page === "unknown") return "/";
  if (page !== "site" && page !== "matter") return paths[page];
  return id === undefined ? "/" : `/${page}/${encodeURIComponent(id)}`;
}

/** Writes a hash that `parseHash` reads back; choices in alphabetical order. */
export function toHash(route: Route): string {
  const path = pathOf(route);
  const query = new URLSearchParams(Object.entries(route.query).sort(([a], [b]) => (a < b ? -1 : 1)));
  return query.size === 0 ? `#${path}` : `#${path}?${query}`;
}
