/** Who is signed in. The session itself is a cookie that no script can read; this is what the server says of it. */
import { signal } from "@preact/signals";
import type { ProblemAnswer, SessionAnswer } from "../../api/session.ts";
import { forgetDrafts } from "./drafts.ts";

const SESSION = "/api/v1/session";
/** As long as the server is not reached it is asked again. */
const RETRY_MS = 3_000;

/** Undefined until the server has said whether one must sign in. */
export const session = signal<SessionAnswer | undefined>(undefined);

/** The server wants to know who asks, and does not. */
export const mustSignIn = (): boolean => session.value?.required === true && session.value.user === undefined;

/** Called when an answer says that the session is over, or that there never was one. */
export function sessionLost(): void {
  if (session.value?.user !== undefined && session.value.required) session.value = { required: true };
}

async function load(): Promise<void> {
  const response = await fetch(SESSION, { headers: { accept: "application/json" } }).catch(() => undefined);
  if (response?.ok) session.value = (await response.json()) as SessionAnswer;
  else setTimeout(() => void load(), RETRY_MS);
}

/** Asks the server who one is; `begin` is called once, as soon as one may see something. */
export function startSession(begin: () => void): void {
  const stop = session.subscribe((now) => {
    if (now === undefined || mustSignIn()) return;
    queueMicrotask(() => stop());
    begin();
  });
  void load();
}

/** Why signing in failed; `wait` in seconds where it was tried too often. */
export type SignInFailure =
  | { readonly why: "credentials" | "unreachable" }
  | { readonly why: "too-many"; readonly wait: number }
  | { readonly why: "other"; readonly detail: string };

async function failureOf(response: Response): Promise<SignInFailure> {
  if (response.status === 401) return { why: "credentials" };
  if (response.status === 429)
    return { why: "too-many", wait: Number(response.headers.get("retry-after")) || 60 };
  const problem = (await response.json().catch(() => undefined)) as ProblemAnswer | undefined;
  return { why: "other", detail: problem?.detail ?? response.statusText };
}

/** Signs in and starts the page anew, so that nothing of another user's is left; else says why not. */
export async function signIn(user: string, password: string): Promise<SignInFailure | undefined> {
  const response = await fetch(SESSION, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user, password }),
  }).catch(() => undefined);
  if (!response) return { why: "unreachable" };
  if (!response.ok) return failureOf(response);
  location.reload();
  return undefined;
}

/** Ends the session; false when the server was not reached, so that nobody believes to be signed out. */
export async function signOut(): Promise<boolean> {
  const response = await fetch(SESSION, { method: "DELETE" }).catch(() => undefined);
  if (!response?.ok) return false;
  forgetDrafts();
  location.reload();
  return true;
}
