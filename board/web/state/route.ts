/** Where the viewer is. Everything that can be chosen stands in the hash, so that a link shows the same. */
import { signal } from "@preact/signals";
import { type Page, parseHash, type Query, type Route, toHash } from "../format/hash.ts";

export const route = signal<Route>(parseHash(location.hash));

addEventListener("hashchange", () => {
  const before = route.value;
  route.value = parseHash(location.hash);
  if (before.page !== route.value.page || before.id !== route.value.id) scrollTo(0, 0);
});

/** Link to a page. */
export function href(page: Page, id?: string, query: Query = {}): string {
  return toHash({ page, query, ...(id === undefined ? {} : { id }) });
}

/** Goes to a link made by `href`. */
export function go(hash: string): void {
  location.hash = hash;
}

/** Changes choices of the page that is open; `undefined` and "" take one back to its default. */
export function choose(patch: Readonly<Record<string, string | undefined>>): void {
  const query: Record<string, string> = { ...route.value.query };
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined || value === "") delete query[name];
    else query[name] = value;
  }
  const next = { ...route.value, query };
  history.replaceState(null, "", toHash(next));
  route.value = next;
}

/** A choice of the page that is open, if it is one of `allowed`; else the first of them. */
export function choice<T extends string>(name: string, allowed: readonly [T, ...T[]]): T {
  const value = route.value.query[name];
  return allowed.find((one) => one === value) ?? allowed[0];
}
