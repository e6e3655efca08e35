// A table that is sorted by its headings, searched, and grows as it is scrolled: thousands of rows at no cost.
import { type Column, h, table_row } from "../dom";
import { count, counted } from "../format";

export interface SheetColumn<Row> extends Column<Row> {
  key: (row: Row) => string | number | null; // sorted by; null stands last, whichever way
}

export interface Order {
  column: number;
  down: boolean;
}

/// The rows that hold every word of `query`, in order. Ties keep the order of `rows`.
export function arrange<Row>(
  rows: readonly Row[],
  columns: readonly SheetColumn<Row>[],
  order: Order | null,
  query: string,
  text: (row: Row) => string,
): Row[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = words.length === 0 ? [...rows] : rows.filter((row) => words.every((word) => text(row).includes(word)));
  if (!order) return found;
  const { key } = columns[order.column]!;
  const way = order.down ? -1 : 1;
  return found.sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return x === y ? 0 : (x < y ? -1 : 1) * way;
  });
}

const page_rows = 100;

export function sheet<Row>(options: {
  id: string;
  caption: string;
  one: string; // what a row is: "item"
  columns: readonly SheetColumn<Row>[];
  rows: readonly Row[];
  text: (row: Row) => string; // searched, in lower case
}): HTMLElement {
  const { id, caption, columns, rows } = options;
  let order: Order | null = null;
  let found: Row[] = [];
  let shown = 0;
  const body = h("tbody");
  const said = h("p", { class: "sheet-count", role: "status" });
  const more = h("div", { class: "sheet-end", "aria-hidden": "true" });
  const search = h("input", { type: "search", id: `${id}-search`, autocomplete: "off" });

  const grow = (): void => {
    const next = found.slice(shown, shown + page_rows);
    body.append(...next.map((row, i) => table_row(columns, row, { "aria-rowindex": shown + i + 2 })));
    shown += next.length;
  };
  const fill = (): void => {
    found = arrange(rows, columns, order, search.value, options.text);
    shown = 0;
    body.replaceChildren();
    grow();
    table.setAttribute("aria-rowcount", String(found.length + 1));
    said.textContent = found.length === rows.length ? counted(rows.length, options.one) : `${count(found.length)} of ${counted(rows.length, options.one)}`;
    box.scrollTop = 0;
  };

  const heads = columns.map((column, i) => {
    const button = h("button", { type: "button", class: "sort" }, column.head);
    const head = h(
      "th",
      { scope: "col", class: column.numeric ? "numeric" : null, "aria-sort": "none" },
      button,
      column.unit ? h("span", { class: "unit" }, column.unit) : null,
    );
    button.addEventListener("click", () => {
      order = { column: i, down: order?.column === i ? !order.down : column.numeric === true };
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      fill();
    });
    return head;
  });
  const table = h("table", {}, h("caption", { class: "unseen" }, caption), h("thead", {}, h("tr", { "aria-rowindex": 1 }, heads)), body);
  const box = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, table, more);
  search.addEventListener("input", fill);
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && shown < found.length && grow(), {
    root: box,
    rootMargin: "600px",
  }).observe(more);
  fill();
  return h("div", { class: "sheet", id }, h("div", { class: "sheet-search" }, h("label", { for: `${id}-search` }, `Search ${options.one}s`), search, said), box);
}
