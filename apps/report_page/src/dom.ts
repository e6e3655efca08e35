// Elements from data. Text goes in as text nodes only, so nothing in a run can become markup.

export type Child = Node | string | null | undefined | false | Child[];
type Attributes = Record<string, string | number | boolean | null | undefined>;

function append(parent: Element, children: Child[]): void {
  for (const child of children) {
    if (Array.isArray(child)) append(parent, child);
    else if (child !== null && child !== undefined && child !== false) parent.append(child);
  }
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  append(element, children);
  return element;
}

export function svg(tag: string, attributes: Attributes = {}, ...children: SVGElement[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/// A name or text from the run, kept apart from the sentence around it (direction, wrapping).
export function datum(text: string): HTMLElement {
  return h("bdi", { class: "datum" }, text);
}

export function code(text: string): HTMLElement {
  return h("code", { dir: "auto" }, text);
}

export interface Column<Row> {
  head: string;
  unit?: string;
  cell: (row: Row) => string | Node;
  numeric?: boolean;
  brief?: boolean; // a word such as yes
}

/// One row; the first column names it.
export function table_row<Row>(columns: readonly Column<Row>[], row: Row, attributes: Attributes = {}): HTMLTableRowElement {
  return h(
    "tr",
    attributes,
    columns.map((column, i) => {
      const cell = column.cell(row);
      const missing = cell === "not measured";
      const kind = [column.numeric && "numeric", column.brief && "brief", missing && "missing"].filter(Boolean).join(" ") || null;
      const content = missing
        ? [h("span", { "aria-hidden": "true" }, "\u2013"), h("span", { class: "unseen" }, "not measured")]
        : cell;
      return i === 0 ? h("th", { scope: "row", class: kind }, content) : h("td", { class: kind }, content);
    }),
  );
}

/// A table in a box that scrolls sideways by itself.
export function table<Row>(caption: string, columns: Column<Row>[], rows: readonly Row[]): HTMLElement {
  const head = columns.map((column) =>
    h(
      "th",
      { scope: "col", class: column.numeric ? "numeric" : column.brief ? "brief" : null },
      column.head,
      column.unit ? h("span", { class: "unit" }, column.unit) : null,
    ),
  );
  const body = rows.map((row) => table_row(columns, row));
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, head)),
      h("tbody", {}, body),
    ),
  );
}

export function fold(summary: string, ...children: Child[]): HTMLDetailsElement {
  return h("details", {}, h("summary", {}, summary), h("div", { class: "folded" }, children));
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

/// Text with a button that copies it. `what` names it for the button's label: "the SHA-256 of the model".
export function copyable(text: string, what: string): HTMLElement {
  const button = h("button", { type: "button", class: "copy", "aria-label": `Copy ${what}` }, "Copy");
  const said = h("span", { class: "unseen", role: "status" });
  button.addEventListener("click", () => {
    void copy(text).then(() => {
      button.textContent = "Copied";
      said.textContent = `Copied ${what}`;
      setTimeout(() => {
        button.textContent = "Copy";
        said.textContent = "";
      }, 1600);
    });
  });
  return h("span", { class: "copyable" }, code(text), button, said);
}

export function section(id: string, title: string, ...children: Child[]): HTMLElement {
  return h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), children);
}

export function absent(id: string, title: string, text: string): HTMLElement {
  return section(id, title, h("p", { class: "absent" }, text));
}

export function p(...children: Child[]): HTMLElement {
  return h("p", {}, children);
}
