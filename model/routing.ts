/** Which sites must be worked on together: figures of one depend on meters of another. */
import type { Registry } from "./registry.ts";

/**
 * The routing key of each site: the first, by name, of the sites it is joined with by `countsTo`, over any number
 * of steps. A site that is joined with none, or not in the registry, routes by its own name.
 */
export function routesOf(registry: Registry): (site: string) => string {
  const parent = new Map<string, string>();
  const rootOf = (site: string): string => {
    let root = site;
    for (let next = parent.get(root); next !== undefined; next = parent.get(root)) root = next;
    return root;
  };
  for (const site of registry.sites) {
    for (const { countsTo } of site.meters) {
      if (countsTo === undefined) continue;
      const [first, second] = [rootOf(site.id), rootOf(countsTo)].sort() as [string, string];
      if (first !== second) parent.set(second, first);
    }
  }
  return rootOf;
}
