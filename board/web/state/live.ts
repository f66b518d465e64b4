/** The stream of events: today's figures and each site's state, and how old the newest of them is. */
import { computed, signal } from "@preact/signals";
import type { OverviewAnswer } from "../../api/figures.ts";
import type { MattersEvent } from "../../api/matters.ts";
import type { StreamEvent } from "../../api/session.ts";
import { API } from "./answers.ts";
import { mustSignIn } from "./session.ts";

export type SiteLive = StreamEvent["sites"][number];

/** An event is due about once a second; past these ages the board says so, then knocks again. */
const QUIET_MS = 10_000;
const RECONNECT_MS = 45_000;
const RETRY_MS = 3_000;

/** The viewer's clock, once a second; only ever used for ages and to run the server's clock on. */
export const tick = signal(Date.now());
setInterval(() => {
  tick.value = Date.now();
}, 1000);

/** Today's figures with the nationally listed projects included. */
export const overview = signal<OverviewAnswer | undefined>(undefined);
export const siteLive = signal<ReadonlyMap<string, SiteLive>>(new Map());

/** What the stream last said of open matters. */
export const mattersEvent = signal<MattersEvent | undefined>(undefined);

const connected = signal(false);
const lastEventAt = signal<number | undefined>(undefined);
/** Server's clock less the viewer's, in ms. */
const ahead = signal(0);

/** Rises whenever the stream comes back, so that what was fetched before is fetched again. */
export const connections = signal(0);

export type LiveState = "connecting" | "live" | "quiet" | "lost";

/** ms since the last event; undefined before the first. */
export const eventAge = computed(() =>
  lastEventAt.value === undefined ? undefined : Math.max(0, tick.value - lastEventAt.value),
);

export const liveState = computed<LiveState>(() => {
  if (!connected.value) return lastEventAt.value === undefined ? "connecting" : "lost";
  return (eventAge.value ?? 0) > QUIET_MS ? "quiet" : "live";
});

/** The server's clock now, in ms. */
export const serverNow = computed(() => tick.value + ahead.value);

/** Takes the server's clock from an answer's `asOf`. */
export function setClock(asOf: string): void {
  const at = Date.parse(asOf);
  if (Number.isFinite(at)) ahead.value = at - Date.now();
}

function receive(event: StreamEvent): void {
  setClock(event.asOf);
  lastEventAt.value = Date.now();
  tick.value = Date.now();
  overview.value = event.overview;
  siteLive.value = new Map(event.sites.map((site) => [site.site, site]));
}

let source: EventSource | undefined;
let openedAt = 0;

function open(): void {
  source?.close();
  openedAt = Date.now();
  const next = new EventSource(`${API}/stream`);
  source = next;
  next.addEventListener("open", () => {
    connected.value = true;
    connections.value += 1;
  });
  next.addEventListener("figures", (event) => receive(JSON.parse((event as MessageEvent<string>).data)));
  next.addEventListener("matters", (event) => {
    mattersEvent.value = JSON.parse((event as MessageEvent<string>).data) as MattersEvent;
  });
  next.addEventListener("error", () => {
    connected.value = false;
  });
}

/** The browser reconnects by itself, but not after an HTTP error, nor from a half-open connection. */
function watch(): void {
  if (mustSignIn()) {
    source?.close();
    return;
  }
  const now = Date.now();
  const closed = source?.readyState === EventSource.CLOSED && now - openedAt > RETRY_MS;
  const newest = Math.max(openedAt, lastEventAt.value ?? 0);
  if (closed || now - newest > RECONNECT_MS) open();
}

/** Opens the stream and keeps it open. */
export function startLive(): void {
  open();
  setInterval(watch, 1000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) watch();
  });
}
