/** MQTT topic filters: what is wrong with one, and which of many overlap (MQTT 3.1.1, 4.7). */

/** What is wrong with a filter; undefined when nothing is. */
export function filterProblem(filter: string): string | undefined {
  if (filter === "") return "it is empty";
  if (Buffer.byteLength(filter) > 65_535) return "it is longer than 65,535 bytes";
  if (filter.includes("\0")) return "it holds a NUL character";
  if (filter.startsWith("$"))
    return 'it begins with "$", which is the broker\'s own: nothing is published there';
  const levels = filter.split("/");
  for (const [index, level] of levels.entries()) {
    if (level.includes("+") && level !== "+") return `"+" must fill a level, not a part of "${level}"`;
    if (!level.includes("#")) continue;
    if (level !== "#") return `"#" must fill a level, not a part of "${level}"`;
    if (index < levels.length - 1) return '"#" must be the last level';
  }
  return undefined;
}

/** Filters by their levels, so that overlaps are found without comparing each with each. */
interface Node<Owner> {
  readonly children: Map<string, Node<Owner>>;
  readonly owners: Owner[];
}

export interface FilterIndex<Owner> {
  /** Owners of the filters that overlap with `filter`; an owner comes once per filter. */
  overlapping(filter: string): Owner[];
  add(filter: string, owner: Owner): void;
}

function createNode<Owner>(): Node<Owner> {
  return { children: new Map(), owners: [] };
}

function collectAll<Owner>(node: Node<Owner>, found: Owner[]): void {
  found.push(...node.owners);
  for (const child of node.children.values()) collectAll(child, found);
}

function collect<Owner>(node: Node<Owner>, levels: readonly string[], at: number, found: Owner[]): void {
  const level = levels[at];
  if (level === "#") {
    collectAll(node, found);
    return;
  }
  found.push(...(node.children.get("#")?.owners ?? []));
  if (level === undefined) {
    found.push(...node.owners);
    return;
  }
  for (const name of level === "+" ? node.children.keys() : [level, "+"]) {
    const child = name === "#" ? undefined : node.children.get(name);
    if (child) collect(child, levels, at + 1, found);
  }
}

/** An empty index of valid filters. */
export function createFilterIndex<Owner>(): FilterIndex<Owner> {
  const root = createNode<Owner>();
  return {
    overlapping(filter) {
      const found: Owner[] = [];
      collect(root, filter.split("/"), 0, found);
      return found;
    },
    add(filter, owner) {
      let node = root;
      for (const level of filter.split("/")) {
        let child = node.children.get(level);
        if (!child) {
          child = createNode<Owner>();
          node.children.set(level, child);
        }
        node = child;
      }
      node.owners.push(owner);
    },
  };
}
