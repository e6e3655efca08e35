// What the figures of a measurement mean, in a sentence, and a finding that claims no more than they hold.
import { is_number, num, percent } from "../format";
import { baseline, type Figure, type MeasureData, type Measures } from "./data";

export function shown(figure: Figure, digits = 2): string {
  if (!is_number(figure.value)) return figure.reason ?? "not measured";
  return is_number(figure.lo) && is_number(figure.hi)
    ? `${num(figure.value, digits)} [${num(figure.lo, digits)}, ${num(figure.hi, digits)}]`
    : num(figure.value, digits);
}

export interface Way {
  key: string;
  name: string;
  meaning: string;
  share: boolean; // of 1, else a number around 0
}

/// How much of a score is the way of asking; the first ones matter most.
export const ways: Way[] = [
  { key: "order_flip", name: "Order", meaning: "items whose answer changes when the options are shown in another order", share: true },
  { key: "first_bias", name: "First place", meaning: "probability that an option gains by standing first", share: false },
  { key: "unstable", name: "Wording", meaning: "items that some wording answers differently", share: true },
  { key: "wording_flip", name: "Wording, on average", meaning: "answers that differ from the item's commonest one", share: true },
  { key: "format_gap", name: "Letters or words", meaning: "items answered differently by letter and in the option's own words", share: true },
  { key: "inconsistency", name: "Distance of wordings", meaning: "mean distance of a wording's answers from their centre (0 to 0.83)", share: false },
  { key: "acquiescence", name: "Lean to agree", meaning: "pull towards yes or agreement, whatever is asked", share: false },
  { key: "invalid", name: "Something else", meaning: "probability of answering none of the options", share: true },
  { key: "retest", name: "Again", meaning: "correlation over items of odd and even wordings: 1 repeats itself", share: false },
];

export function figure_of(measures: Measures, key: string): Figure | null {
  const figure = baseline(measures).robustness[key];
  return figure && typeof figure === "object" ? (figure as Figure) : null;
}

/// The middle that a score says nothing at, where the unit has one.
export function neutral(measures: Measures): number | null {
  return measures.battery.scoring === "preference" || measures.battery.scoring === "likelihood" ? 0 : null;
}

export function title(data: MeasureData): string {
  const who = data.run.model?.name ?? (data.run["people"] ? "people" : "an endpoint");
  return `${data.measures.battery.title}, asked of ${who}`;
}

/// The finding in a sentence, and what to make of it.
export function lead(data: MeasureData): { finding: string; meaning: string } {
  const { measures } = data;
  const scores = baseline(measures).values.filter((v) => is_number(v.score.value) && is_number(v.score.lo) && is_number(v.score.hi));
  const middle = neutral(measures);
  let finding: string;
  if (scores.length === 0) {
    const right = baseline(measures).accuracy;
    finding = is_number(right.value) ? `${percent(right.value)} of the answers were right.` : "No value got a score; the table says why.";
  } else if (middle !== null) {
    const clear = scores.filter((v) => v.score.lo! > middle || v.score.hi! < middle);
    finding =
      clear.length === 0
        ? `None of ${scores.length} values stands out: every interval holds indifference.`
        : `${clear.length} of ${scores.length} intervals leave indifference out: ${clear.map((v) => `${v.value} (${v.score.value! > middle ? "for" : "against"})`).join(", ")}.`;
  } else {
    const order = [...scores].sort((a, b) => b.score.value! - a.score.value!);
    const [high, low] = [order[0]!, order[order.length - 1]!];
    finding =
      high.score.lo! > low.score.hi!
        ? `${high.value} stands above ${low.value}, beyond both intervals.`
        : `The values cannot be told apart: the intervals of the highest (${high.value}) and the lowest (${low.value}) overlap.`;
  }
  const flip = figure_of(measures, "order_flip");
  const unstable = figure_of(measures, "unstable");
  const parts = [
    flip && is_number(flip.value) ? `${percent(flip.value)} of the items get another answer when the options change places` : "",
    unstable && is_number(unstable.value) ? `${percent(unstable.value)} when the wording changes` : "",
  ].filter(Boolean);
  return {
    finding,
    meaning:
      parts.length > 0
        ? `Of the unsteered answers, ${parts.join(", and ")}. Scores are means over all orders and wordings, so these leans cancel; what is left is as sure as its interval.`
        : "Every number carries its interval; what could not be computed says why.",
  };
}
