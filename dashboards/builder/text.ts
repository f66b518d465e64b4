/** Texts in both languages of the county: Chinese first, since its officers read it. */
import type { LocalText } from "../../model/registry.ts";

export const both = ({ zh, en }: LocalText): string => `${zh} ${en}`;

/** A panel's description: a paragraph of each. */
export const paragraphs = ({ zh, en }: LocalText): string => `${zh}\n\n${en}`;

export const text = (zh: string, en: string): LocalText => ({ zh, en });
