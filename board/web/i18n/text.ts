/** The board's words, in the viewer's language. Both dictionaries have the same keys. */
import type { LocalText } from "../../../model/registry.ts";
import { type Lang, lang } from "../state/prefs.ts";
import en from "./en.json";
import zh from "./zh.json";

export type TextKey = keyof typeof zh & keyof typeof en;

const books: Record<Lang, Record<TextKey, string>> = { zh, en };

/** The text of `key` with its `{places}` filled. */
export function t(key: TextKey, places: Readonly<Record<string, string | number>> = {}): string {
  return books[lang.value][key].replace(/\{(\w+)\}/g, (whole, place: string) =>
    place in places ? String(places[place]) : whole,
  );
}

/** The text of a key made of a closed code, or the code itself where the list grew and the board did not. */
export function code(prefix: string, value: string): string {
  const book: Readonly<Record<string, string>> = books[lang.value];
  return book[`${prefix}.${value}`] ?? value;
}

/** A configured name in the viewer's language. */
export function named(text: LocalText): string {
  return text[lang.value];
}
