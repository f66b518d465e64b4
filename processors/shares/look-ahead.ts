/** A reader that can be given a view of what is about to be read, and takes it away again. */
import type { ReadAhead, SeriesReader, SeriesStore } from "../../model/ports.ts";

export interface LookAhead {
  readonly reader: SeriesReader;
  fetch(wanted: ReadAhead): Promise<void>;
  release(): void;
}

export function createLookAhead(store: SeriesStore): LookAhead {
  let current: SeriesReader = store;
  const reader: SeriesReader = {
    readings: (series, from, to) => current.readings(series, from, to),
    certainAtOrBefore: (series, at) => current.certainAtOrBefore(series, at),
    certainAtOrAfter: (series, at) => current.certainAtOrAfter(series, at),
    extent: (series) => current.extent(series),
    figures: (keys, window, from, to) => current.figures(keys, window, from, to),
    live: () => current.live(),
    balance: (day, site) => current.balance(day, site),
    rejects: (query) => current.rejects(query),
    ledger: (keys, from, to, limit) => current.ledger(keys, from, to, limit),
    pending: () => current.pending(),
    dirty: () => current.dirty(),
    observations: (query) => current.observations(query),
    fact: (name) => current.fact(name),
  };
  return {
    reader,
    async fetch(wanted) {
      current = (await store.ahead?.(wanted)) ?? store;
    },
    release() {
      current = store;
    },
  };
}
