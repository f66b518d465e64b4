/** What was typed and not taken yet: it outlives a page left by mistake and a session that ran out, not signing out. */

const PREFIX = "draft ";

/** sessionStorage throws where the browser forbids it; a draft then lives as long as its page. */
function storage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}

/** The draft kept under a name; empty where there is none. */
export function draftOf(name: string): string {
  return storage()?.getItem(PREFIX + name) ?? "";
}

/** Keeps a draft; an empty one is forgotten. */
export function keepDraft(name: string, text: string): void {
  try {
    if (text === "") storage()?.removeItem(PREFIX + name);
    else storage()?.setItem(PREFIX + name, text);
  } catch {
    // The storage is full or forbidden: what is on the screen stays there.
  }
}

/** Forgets all: whoever sits down next must not read them. */
export function forgetDrafts(): void {
  const kept = storage();
  for (const name of Object.keys(kept ?? {})) if (name.startsWith(PREFIX)) kept?.removeItem(name);
}
