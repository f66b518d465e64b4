/** Equal texts of one large value, kept once. */

/**
 * Makes equal texts inside `value` the same text, and returns `value`. What was read from files or cloned for
 * another thread has a copy of every word for each of its 100,000 meters.
 * @param value plain objects and arrays; they are written into
 */
export function shareTexts<Value extends object>(value: Value): Value {
  const texts = new Map<string, string>();
  const seen = new Set<object>();
  const share = (text: string): string => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, text);
    return text;
  };
  const walk = (holder: Record<string | number, unknown>): void => {
    if (seen.has(holder)) return;
    seen.add(holder);
    for (const key in holder) {
      const member = holder[key];
      if (typeof member === "string") holder[key] = share(member);
      else if (typeof member === "object" && member !== null) walk(member as typeof holder);
    }
  };
  walk(value as Record<string | number, unknown>);
  return value;
}
