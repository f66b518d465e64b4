/** One tooltip for everything that carries `data-tip`: by mouse, by keyboard focus, and by touch (which focuses). */

const MARGIN_PX = 8;

function place(tip: HTMLElement, target: Element): void {
  const box = target.getBoundingClientRect();
  const own = tip.getBoundingClientRect();
  const left = Math.min(
    Math.max(MARGIN_PX, box.left + box.width / 2 - own.width / 2),
    innerWidth - own.width - MARGIN_PX,
  );
  const above = box.top - own.height - 6;
  tip.style.left = `${left}px`;
  tip.style.top = `${above >= MARGIN_PX ? above : box.bottom + 6}px`;
}

/** Starts listening; once, for the whole page. */
export function startTips(): void {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.id = "tip";
  tip.role = "tooltip";
  tip.hidden = true;
  document.body.append(tip);
  let shownFor: Element | undefined;
  const hide = () => {
    tip.hidden = true;
    shownFor?.removeAttribute("aria-describedby");
    shownFor = undefined;
  };
  const show = (event: Event) => {
    const target = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
    const text = target?.getAttribute("data-tip");
    if (!target || !text) return hide();
    if (target === shownFor) return;
    hide();
    // A modal dialog is above everything else on the page: the tooltip has to be inside it.
    (target.closest("dialog") ?? document.body).append(tip);
    tip.textContent = text;
    tip.hidden = false;
    shownFor = target;
    target.setAttribute("aria-describedby", tip.id);
    place(tip, target);
  };
  addEventListener("pointerover", show);
  addEventListener("focusin", show);
  addEventListener("focusout", hide);
  addEventListener("scroll", hide, true);
  addEventListener("hashchange", hide);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
}
