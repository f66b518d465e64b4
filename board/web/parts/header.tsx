/** The bar on top of every page. */
import { useState } from "preact/hooks";
import type { Page } from "../format/hash.ts";
import { coloursByWeight } from "../format/matters.ts";
import { clockOf } from "../format/time.ts";
import { code, t } from "../i18n/text.ts";
import { calendar } from "../state/county.ts";
import { eventAge, liveState, serverNow } from "../state/live.ts";
import { matterCounts, openCount } from "../state/matters.ts";
import { chooseLang, chooseTheme, lang, themeChoice } from "../state/prefs.ts";
import { href, route } from "../state/route.ts";
import { mustSignIn, session, signOut } from "../state/session.ts";
import { ageText } from "./ages.ts";

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

/** How many matters are open, in the colour of the worst; a dot where one is overdue. */
function Badge() {
  const counts = matterCounts.value;
  const open = openCount.value;
  const worst = counts && coloursByWeight.find((colour) => counts.open[colour] > 0);
  if (!counts || !worst) return null;
  const words = t("badge", { n: open, worst: code("colour", worst), overdue: counts.overdue });
  return (
    <span class={`badge level-${worst}`} data-tip={words}>
      <span aria-hidden="true">
        {open}
        {counts.overdue > 0 && <i class="badge-overdue" />}
      </span>
      <span class="hidden">{words}</span>
    </span>
  );
}

/** Said to those who cannot see the badge, when there are more or fewer. */
function BadgeVoice() {
  const counts = matterCounts.value;
  return (
    <span class="hidden" role="status">
      {counts ? t("badge.said", { n: openCount.value, red: counts.open.red }) : ""}
    </span>
  );
}

/** Pages that belong under another's entry. */
const under: Partial<Record<Page, Page>> = { site: "sites", matter: "alerts", summary: "alerts" };

function Nav() {
  const at = route.value.page;
  const pages = ["overview", "sites", "limits", "alerts", "quality"] as const;
  return (
    <nav aria-label={t("nav")}>
      {pages.map((page) => (
        <a
          key={page}
          href={href(page)}
          {...((under[at] ?? at) === page ? { "aria-current": "page" as const } : {})}
        >
          {t(`nav.${page}`)}
          {page === "alerts" && <Badge />}
        </a>
      ))}
      <BadgeVoice />
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
