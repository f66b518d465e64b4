/** The registry the server answers with, and the county's calendar. */
import { computed, effect, signal } from "@preact/signals";
import type { Carrier } from "../../../model/registry.ts";
import { calendarOf } from "../../../model/time.ts";
import type { ApiSite, SitesAnswer } from "../../api/sites.ts";
import { dateAt } from "../format/time.ts";
import { ask, type Failure, fetchAnswer } from "./answers.ts";
import { connections, liveState, serverNow, setClock, siteLive } from "./live.ts";
import { mustSignIn } from "./session.ts";

const REFRESH_MS = 30_000;

export const registry = signal<SitesAnswer | undefined>(undefined);
export const registryFailure = signal<Failure | undefined>(undefined);

/** Sites with their newest live counts. */
export const sites = computed<readonly ApiSite[]>(() =>
  (registry.value?.sites ?? []).map((site) => {
    const live = siteLive.value.get(site.id);
    return live ? { ...site, live } : site;
  }),
);

export const siteById = computed(() => new Map(sites.value.map((site) => [site.id, site])));

const carriers = computed(
  () => new Map<string, Carrier>((registry.value?.carriers ?? []).map((carrier) => [carrier.id, carrier])),
);

/** A configured carrier; undefined for one the server does not list. */
export function carrierOf(id: string): Carrier | undefined {
  return carriers.value.get(id);
}

/** The county's calendar; UTC until the county is known. */
export const calendar = computed(() => calendarOf(registry.value?.county.zone ?? "UTC"));

/** Today's date in the county. */
export const today = computed(() => dateAt(calendar.value, serverNow.value));

/** Loads the registry, or says why not. */
export async function loadRegistry(): Promise<void> {
  if (mustSignIn()) return;
  try {
    const answer = await fetchAnswer<SitesAnswer>(ask("/sites"));
    if (liveState.value !== "live") setClock(answer.asOf);
    registry.value = answer;
    registryFailure.value = undefined;
  } catch (failure) {
    registryFailure.value = failure as Failure;
  }
}

/** Loads the registry now, whenever the stream comes back, and now and then for the meters' states. */
export function startRegistry(): void {
  effect(() => {
    connections.value;
    void loadRegistry();
  });
  setInterval(() => {
    if (!document.hidden || registry.value === undefined) void loadRegistry();
  }, REFRESH_MS);
}
