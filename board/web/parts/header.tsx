/** The bar on top of every page. */
import { useState } from "preact/hooks";
import { ageOf, clockOf } from "../format/time.ts";
import { code, t } from "../i18n/text.ts";
import { calendar } from "../state/county.ts";
import { eventAge, liveState, serverNow } from "../state/live.ts";
import { chooseLang, chooseTheme, lang, themeChoice } from "../state/prefs.ts";
import { href, route } from "../state/route.ts";
import { mustSignIn, session, signOut } from "../state/session.ts";

/** An age in words, `3 秒前`. */
export function ageText(ms: number): string {
  const age = ageOf(ms);
  return t(`age.${age.unit}`, { n: age.count });
}

function LiveMark() {
  const state = liveState.value;
  const age = eventAge.value;
  const word = code("live", state);
  return (
    <div class={`live live-${state}`} data-tip={code("live.tip", state)}>
      <i class="pulse" aria-hidden="true" />
      <span class="hidden" role="status">
        {word}
      </span>
      <span aria-hidden="true">
        {word}
        {age !== undefined && <span class="age">{ageText(age)}</span>}
      </span>
    </div>
  );
}

function ThemeButton() {
  const next = { auto: "light", light: "dark", dark: "auto" } as const;
  const value = themeChoice.value;
  return (
    <button
      type="button"
      class="plain"
      aria-label={`${t("theme")}${t("colon")}${code("theme", value)}`}
      data-tip={`${t("theme")}${t("colon")}${code("theme", value)}`}
      onClick={() => chooseTheme(next[value])}
    >
      <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.5" />
        {value !== "light" && (
          <path
            d={value === "dark" ? "M8 2A6 6 0 0 1 8 14A6 6 0 0 1 8 2" : "M8 2A6 6 0 0 1 8 14Z"}
            fill="currentColor"
          />
        )}
      </svg>
    </button>
  );
}

/** Who is signed in, and the way out; nothing where nobody has to be. */
function Who() {
  const [failed, setFailed] = useState(false);
  const { user, role, by } = session.value ?? {};
  if (user === undefined || role === undefined || by !== "session") return null;
  const leave = async () => setFailed(!(await signOut()));
  return (
    <div class="who">
      <b title={user}>{user}</b>
      <span class="soft">{code("who", role)}</span>
      <button type="button" class="plain" onClick={() => void leave()}>
        {t("sign-out")}
      </button>
      {failed && (
        <span class="failure" role="alert">
          {t("failure.unreachable")}
        </span>
      )}
    </div>
  );
}

function Nav() {
  const at = route.value.page;
  const pages = ["overview", "sites", "quality"] as const;
  return (
    <nav aria-label={t("nav")}>
      {pages.map((page) => (
        <a
          key={page}
          href={href(page)}
          {...(at === page || (at === "site" && page === "sites") ? { "aria-current": "page" as const } : {})}
        >
          {t(`nav.${page}`)}
        </a>
      ))}
    </nav>
  );
}

/** The header, and under it a bar that cannot be overlooked while the stream is down. */
export function Header({ title }: { title: string }) {
  const age = eventAge.value;
  return (
    <header class="header">
      <div class="brand">
        <b>{title}</b>
        <span>{t("title")}</span>
      </div>
      {!mustSignIn() && <Nav />}
      <div class="header-end">
        {!mustSignIn() && <LiveMark />}
        <Who />
        <button
          type="button"
          class="plain"
          lang={lang.value === "zh" ? "en" : "zh-CN"}
          onClick={() => chooseLang(lang.value === "zh" ? "en" : "zh")}
        >
          {t("lang.other")}
        </button>
        <ThemeButton />
      </div>
      {!mustSignIn() && liveState.value === "lost" && age !== undefined && (
        <p class="lost" role="alert">
          {t("live.lost.banner", { at: clockOf(calendar.value.iso(serverNow.value - age)) })}
        </p>
      )}
    </header>
  );
}
