/** The frame around every page: whose board it is, where one is, and whether it is alive. */
import { useEffect } from "preact/hooks";
import { stampOf } from "./format/time.ts";
import { named, t } from "./i18n/text.ts";
import { AlertsPage } from "./pages/alerts/page.tsx";
import { LimitsPage } from "./pages/limits/page.tsx";
import { MatterPage } from "./pages/matter/page.tsx";
import { OverviewPage } from "./pages/overview/page.tsx";
import { QualityPage } from "./pages/quality/page.tsx";
import { SignInPage } from "./pages/sign-in/page.tsx";
import { SitePage } from "./pages/site/page.tsx";
import { SitesPage } from "./pages/sites/page.tsx";
import { SummaryPage } from "./pages/summary/page.tsx";
import { Header } from "./parts/header.tsx";
import { FailureNote, Quiet } from "./parts/panel.tsx";
import { calendar, registry, registryFailure } from "./state/county.ts";
import { liveState, serverNow } from "./state/live.ts";
import { openCount } from "./state/matters.ts";
import { href, route } from "./state/route.ts";
import { mustSignIn, session } from "./state/session.ts";

function Page() {
  const { page, id } = route.value;
  if (page === "overview") return <OverviewPage />;
  if (page === "sites") return <SitesPage />;
  if (page === "site" && id !== undefined) return <SitePage key={id} id={id} />;
  if (page === "limits") return <LimitsPage />;
  if (page === "alerts") return <AlertsPage />;
  if (page === "matter" && id !== undefined) return <MatterPage key={id} id={id} />;
  if (page === "summary") return <SummaryPage />;
  if (page === "quality") return <QualityPage />;
  return (
    <Quiet>
      {t("page.unknown")} <a href={href("overview")}>{t("nav.overview")}</a>
    </Quiet>
  );
}

function Footer() {
  const county = registry.value?.county;
  if (!county) return null;
  return (
    <footer class="footer">
      <span>{t("footer.zone", { zone: county.zone })}</span>
      <span>
        {t("footer.now", { at: stampOf(calendar.value.iso(Math.floor(serverNow.value / 1000) * 1000)) })}
      </span>
      {county.closedThrough && <span>{t("footer.closed", { date: county.closedThrough })}</span>}
      <span>{t("footer.outline")}</span>
      <a href="/api/v1/openapi.json">{t("footer.api")}</a>
    </footer>
  );
}

/** The way in, or the page asked for. */
function Content() {
  if (mustSignIn()) return <SignInPage />;
  if (registry.value?.county) return <Page />;
  return (
    <>
      <Quiet>{t(session.value ? "loading" : "live.connecting")}</Quiet>
      <FailureNote failure={registryFailure.value} />
    </>
  );
}

/** Pages wait for the registry: without it there are no names, no units and no calendar. */
export function App() {
  const county = registry.value?.county;
  const open = mustSignIn() || openCount.value === 0 ? "" : `(${openCount.value}) `;
  const title = county ? `${open}${named(county.name)} · ${t("title")}` : t("title");
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <div class="frame" data-live={liveState.value}>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        {t("skip")}
      </button>
      <Header title={county && !mustSignIn() ? named(county.name) : ""} />
      <main id="main" tabIndex={-1}>
        <Content />
      </main>
      {!mustSignIn() && <Footer />}
    </div>
  );
}
