/** Which topics a gateway may use. */
import type { Registry } from "../model/registry.ts";
import { compileFilter, filterCovers, type TopicMatcher } from "./topic-filter.ts";

/** Topic permissions by user name. A user that is no gateway has none of its own. */
export interface Permissions {
  isGateway(username: string): boolean;
  /** True when a filter of the gateway matches the topic; topics that begin with `$` are nobody's. */
  mayPublish(username: string, topic: string): boolean;
  /** True when everything the subscription could deliver lies within one filter of the gateway. */
  maySubscribe(username: string, filter: string): boolean;
  /**
   * True when the client id belongs to the user: it starts with the user name, and with no longer user name
   * of another gateway (`gw-1` may not pose as `gw-10`).
   */
  ownsClientId(username: string, clientId: string): boolean;
}

interface Grant {
  readonly filters: readonly string[];
  readonly matchers: readonly TopicMatcher[];
}

/** Compiles the permissions of every gateway of the registry. */
export function createPermissions(registry: Registry): Permissions {
  const grants = new Map<string, Grant>();
  for (const { username, topics } of registry.sites.flatMap((site) => site.gateways)) {
    grants.set(username, { filters: topics, matchers: topics.map(compileFilter) });
  }
  const longest = Math.max(0, ...[...grants.keys()].map((name) => name.length));
  return {
    isGateway: (username) => grants.has(username),
    mayPublish(username, topic) {
      if (topic.startsWith("$")) return false;
      return grants.get(username)?.matchers.some((matches) => matches(topic)) ?? false;
    },
    maySubscribe(username, filter) {
      if (filter.startsWith("$")) return false;
      return grants.get(username)?.filters.some((own) => filterCovers(own, filter)) ?? false;
    },
    ownsClientId(username, clientId) {
      if (!clientId.startsWith(username)) return false;
      const end = Math.min(longest, clientId.length);
      for (let length = username.length + 1; length <= end; length++)
        if (grants.has(clientId.slice(0, length))) return false;
      return true;
    },
  };
}
