/** A panel that slides in from the side: focus stays inside, Escape and the veil close it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/text.ts";

interface DrawerProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Drawer({ title, onClose, children }: DrawerProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the dialog's own key, this click is on its veil.
    <dialog
      ref={dialog}
      class="drawer"
      aria-label={title}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="drawer-inner">
        <header class="panel-head">
          <h2>{title}</h2>
          <div class="tools">
            <button type="button" class="plain" onClick={() => dialog.current?.close()}>
              {t("close")}
            </button>
          </div>
        </header>
        <div class="drawer-body">{children}</div>
      </div>
    </dialog>
  );
}
