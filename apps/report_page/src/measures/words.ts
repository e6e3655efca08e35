// What the figures of a measurement say, in sentences that claim no more than they hold.
import { capital, count, counted, is_number, num, percent, percent_range, range, signed } from "../format";
import type { Figure as KeyFigure } from "../summary";
import {
  type ArmMeasures,
  baseline,
  type DoseCurve,
  excludes,
  type Figure,
  is_known,
  type Known,
  type MeasureData,
  type Measures,
  type Rank,
} from "./data";

/// In tables: "0.52 [0.43, 0.60]", or why there is none.
export function shown(figure: Figure | null | undefined, digits = 2): string {
  if (!is_known(figure)) return figure?.reason ?? "not measured";
  return is_number(figure.lo) && is_number(figure.hi)
    ? `${num(figure.value, digits)} [${num(figure.lo, digits)}, ${num(figure.hi, digits)}]`
    : num(figure.value, digits);
}

function ci(figure: Figure): [number, number] | null {
  return is_number(figure.lo) && is_number(figure.hi) ? [figure.lo, figure.hi] : null;
}

/// In sentences: "+0.15 (0.13 to 0.17)".
export function told(figure: Known, digits = 2): string {
  const interval = ci(figure);
  return signed(figure.value, digits) + (interval ? ` (${range(interval, digits)})` : "");
}

/// "52 % (43 to 60 %)".
export function told_share(figure: Known): string {
  const interval = ci(figure);
  return percent(figure.value) + (interval ? ` (${percent_range(interval)})` : "");
}

export function p_text(p: number | null | undefined): string {
  return is_number(p) && p < 0.001 ? "below 0.001" : num(p, 3);
}

