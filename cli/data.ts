/** Commands on what is stored; they ask the process that works with it, if there is one. */
import { createReadStream, existsSync, statSync } from "node:fs";
import { basename } from "node:path";
import { type Occupant, occupantOf } from "../adapters/data-directory.ts";
import { createLog } from "../adapters/pino.ts";
import { openCore } from "../app/core.ts";
import { openProduction, type ProductionCore } from "../app/production.ts";
import { productionSettings, secretsIn } from "../app/settings.ts";
import type { BoardActions } from "../board/server.ts";
import { loadConfig } from "../config/load.ts";
import { UsageError } from "../model/errors.ts";
import { ask, proofFor } from "./ask.ts";
import {
  complain,
  configOf,
  dataOf,
  isProduction,
  print,
  progressBar,
  required,
  USAGE,
  type Values,
} from "./options.ts";

/** Log and store of the production stack, beside the processes that work with them. */
async function withProduction<T>(values: Values, work: (core: ProductionCore) => Promise<T>): Promise<T> {
  const settings = productionSettings(process.env, true);
  const tell = createLog({ form: "human", level: "error", write: complain, hide: secretsIn(settings) });
  const { registry } = await loadConfig(configOf(values));
  const core = await openProduction({ registry, settings, role: "notify", adopt: false, tell });
  try {
    return await work(core);
  } finally {
    await core.close();
  }
}

/** Actions of the process that works in the data directory, or of one opened for the purpose. */
async function withActions<T>(values: Values, work: (actions: BoardActions) => Promise<T>): Promise<T> {
  if (isProduction(values)) return withProduction(values, (core) => work(core.actions!));
  const occupant = occupantOf(dataOf(values));
  if (occupant?.url !== undefined) return work(remoteActions(occupant));
  const core = await openCore(configOf(values), dataOf(values));
  try {
    return await work(core.actions);
  } finally {
    await core.close();
  }
}

function remoteActions(occupant: Occupant): BoardActions {
  return {
    importCsv({ body, signal: _, ...query }) {
      return ask(occupant, `import?${new URLSearchParams(query)}`, "text/csv", body);
    },
    replay: ({ signal: _, ...body }) => ask(occupant, "replay", "application/json", JSON.stringify(body)),
    reconcile: ({ signal: _, ...body }) =>
      ask(occupant, "reconcile", "application/json", JSON.stringify(body)),
  };
}

const never = new AbortController().signal;

/** `import`: history from CSV, with progress. */
export async function importFile(values: Values, [file]: readonly string[]): Promise<number> {
  if (file === undefined) throw new UsageError(`import: which file?\n\n${USAGE}`);
  if (!existsSync(file)) throw new UsageError(`${file}: there is no such file`);
  const request = {
    site: required(values, "site"),
    meter: required(values, "meter"),
    profile: required(values, "profile"),
  };
  const size = statSync(file).size;
  const bar = progressBar();
  let read = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of createReadStream(file!)) {
      read += (chunk as Uint8Array).length;
      yield chunk as Uint8Array;
    }
  }
  return withActions(values, async (actions) => {
    let last = { accepted: 0, rejected: 0 };
    for await (const item of actions.importCsv({
      ...request,
      file: basename(file),
      body: counted(),
      signal: never,
    })) {
      last = item as typeof last;
      const finished = "finished" in item;
      bar(finished ? 1 : Math.min(0.99, read / size), `${last.accepted} readings, ${last.rejected} rejected`);
    }
    print(`${file}: ${last.accepted} accepted, ${last.rejected} rejected`);
    return last.rejected > 0 ? 1 : 0;
  });
}

function spanOf(values: Values) {
  const { from, to, site } = values;
  return { ...(from ? { from } : {}), ...(to ? { to } : {}), ...(site ? { site } : {}) };
}

/** `replay`: rejects, or the judging of readings. */
export async function replay(values: Values, [what]: readonly string[]): Promise<number> {
  if (what !== "rejects" && what !== "readings")
    throw new UsageError(`replay: rejects or readings?\n\n${USAGE}`);
  return withActions(values, async (actions) => {
    let last: object = {};
    for await (const item of actions.replay({ what, ...spanOf(values), signal: never })) last = item;
    const { finished: _, ...result } = last as { finished?: boolean };
    print(
      Object.entries(result)
        .map(([name, count]) => `${name} ${count}`)
        .join(", "),
    );
    return 0;
  });
}

interface ReconcileItem {
  readonly done?: number;
  readonly of?: number;
  readonly differences?: { what: string; start: number; stored: unknown; recomputed: unknown }[] | number;
  readonly repaired?: boolean;
}

/** `reconcile`: every difference between stored and recomputed; 1 if there is any. */
export async function reconcile(values: Values): Promise<number> {
  const bar = progressBar();
  return withActions(values, async (actions) => {
    let differences = 0;
    let repaired = false;
    const request = { ...spanOf(values), ...(values.repair ? { repair: true } : {}), signal: never };
    for await (const item of actions.reconcile(request) as AsyncIterable<ReconcileItem>) {
      if (Array.isArray(item.differences)) {
        for (const { what, start, stored, recomputed } of item.differences) {
          print(
            `${what} ${new Date(start).toISOString()}: stored ${JSON.stringify(stored)}, recomputed ${JSON.stringify(recomputed)}`,
          );
        }
        differences += item.differences.length;
        bar((item.done ?? 0) / (item.of ?? 1), `${differences} differences`);
      } else repaired = item.repaired ?? false;
    }
    print(differences === 0 ? "no difference" : `${differences} differences${repaired ? ", repaired" : ""}`);
    return differences === 0 ? 0 : 1;
  });
}

async function explanationOf(values: Values, query: Record<string, string>): Promise<string> {
  if (isProduction(values))
    return withProduction(values, async (core) => (await core.query!("explain", query, Date.now())).body);
  const occupant = occupantOf(dataOf(values));
  if (occupant?.url !== undefined) {
    const url = `${occupant.url}/api/v1/explain?${new URLSearchParams(query)}`;
    return (await fetch(url, { headers: proofFor(occupant) })).text();
  }
  const core = await openCore(configOf(values), dataOf(values));
  try {
    return (await core.query("explain", query)).body;
  } finally {
    await core.close();
  }
}

/** `explain`: the calculation of one figure. */
export async function explain(values: Values): Promise<number> {
  const query = {
    site: required(values, "site"),
    carrier: required(values, "carrier"),
    window: required(values, "window"),
    at: required(values, "at"),
  };
  const body = await explanationOf(values, query);
  const answer = JSON.parse(body) as {
    detail?: string;
    lines?: string[];
    notes?: { zh: string; en: string }[];
  };
  if (answer.lines === undefined) throw new UsageError(answer.detail ?? body);
  for (const line of answer.lines) print(line);
  for (const { zh, en } of answer.notes ?? []) print(`· ${en} / ${zh}`);
  return 0;
}
