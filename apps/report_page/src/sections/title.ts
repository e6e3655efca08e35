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

/// The top of a page: what it is about, what was found, and the key figures.
export function title_header(of: {
  created: string;
  title: string;
  note?: string | undefined;
  notices: readonly string[];
  lead: { finding: string; meaning: string };
  figures: readonly Figure[];
  level: string;
}): HTMLElement {
  return h(
    "header",
    { class: "title" },
    h("p", { class: "eyebrow" }, h("span", { class: "mark" }, "axia"), h("span", {}, moment(of.created))),
    h("h1", {}, datum(of.title)),
    of.note ? h("p", { class: "notice" }, datum(of.note)) : null,
    of.notices.length > 0
      ? h(
          "div",
          { class: "notice" },
          p(h("strong", {}, "Before you read on")),
          h("ul", {}, of.notices.map((notice) => h("li", {}, datum(notice)))),
        )
      : null,
    h("p", { class: "lead" }, of.lead.finding),
    h("p", { class: "meaning" }, of.lead.meaning),
    of.figures.length > 0
      ? [
          h("dl", { class: "figures" }, of.figures.map(figure_item)),
          h("p", { class: "aside" }, `Ranges are ${of.level} intervals. `, h("a", { href: "#words" }, "What the words mean")),
        ]
      : null,
  );
}

export function title_block(data: RunData): HTMLElement {
  const { created, note } = data.run;
  return title_header({ created, title: title(data), note, notices: data.notices, lead: lead(data), figures: figures(data), level: "95\u202f%" });
}
