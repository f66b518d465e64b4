import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/parts.css";
import "./styles/overview.css";
import "./styles/pages.css";
import "./styles/alerts.css";
import "./styles/limits.css";
import "./styles/sign-in.css";
import "./styles/print.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { startTips } from "./parts/tip.ts";
import { startRegistry } from "./state/county.ts";
import { startLive } from "./state/live.ts";
import { startMatters } from "./state/matters.ts";
import { startSession } from "./state/session.ts";

startSession(() => {
  startLive();
  startRegistry();
  startMatters();
});
startTips();
render(<App />, document.getElementById("app")!);
