/** A field of the instrument: a title, its switches, its content. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { t } from "../i18n/text.ts";
import type { Failure } from "../state/answers.ts";

interface PanelProps {
  readonly title: string;
  /** Beside the title: what exactly is shown. */
  readonly note?: string;
  readonly tools?: ComponentChildren;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Panel({ title, note, tools, class: extra, children }: PanelProps) {
  const id = useId();
  return (
    <section class={`panel ${extra ?? ""}`} aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        {note && <p class="note">{note}</p>}
        {tools && <div class="tools">{tools}</div>}
      </header>
      <div class="panel-body">{children}</div>
    </section>
  );
}

/** What failed, in the server's own words. */
export function FailureNote({ failure }: { failure: Failure | undefined }) {
  if (!failure) return null;
  return (
    <p class="failure" role="alert">
      {failure.status === 0
        ? t("failure.unreachable")
        : t("failure.answer", { status: failure.status, detail: failure.detail })}
    </p>
  );
}

/** Said in place of content that is not there: still on its way, or none. */
export function Quiet({ children }: { children: ComponentChildren }) {
  return <p class="quiet">{children}</p>;
}