/// "a, b and c", of many the first `most`.
export function listed(names: readonly string[], most = 6): string {
  const rest = names.length - most;
  const parts = rest > 0 ? [...names.slice(0, most), `${count(rest)} more`] : names;
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts[parts.length - 1]}`;
}

export function figure_of(arm: ArmMeasures, key: string): Figure {
  const figure = arm.robustness[key];
  return typeof figure === "object" ? (figure as Figure) : {};
}

/// The middle that says nothing, where the unit has one.
export function neutral(measures: Measures): number | null {
  return ["preference", "likelihood"].includes(measures.battery.scoring) ? 0 : null;
}

export function who(data: MeasureData): string {
  const { run } = data;
  return run.model?.name ?? run.endpoint?.model ?? (run.people ? counted(run.people.respondents, "person", "people") : "a subject without a name");
}

export function title(data: MeasureData): string {
  const { battery } = data.measures;
  return `${battery.title || battery.name}, asked of ${who(data)}`;
}

interface Scored {
  value: string;
  score: Known;
}

function scored(arm: ArmMeasures): Scored[] {
  return arm.values.flatMap(({ value, score }) => (is_known(score) ? [{ value, score }] : []));
}

function by_score(arm: ArmMeasures): Scored[] {
  return scored(arm).sort((a, b) => b.score.value - a.score.value);
}

function against_middle(scores: readonly Scored[], middle: number): string {
  const clear = scores.filter((one) => excludes(one.score, middle));
  if (clear.length === 0) {
    return scores.length === 1
      ? `${scores[0]!.value} does not stand out: its interval holds indifference.`
      : `None of the ${scores.length} values stands out: every interval holds indifference.`;
  }
  const named = (side: Scored[]): string => listed(side.map((one) => one.value));
  const liked = clear.filter((one) => one.score.value > middle);
  const disliked = clear.filter((one) => one.score.value < middle);
  const parts = [liked.length > 0 ? `to ${named(liked)}` : "", disliked.length > 0 ? `away from ${named(disliked)}` : ""];
  const rest = scores.length - clear.length;
  return `The answers lean ${parts.filter(Boolean).join(" and ")}, beyond ${clear.length === 1 ? "its interval" : "their intervals"}${rest > 0 ? `; ${counted(rest, "other value")} cannot be told from indifference` : ""}.`;
}

function against_another(scores: readonly Scored[]): string {
  const high = scores[0]!;
  const low = scores[scores.length - 1]!;
  if (scores.length === 1) return `Only ${high.value} got a score: ${shown(high.score)}.`;
  return (high.score.lo ?? -Infinity) > (low.score.hi ?? Infinity)
    ? `${high.value} stands above ${low.value}, beyond both intervals.`
    : `The ${scores.length} values do not differ beyond their intervals: even those of the highest (${high.value}) and the lowest (${low.value}) overlap.`;
}

function right_answers(measures: Measures): { share: Known; what: string } | null {
  const { exact_match, accuracy } = baseline(measures);
  if (measures.battery.scoring === "exact_match" && is_known(exact_match)) return { share: exact_match, what: "groups were answered right throughout" };
  return is_known(accuracy) ? { share: accuracy, what: "items were answered right" } : null;
}

function against_chance(measures: Measures): string | null {
  const right = right_answers(measures);
  if (!right) return null;
  const said = `${told_share(right.share)} of the ${right.what}`;
  if (!is_number(measures.chance)) return `${said}.`;
  const guess = percent(measures.chance);
  return excludes(right.share, measures.chance)
    ? `${said}, ${right.share.value > measures.chance ? "more" : "fewer"} than the ${guess} of guessing.`
    : `${said}, which cannot be told from guessing (${guess}).`;
}

/// The finding in one sentence.
export function finding(measures: Measures): string {
  return capital(said_of(measures));
}

function said_of(measures: Measures): string {
  const arm = baseline(measures);
  const scores = by_score(arm);
  if (scores.length === 0) {
    return (
      against_chance(measures) ??
      (arm.values.length > 0 ? "No value could be scored; why stands beside each." : "This battery scores no values; its items stand below, one by one.")
    );
  }
  const middle = neutral(measures);
  return middle === null ? against_another(scores) : against_middle(scores, middle);
}

/// What was asked, how often, and how far to trust it.
export function meaning(data: MeasureData): string {
  const { measures } = data;
  const arms = measures.arms.length;
  const under = arms > 1 ? ` under ${arms} arms` : "";
  const parts = [`${counted(measures.items, "item")}, ${counted(measures.answers, "answer")}${under}.`];
  const arm = baseline(measures);
  const scores = scored(arm);
  if (scores.length > 0 && scores.length < arm.values.length) {
    parts.push(`${counted(arm.values.length - scores.length, "more value")} could not be scored; the table says why.`);
  }
  if (neutral(measures) !== null && scores.length > 2) {
    parts.push(`Of ${scores.length} intervals at ${percent(measures.level)}, about ${num(scores.length * (1 - measures.level), 1)} would miss the truth by chance alone.`);
  }
  const flip = figure_of(arm, "order_flip");
  if (is_known(flip) && flip.value >= 0.3) {
    parts.push(`On ${percent(flip.value)} of the items the order of the options decides the answer, so single answers mean little here; scores average over all orders.`);
  }
  return parts.join(" ");
}

function note_of_rank(measures: Measures, top: Scored): string {
  const rest = scored(baseline(measures)).filter((one) => one.value !== top.value);
  const over = rest.filter((one) => is_number(top.score.lo) && is_number(one.score.hi) && top.score.lo <= one.score.hi);
  if (rest.length === 0) return "The only value with a score.";
  return over.length === 0 ? "Above every other value's interval." : `Its interval overlaps ${over.length === rest.length ? "" : `${count(over.length)} of `}the ${counted(rest.length, "other interval")}.`;
}

/// The key figures of the title block, in reading order.
export function key_figures(data: MeasureData): KeyFigure[] {
  const { measures } = data;
  const arm = baseline(measures);
  const found: KeyFigure[] = [];
  const top = by_score(arm)[0];
  if (top) {
    found.push({
      label: `Highest: ${top.value}`,
      number: neutral(measures) === null ? num(top.score.value) : signed(top.score.value),
      unit: measures.unit.split(",")[0]!,
      detail: ci(top.score) ? range(ci(top.score)) : "",
      note: note_of_rank(measures, top),
    });
  }
  const right = right_answers(measures);
  if (right) {
    found.push({
      label: "Right answers",
      number: percent(right.share.value),
      unit: right.what.startsWith("groups") ? "of groups" : "of items",
      detail: ci(right.share) ? percent_range(ci(right.share)) : "",
      note: is_number(measures.chance) ? `Guessing gives ${percent(measures.chance)}.` : "",
    });
  }
  const share = (key: string, label: string, note: string): void => {
    const figure = figure_of(arm, key);
    if (!is_known(figure)) return;
    found.push({ label, number: percent(figure.value), unit: key === "invalid" ? "of the probability" : "of items", detail: ci(figure) ? percent_range(ci(figure)) : "", note });
  };
  share("order_flip", "Turned by order", "Another answer when the options change places.");
  share("unstable", "Turned by wording", "Answered differently by some wording.");
  if (measures.battery.scoring !== "judged") share("invalid", "Outside the options", "Kept apart, never folded into the scores.");
  for (const { steered, curve, point } of top_doses(measures)) {
    if (!is_known(point.shift)) continue;
    found.push({
      label: `Steered to ${steered} ${point.target}`,
      number: signed(point.shift.value),
      unit: `on ${curve.value}`,
      detail: ci(point.shift) ? range(ci(point.shift)) : "",
      note: excludes(point.shift, 0) ? "Excludes zero." : "Includes zero: no effect is certain on these items.",
    });
  }
  return found.slice(0, 6);
}

/// Of each swept value its own curve and its highest target.
export function top_doses(measures: Measures): { steered: string; curve: DoseCurve; point: DoseCurve["points"][number] }[] {
  return measures.doses.flatMap((curve) => {
    const point = curve.points[curve.points.length - 1];
    return curve.role === "steered" && point ? [{ steered: curve.steered, curve, point }] : [];
  });
}

/// How far a sweep did what it should, in sentences.
export function dose_sentence(steered: string, curves: readonly DoseCurve[]): string {
  const last = (curve: DoseCurve): Figure => curve.points[curve.points.length - 1]?.shift ?? {};
  const own = curves.find((curve) => curve.role === "steered");
  const parts: string[] = [];
  if (own) {
    const { target } = own.points[own.points.length - 1] ?? { target: 0 };
    const shift = last(own);
    parts.push(
      !is_known(shift)
        ? `What the highest target (${target}) does to ${steered} could not be measured: ${shift.reason ?? "no answers"}.`
        : `At the highest target (${target}) ${steered} moves ${told(shift, 3)}: ${excludes(shift, 0) ? `the interval excludes zero${shift.value < 0 ? ", on the wrong side" : ""}` : "the interval includes zero, so no effect is certain on these items"}.`,
    );
  }
  const others = curves.filter((curve) => ["neighbour", "opposite", "other"].includes(curve.role));
  const moved = others.filter((curve) => excludes(last(curve), 0));
  if (others.length > 0) {
    parts.push(
      moved.length === 0
        ? `None of the ${others.length} other values moves beyond its interval.`
        : `${moved.length} of the ${others.length} other values ${moved.length === 1 ? "moves beyond its interval" : "move beyond their intervals"}: ${listed(moved.map((curve) => `${curve.value} ${signed(last(curve).value)}`))}. Among so many, one may by chance; p with Holm's correction stands further down.`,
    );
  }
  return parts.join(" ");
}

