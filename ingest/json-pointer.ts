/** JSON Pointer (RFC 6901), compiled. */

/** Finds a value inside a parsed document; undefined where there is none. */
export type Pointer = (document: unknown) => unknown;

/**
 * Compiles a pointer such as `/metrics/energy/value/forward`; the empty one is the whole document.
 * @throws Error when the text is no pointer.
 */
export function compilePointer(pointer: string): Pointer {
  if (pointer === "") return (document) => document;
  if (!pointer.startsWith("/")) throw new Error(`"${pointer}" is no JSON pointer; begin it with "/"`);
  const tokens = pointer
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
  const first = tokens[0] ?? "";
  if (tokens.length === 1) return (document) => child(document, first);
  return (document) => tokens.reduce<unknown>(child, document);
}

function child(parent: unknown, token: string): unknown {
  if (typeof parent !== "object" || parent === null) return undefined;
  if (!Object.hasOwn(parent, token)) return undefined;
  if (Array.isArray(parent) && !/^(0|[1-9]\d*)$/.test(token)) return undefined;
  return (parent as Record<string, unknown>)[token];
}
