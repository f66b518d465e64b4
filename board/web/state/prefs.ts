/** What the viewer chose and the browser keeps: language and theme. */
import { computed, effect, signal } from "@preact/signals";

export type Lang = "zh" | "en";
export type ThemeChoice = "auto" | "light" | "dark";

/** localStorage throws where the browser forbids it; the board works without. */
function recall(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Not kept: the next visit starts from the default again.
  }
}

const storedTheme = recall("theme");

/** Chinese unless English was chosen: the board is the county's. */
export const lang = signal<Lang>(recall("lang") === "en" ? "en" : "zh");
export const themeChoice = signal<ThemeChoice>(
  storedTheme === "light" || storedTheme === "dark" ? storedTheme : "auto",
);

const systemDark = matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(systemDark.matches);
systemDark.addEventListener("change", (event) => {
  systemIsDark.value = event.matches;
});

/** True when the dark colours are in use. */
export const dark = computed(() =>
  themeChoice.value === "auto" ? systemIsDark.value : themeChoice.value === "dark",
);

export function chooseLang(value: Lang): void {
  keep("lang", value);
  lang.value = value;
}

export function chooseTheme(value: ThemeChoice): void {
  keep("theme", value);
  themeChoice.value = value;
}

effect(() => {
  document.documentElement.dataset.theme = dark.value ? "dark" : "light";
});
effect(() => {
  document.documentElement.lang = lang.value === "zh" ? "zh-CN" : "en";
});
