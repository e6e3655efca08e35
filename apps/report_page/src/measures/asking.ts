// How much of the scores is the way of asking, and every item with a search.
import { datum, fold, h, p, section, table } from "../dom";
import { count, counted, is_number, num, percent } from "../format";
import { baseline, type Figure, type ItemRow, type Measures } from "./data";
import { figure_of, shown, ways } from "./words";

function bar(figure: Figure, share: boolean): HTMLElement | null {
  if (!is_number(figure.value)) return null;
  const size = Math.min(1, Math.abs(figure.value)) * 100;
  return h("div", { class: "way-bar", "aria-hidden": "true" }, h("div", { class: "way-fill", style: `width:${size.toFixed(1)}%` }), h("span", {}, share ? percent(figure.value) : num(figure.value)));
}

export function asking_section(measures: Measures): HTMLElement {
  const arm = baseline(measures);
  const { asked, unanswered, reasons } = arm.robustness;
  return section(
    "asking",
    "How much of it is the way of asking",
    p(
      `Each item was asked in several wordings and every order of its options: ${count(measures.answers)} answers in all (${Object.entries(measures.how).map(([how, n]) => `${count(n)} by ${how}`).join(", ")}). The numbers here are of the arm ${arm.arm}.`,
    ),
    h(
      "dl",
      { class: "ways" },
      ways.map((way) => {
        const figure = figure_of(measures, way.key);
        if (!figure) return null;
        return h(
          "div",
          { class: "way" },
          h("dt", {}, way.name),
          h("dd", {}, bar(figure, way.share), h("p", {}, `${way.meaning}: `, h("strong", {}, shown(figure)))),
        );
      }),
    ),
    p(
      unanswered > 0
        ? `${count(unanswered)} of ${count(asked)} questions have no answer: ${Object.entries(reasons).map(([reason, n]) => `${reason} (${count(n)})`).join("; ")}.`
        : `All ${count(asked)} questions were answered.`,
    ),
    measures.judge
      ? fold(
          "How far the judge can be trusted",
          table<[string, Figure]>(
            "The judge's own reliability",
            [
              { head: "What", cell: ([name]) => name },
              { head: "Figure", numeric: true, cell: ([, figure]) => shown(figure) },
            ],
            Object.entries(measures.judge),
          ),
        )
      : null,
  );
}

type Key = "item" | "number" | "flip" | "spread" | "invalid";
const page_rows = 50;

function sort_value(row: ItemRow, key: Key, arm: string): string | number {
  if (key === "item") return row.item;
  const x = key === "number" ? row.number[arm] : row[key];
  return is_number(x) ? x : -Infinity;
}

export function items_section(measures: Measures): HTMLElement {
  const arm = baseline(measures).arm;
  let key: Key = "item";
  let down = false;
  let words = "";
  let most = page_rows;
  const body = h("tbody");
  const said = h("p", { class: "items-count", role: "status" });
  const more = h("button", { type: "button", class: "more" }, "Show more");
  const heads: [Key, string][] = [
    ["item", "Item"],
    ["number", arm],
    ["flip", "Turned by wording"],
    ["spread", "Spread"],
    ["invalid", "Outside the options"],
  ];
  const fill = (): void => {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = measures.rows.filter((row) => {
      const text = `${row.item} ${row.text}`.toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    found.sort((a, b) => {
      const [x, y] = [sort_value(a, key, arm), sort_value(b, key, arm)];
      return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
    });
    const cell = (x: number | null | undefined) => h("td", { class: "numeric" }, is_number(x) ? num(x) : "\u2013");
    body.replaceChildren(
      ...found.slice(0, most).map((row) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, datum(row.item), h("span", { class: "item-text" }, datum(row.text))),
          cell(row.number[arm]),
          cell(row.flip),
          cell(row.spread),
          cell(row.invalid),
        ),
      ),
    );
    more.hidden = found.length <= most;
    said.textContent = `${counted(found.length, "item")}${found.length > most ? `, the first ${most} shown` : ""}`;
  };
  const search = h("input", { type: "search", id: "items-search", autocomplete: "off", placeholder: "words of the item" });
  search.addEventListener("input", () => {
    words = search.value;
    most = page_rows;
    fill();
  });
  more.addEventListener("click", () => {
    most += 4 * page_rows;
    fill();
  });
  const header = heads.map(([name, label]) => {
    const button = h("button", { type: "button", class: "sort" }, label);
    const th = h("th", { scope: "col", "aria-sort": name === key ? "ascending" : "none" }, button);
    button.addEventListener("click", () => {
      down = key === name ? !down : name !== "item";
      key = name;
      for (const other of header) other.setAttribute("aria-sort", "none");
      th.setAttribute("aria-sort", down ? "descending" : "ascending");
      fill();
    });
    return th;
  });
  fill();
  return section(
    "items",
    "Item by item",
    p(
      measures.rows_left_out > 0 ? `The first ${count(measures.rows.length)} items; ${count(measures.rows_left_out)} more are in answers.jsonl. ` : "",
      "The number of an item is the probability of its first option, of the right one, or its place on the scale.",
    ),
    h("div", { class: "items-search" }, h("label", { for: "items-search" }, "Search"), search),
    said,
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Items" },
      h("table", { class: "items" }, h("caption", { class: "unseen" }, "Every item"), h("thead", {}, h("tr", {}, header)), body),
    ),
    more,
  );
}
