/** A chart's tooltip as elements: names come from the configuration and are never read as HTML. */

export interface TipRow {
  readonly label: string;
  readonly value: string;
  readonly colour?: string;
}

export interface TipText {
  readonly title: string;
  readonly rows: readonly TipRow[];
  readonly notes?: readonly string[];
}

function element(tag: string, name: string, text?: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = name;
  if (text !== undefined) made.textContent = text;
  return made;
}

function rowOf(row: TipRow): HTMLElement {
  const line = element("div", "tip-row");
  const swatch = element("i", "tip-swatch");
  if (row.colour) swatch.style.background = row.colour;
  line.append(swatch, element("span", "tip-label", row.label), element("b", "tip-value", row.value));
  return line;
}

/** The element ECharts shows as its tooltip. */
export function tipElement(text: TipText): HTMLElement {
  const box = element("div", "chart-tip");
  box.append(element("div", "tip-title", text.title), ...text.rows.map(rowOf));
  for (const note of text.notes ?? []) box.append(element("div", "tip-note", note));
  return box;
}
