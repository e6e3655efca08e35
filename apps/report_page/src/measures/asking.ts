// How much of the scores is the way of asking.
import { type Child, datum, fold, h, p, section, table } from "../dom";
import { count } from "../format";
import { baseline, type Figure, type Measures } from "./data";
import { bar_places, end_words, unanswered_sentence, type Way, way_groups, way_sentence } from "./ways";
import { figure_of, listed, shown } from "./words";
import { unsteady_table } from "./worths";

function bar(way: Way, figure: Figure): HTMLElement | null {
  const places = bar_places(way, figure);
  if (!places) return null;
  const { zero, value, lo, hi } = places;
  const part = (name: string, from: number, to: number): HTMLElement =>
    h("div", { class: name, style: `left:${Math.min(from, to).toFixed(2)}%;width:${Math.abs(to - from).toFixed(2)}%` });
  const [low, high] = end_words(way, figure);
  return h(
    "div",
    { class: "way-bar", "aria-hidden": "true" },
    h("span", { class: "way-end" }, low),
    h("div", { class: "way-track" }, part("way-fill", zero, value), part("way-interval", lo, hi), h("div", { class: "way-zero", style: `left:${zero.toFixed(2)}%` })),
    h("span", { class: "way-end" }, high),
  );
}

function group(measures: Measures, name: string, ways: readonly Way[], after: Child): HTMLElement {
  const arm = baseline(measures);
  return h(
    "div",
    { class: "way-group" },
    h("h3", {}, name),
    h(
      "dl",
      { class: "ways" },
      ways.map((way) => {
        const figure = figure_of(arm, way.key);
        const places = bar_places(way, figure);
        return h("div", { class: places ? "way" : "way unknown", id: `way-${way.key}` }, h("dt", {}, way.name), h("dd", {}, bar(way, figure), h("p", {}, way_sentence(way, figure))));
      }),
    ),
    after,
  );
}

const how_words: Record<string, string> = {
  logprob: "log-probabilities of whole options",
  samples: "shares of sampled answers",
  text: "open answers",
  person: "people's answers",
};

const spread_words: Record<string, string> = { mean: "to the mean of the answers", pairwise: "between two answers, over all pairs" };

/// How distances are measured, where not to the centre as the sentences say.
function spread_sentence(measures: Measures): string {
  const way = spread_words[measures.spread ?? ""];
  return way ? ` Distances of wordings, paraphrases, topics and languages are measured ${way}.` : "";
}

export function asking_section(measures: Measures): HTMLElement {
  const arm = baseline(measures);
  const how = Object.entries(measures.how).map(([key, n]) => `${how_words[key] ?? key} (${count(n)})`);
  const all = way_groups.flatMap(({ ways }) => ways);
  return section(
    "asking",
    "How much of it is the way of asking",
    p(
      `A score that changes with the order of the options, the wording or the format says less about values. These numbers are of the arm ${arm.arm}; bars begin at 0, and the thin line is the interval. They rest on ${listed(how)}.${measures.how["samples"] ? " Where an endpoint gives no log-probabilities, answers were drawn: their shares are coarse." : ""}${spread_sentence(measures)}`,
    ),
    way_groups.map(({ name, ways }) => group(measures, name, ways, name === "Refusals" ? p(unanswered_sentence(measures, measures.arms.indexOf(arm))) : null)),
    unsteady_table(measures),
    measures.judge && Object.keys(measures.judge).length > 0
      ? [
          h("h3", {}, "The judge"),
          p("Open answers were rated by a model. How far it can be trusted is measured too:"),
          table<[string, Figure]>(
            "The judge's own reliability",
            [
              { head: "What", cell: ([what]) => what },
              { head: "Figure", numeric: true, cell: ([, figure]) => shown(figure) },
            ],
            Object.entries(measures.judge),
          ),
        ]
      : null,
    fold(
      "The same as a table, for every arm",
      table<Way>(
        "How much of the scores is the way of asking",
        [
          { head: "What", cell: (way) => way.name },
          ...measures.arms.map((one) => ({ head: one.arm, numeric: true, cell: (way: Way) => shown(figure_of(one, way.key), 3) })),
        ],
        all,
      ),
      table(
        "Questions without an answer",
        [
          { head: "Arm", cell: (one) => datum(one.arm) },
          { head: "Asked", numeric: true, cell: (one) => count(one.robustness.asked) },
          { head: "Unanswered", numeric: true, cell: (one) => count(one.robustness.unanswered) },
          { head: "Why", cell: (one) => Object.entries(one.robustness.reasons).map(([reason, n]) => `${reason} ${count(n)}`).join(", ") || "all answered" },
        ],
        measures.arms,
      ),
    ),
  );
}
