import type { RunData } from "../data";
import { datum, h, p } from "../dom";
import { moment } from "../format";
import { type Figure, figures, lead, title } from "../summary";

function figure_item(figure: Figure): HTMLElement {
  return h(
    "div",
    { class: "figure" },
    h("dt", {}, figure.label),
    h(
      "dd",
      {},
      h("span", { class: "number" }, figure.number),
      " ",
      h("span", { class: "unit" }, figure.unit),
      figure.detail ? h("span", { class: "detail" }, figure.detail) : null,
      h("span", { class: "note" }, figure.note),
    ),
  );
}

export function title_block(data: RunData): HTMLElement {
  const { finding, meaning } = lead(data);
  const items = figures(data);
  return h(
    "header",
    { class: "title" },
    h("p", { class: "eyebrow" }, h("span", { class: "mark" }, "axia"), h("span", {}, moment(data.run.created))),
    h("h1", {}, datum(title(data))),
    data.run.note ? h("p", { class: "notice" }, datum(data.run.note)) : null,
    data.notices.length > 0
      ? h(
          "div",
          { class: "notice" },
          p(h("strong", {}, "Before you read on")),
          h("ul", {}, data.notices.map((notice) => h("li", {}, datum(notice)))),
        )
      : null,
    h("p", { class: "lead" }, finding),
    h("p", { class: "meaning" }, meaning),
    items.length > 0 ? h("dl", { class: "figures" }, items.map(figure_item)) : null,
    items.length > 0
      ? h("p", { class: "aside" }, "Ranges are 95\u202f% intervals. ", h("a", { href: "#words" }, "What the words mean"))
      : null,
  );
}
