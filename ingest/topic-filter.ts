/** MQTT topic filters (MQTT 3.1.1 §4.7) and the topics of decoder profiles, whose `{name}` levels capture. */

/** Tells whether a topic matches. */
export type TopicMatcher = (topic: string) => boolean;

/** What the `{name}` levels of a profile's topic held. */
export type Captures = ReadonlyMap<string, string>;

/** A topic longer than this is never cached, so that nobody can fill the memory with topics. */
const LONGEST_CACHED = 256;

/**
 * Compiles a filter; `+` is one level, a closing `#` this level and all below. A filter that begins with a
 * wildcard does not match topics that begin with `$` (§4.7.2).
 */
export function compileFilter(filter: string): TopicMatcher {
  const levels = filter.split("/");
  const plus = levels.includes("+");
  const hash = levels.at(-1) === "#";
  if (!plus && !hash) return (topic) => topic === filter;
  if (!plus && filter.length > 1) {
    const parent = filter.slice(0, -2);
    const prefix = filter.slice(0, -1);
    return (topic) => topic.startsWith(prefix) || topic === parent;
  }
  return (topic) => matchesLevels(levels, topic.split("/"));
}

function matchesLevels(filter: readonly string[], topic: readonly string[]): boolean {
  if (topic[0]?.startsWith("$") && (filter[0] === "+" || filter[0] === "#")) return false;
  for (let i = 0; i < filter.length; i++) {
    if (filter[i] === "#") return true;
    if (i >= topic.length) return false;
    if (filter[i] !== "+" && filter[i] !== topic[i]) return false;
  }
  return filter.length === topic.length;
}

/** True when every topic that `inner` matches is matched by `outer` too. */
export function filterCovers(outer: string, inner: string): boolean {
  const wide = outer.split("/");
  const narrow = inner.split("/");
  if (narrow[0]?.startsWith("$") && (wide[0] === "+" || wide[0] === "#")) return false;
  for (let i = 0; i < wide.length; i++) {
    if (wide[i] === "#") return true;
    const level = narrow[i];
    if (level === undefined || level === "#") return false;
    if (wide[i] !== "+" && wide[i] !== level) return false;
  }
  return wide.length === narrow.length;
}

/** A profile's topic, matched with its captures; undefined where the topic is another. */
export type TopicPattern = (topic: string) => Captures | undefined;

/** Compiles a profile's topic: a filter in which a level `{name}` matches like `+` and captures. */
export function compileTopic(pattern: string): TopicPattern {
  const names = pattern.split("/").map((level) => /^\{(.+)\}$/.exec(level)?.[1]);
  const levels = pattern.split("/").map((level, i) => (names[i] === undefined ? level : "+"));
  return (topic) => {
    const found = topic.split("/");
    if (!matchesLevels(levels, found)) return undefined;
    const captures = new Map<string, string>();
    names.forEach((name, i) => {
      if (name !== undefined) captures.set(name, found[i] ?? "");
    });
    return captures;
  };
}

/** What a topic was found to be. */
export interface Route<T> {
  readonly target: T;
  readonly captures: Captures;
}

/**
 * Finds the first target whose topic matches. Meters publish to few topics over and over, so that what was
 * found is kept for the last `cached` of them at most, and for the last half of that at least.
 */
export function createRouter<T>(
  targets: readonly { readonly topic: string; readonly target: T }[],
  cached = 20_000,
): (topic: string) => Route<T> | undefined {
  const patterns = targets.map(({ topic, target }) => ({ match: compileTopic(topic), target }));
  // Two generations: taking the eldest out of one map, one by one, would pass over all that went before.
  let young = new Map<string, Route<T>>();
  let old = new Map<string, Route<T>>();
  const find = (topic: string): Route<T> | undefined => {
    for (const { match, target } of patterns) {
      const captures = match(topic);
      if (captures) return { target, captures };
    }
    return undefined;
  };
  return (topic) => {
    const before = young.get(topic);
    if (before) return before;
    const route = old.get(topic) ?? find(topic);
    if (!route || topic.length > LONGEST_CACHED) return route;
    if (young.size >= cached / 2) {
      old = young;
      young = new Map();
    }
    young.set(topic, route);
    return route;
  };
}