export function ranking_sentence(ranking: readonly Rank[]): string {
  const pairs = ranking.slice(0, -1).filter((rank) => is_number(rank.above_next));
  const sure = pairs.filter((rank) => rank.above_next! >= 0.95);
  if (pairs.length === 0) return "";
  if (pairs.length === 1 && sure.length === 0) return "The order of the two is not sure in 95 of 100 resamples: it is a guess.";
  if (sure.length === 0) return `None of the ${counted(pairs.length, "neighbouring pair")} is sure in 95 of 100 resamples: the order is a guess.`;
  const named = sure.map((rank) => `${rank.value} above ${ranking[ranking.indexOf(rank) + 1]!.value}`);
  return `${sure.length} of the ${counted(pairs.length, "neighbouring pair")} ${sure.length === 1 ? "is" : "are"} sure in at least 95 of 100 resamples: ${listed(named)}.`;
}

export function difference_sentence(measures: Measures): string {
  const tested = measures.differences.filter((one) => is_number(one.p_holm));
  const level = 1 - measures.level;
  const sure = tested.filter((one) => one.p_holm! < level);
  if (tested.length === 0) return "None of them could be tested.";
  return sure.length === 0
    ? `After Holm's correction over all ${count(tested.length)} tests, no shift is significant at ${percent(level)}.`
    : `After Holm's correction over all ${count(tested.length)} tests, ${counted(sure.length, "shift is", "shifts are")} significant at ${percent(level)}: ${listed(sure.map((one) => `${one.value} under ${one.arm} (${signed(one.shift.value)})`))}.`;
}

/// What an item's number is.
export function number_words(measures: Measures): string {
  const words: Record<string, string> = {
    preference: "the probability of its first option",
    accuracy: "the probability of the right answer",
    exact_match: "the probability of the right answer",
    likelihood: "the log-probability per token of its first option minus that of the others",
    mean: "its place on the scale",
    judged: "the judge's rating",
  };
  return words[measures.battery.scoring] ?? "its score";
}
