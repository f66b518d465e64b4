/** Asking the API, and asking again while a page is open. */
import { useEffect, useState } from "preact/hooks";
import type { ProblemAnswer } from "../../api/session.ts";
import { sessionLost } from "./session.ts";

export const API = "/api/v1";

/** Why there is no answer: what the server said, or that it could not be reached. */
export interface Failure {
  readonly status: number;
  /** Empty when the server was not reached. */
  readonly detail: string;
}

export interface Answer<T> {
  /** The newest answer to exactly this question; never one to an earlier question. */
  readonly data: T | undefined;
  /** The last attempt failed; `data` is then from before. */
  readonly failure: Failure | undefined;
}

/** A path with its query; parameters that are undefined are left out. */
export function ask(path: string, query: Readonly<Record<string, string | number | undefined>> = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? `${API}${path}` : `${API}${path}?${new URLSearchParams(given)}`;
}

async function failureOf(response: Response): Promise<Failure> {
  const problem = (await response.json().catch(() => undefined)) as ProblemAnswer | undefined;
  return { status: response.status, detail: problem?.detail || problem?.title || response.statusText };
}

/**
 * One answer.
 * @throws Failure, as a value: network and server errors are told to the viewer, never to a log alone.
 */
export async function fetchAnswer<T>(url: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(url, {
    headers: { accept: "application/json" },
    ...(signal && { signal }),
  }).catch(() => undefined);
  if (!response) throw { status: 0, detail: "" } satisfies Failure;
  if (response.status === 401) sessionLost();
  if (!response.ok) throw await failureOf(response);
  return (await response.json()) as T;
}

/** Sends a change; what the server answers, or why it did not take it. */
export async function send<T>(path: string, body: object): Promise<{ data: T } | { failure: Failure }> {
  const response = await fetch(ask(path), {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify(body),
  }).catch(() => undefined);
  if (!response) return { failure: { status: 0, detail: "" } };
  if (response.status === 401) sessionLost();
  if (!response.ok) return { failure: await failureOf(response) };
  return { data: (await response.json()) as T };
}

function failureFrom(error: unknown): Failure {
  const known = error as Partial<Failure> | null;
  return { status: known?.status ?? 0, detail: known?.detail ?? String(error) };
}

interface Kept<T> {
  readonly key: string;
  readonly data: readonly T[] | undefined;
  readonly failure: Failure | undefined;
}

/**
 * Answers to several questions of one kind, all or none; asked again every `everyMs` while the page is seen, and
 * whenever `turn` is another.
 */
export function useAnswers<T>(
  urls: readonly string[] | undefined,
  everyMs?: number,
  turn = 0,
): Answer<readonly T[]> {
  const key = urls?.join("\n") ?? "";
  const [kept, setKept] = useState<Kept<T>>({ key: "", data: undefined, failure: undefined });
  useEffect(() => {
    if (key === "") return;
    const stop = new AbortController();
    const load = async () => {
      try {
        const data = await Promise.all(key.split("\n").map((url) => fetchAnswer<T>(url, stop.signal)));
        if (!stop.signal.aborted) setKept({ key, data, failure: undefined });
      } catch (error) {
        if (stop.signal.aborted) return;
        setKept((last) => ({
          key,
          data: last.key === key ? last.data : undefined,
          failure: failureFrom(error),
        }));
      }
    };
    void load();
    if (everyMs === undefined) return () => stop.abort();
    const again = () => {
      if (!document.hidden) void load();
    };
    const timer = setInterval(again, everyMs);
    document.addEventListener("visibilitychange", again);
    return () => {
      stop.abort();
      clearInterval(timer);
      document.removeEventListener("visibilitychange", again);
    };
  }, [key, everyMs, turn]);
  return kept.key === key ? kept : { data: undefined, failure: undefined };
}

/** The answer to one question. */
export function useAnswer<T>(url: string | undefined, everyMs?: number, turn = 0): Answer<T> {
  const { data, failure } = useAnswers<T>(url === undefined ? undefined : [url], everyMs, turn);
  return { data: data?.[0], failure };
}
