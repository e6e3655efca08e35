// What the result of a method says, in sentences that claim no more than it holds.
import { capital, count, counted, num, percent, range, short } from "../format";
import { excludes, type Figure, is_known } from "../measures/data";
import { listed, p_text, shown, told, told_share } from "../measures/words";
import type { Figure as KeyFigure } from "../summary";
import type { Ideals, MethodData, Novel, OpinionAxis, OpinionLevel, Opinions, Perceptions, Utilities } from "./data";

export const names: Record<MethodData["method"], string> = {
  opinions: "Opinions asked in many ways",
  ideals: "Between average and ideal",
  novel: "A pull toward grades",
  utilities: "Utilities from pairs",
  perceptions: "Values found in a text",
};

export function method_title(data: MethodData): string {
  const name = data.run.model?.name;
  return data.method === "perceptions" ? `${names[data.method]}${name ? `, read by ${name}` : ""}` : `${names[data.method]}${name ? `, asked of ${name}` : ""}`;
}

export function form_of(level: Pick<OpinionLevel, "forcing" | "open">): string {
  return `${level.open ? "open" : "options"}${level.forcing ? `, ${level.forcing}` : ""}`;
}

/// How far a place moves with the way of asking, beside what the table allows.
export function axis_sentence(axis: OpinionAxis): string {
  const moves = (ways: readonly { place: Figure }[], what: string): string => {
    const places = ways.flatMap(({ place }) => (is_known(place) ? [place.value] : []));
    return places.length < 2 ? `fewer than two ${what} have a place` : `from ${range([Math.min(...places), Math.max(...places)])} over ${what}`;
  };
  const [least, most] = axis.range;
  const without = axis.without > 0 ? ` ${counted(axis.without, "answer")} without a side ${axis.without === 1 ? "is" : "are"} left out.` : "";
  return `The place moves ${moves(axis.wordings, "wordings")}, ${moves(axis.forcings, "forms of asking")}; the weights allow ${num(least)} to ${num(most)}.${without}`;
}

function because(figure: Figure): string {
  return figure.reason ?? "not measured";
}

function opinions_finding({ levels, open_gap }: Opinions): string {
  const turned = levels.filter((level) => is_known(level.unstable));
  if (turned.length === 0) return `How far wordings turn an opinion cannot be computed: ${because(levels[0]?.unstable ?? {})}.`;
  const shares = turned.map((level) => level.unstable.value!).sort((a, b) => a - b);
  const low = percent(shares[0]!);
  const high = percent(shares[shares.length - 1]!);
  const gap = is_known(open_gap) ? ` Between chosen and open answers the stance differs on ${told_share(open_gap)}.` : "";
  return `Other words turn the stance on ${low === high ? low : `${low} to ${high}`} of the propositions, depending on the form of asking.${gap}`;
}

function ideals_finding({ toward, counted: n, concepts, lambda }: Ideals): string {
  if (!is_known(toward)) return `A pull toward the ideal cannot be computed: ${because(toward)} (of ${counted(concepts.length, "concept")}).`;
  const clear = excludes(toward, 0.5);
  const where = is_known(lambda) ? ` Lambda, 0 at the average and 1 at the ideal, is ${told(lambda).replace("+", "")}.` : ` Lambda cannot be computed: ${because(lambda)}.`;
  return `${told_share(toward)} of ${counted(n, "concept")} shift toward the ideal, which ${clear ? "a coin would not do" : "a coin would do as well"}.${where}`;
}

function novel_finding({ effect, p }: Novel): string {
  if (!is_known(effect)) return `The effect of grades cannot be computed: ${because(effect)}.`;
  const said = `Between grades that praise much and grades that praise little the number named differs by ${told(effect, 1)} minutes (p ${p_text(p)})`;
  return excludes(effect, 0) ? `${said}.` : `${said}: no effect is certain.`;
}

function utilities_finding({ options, completeness, first_bias, cycles }: Utilities): string {
  const known = options.filter((one) => is_known(one.utility));
  if (known.length === 0) return `No utility can be computed: ${because(options[0]?.utility ?? {})}.`;
  const top = known[0]!;
  const low = known[known.length - 1]!;
  const clear = (top.utility.lo ?? -Infinity) > (low.utility.hi ?? Infinity);
  const order = clear
    ? `"${short(top.text, 60)}" stands above "${short(low.text, 60)}", beyond both intervals.`
    : "Even the intervals of the highest and the lowest option overlap.";
  const parts = [
    is_known(completeness) ? `A pair is decided at ${percent(completeness.value)} on average; a coin gives 50\u202f%.` : "",
    is_known(first_bias) && excludes(first_bias, 0) ? `What stands first is chosen ${percent(0.5 + first_bias.value)} of the time, whatever it is.` : "",
    is_known(cycles) ? "" : `Whether choices go round in circles cannot be computed: ${because(cycles)}.`,
  ];
  return [order, ...parts.filter(Boolean)].join(" ");
}

function perceptions_finding({ values, valence_agreement }: Perceptions): string {
  const clear = values.filter((one) => excludes(one.score, 0));
  const sure = is_known(valence_agreement) && excludes(valence_agreement, 0) && valence_agreement.value > 0;
  if (!sure) return "The reader's two forms of asking do not agree: this profile says more of the reader than of the text.";
  if (clear.length === 0) return "The text speaks for no value and against none, beyond the intervals.";
  const side = (sign: number): string => listed(clear.filter((one) => Math.sign(one.score.value!) === sign).map((one) => one.value));
  return capital(`${[side(1) && `for ${side(1)}`, side(-1) && `against ${side(-1)}`].filter(Boolean).join(" and ")}: so the text is read, beyond the intervals.`);
}

export function method_finding(data: MethodData): string {
  switch (data.method) {
    case "opinions":
      return opinions_finding(data.result);
    case "ideals":
      return ideals_finding(data.result);
    case "novel":
      return novel_finding(data.result);
    case "utilities":
      return utilities_finding(data.result);
    case "perceptions":
      return perceptions_finding(data.result);
  }
}

export function method_meaning(data: MethodData): string {
  switch (data.method) {
    case "opinions":
      return `${counted(data.result.propositions, "proposition")}, ${counted(data.result.wordings, "wording")}, ${counted(data.result.answers, "answer")}. There is no single number for what the model holds: where wordings, forcings and forms disagree, it holds nothing.`;
    case "ideals":
      return `${counted(data.result.concepts.length, "concept")}, ${count(data.result.counted)} counted. Ideal means what the model calls ideal; whether anyone should is not asked.`;
    case "novel":
      return `${counted(data.result.lists, "list")} of minutes spent on an invented activity, each shown without grades, with grades that rise with the minutes, and with grades that fall.`;
    case "utilities":
      return `${counted(data.result.options.length, "option")}, ${counted(data.result.pairs, "pair")} in both orders. Mean and deviation are set, so only differences within this run mean something.`;
    case "perceptions":
      return `${counted(data.result.sentences.length, "sentence")}. What the writer values is not said here, only what this reader finds in the words.`;
  }
}

function key_figure(label: string, figure: Figure, unit: string, note: string): KeyFigure {
  const known = is_known(figure);
  const [number, detail] = known ? shown(figure).split(" [") : ["\u2013", ""];
  return { label, number: number!, unit: known ? unit : "", detail: detail ? detail.replace(", ", " to ").replace("]", "") : "", note: known ? note : `Cannot be computed: ${because(figure)}.` };
}

export function method_figures(data: MethodData): KeyFigure[] {
  switch (data.method) {
    case "opinions":
      return [key_figure("Open against options", data.result.open_gap, "of propositions", "Share whose commonest stance differs.")];
    case "ideals":
      return [
        key_figure("Toward the ideal", data.result.toward, "of concepts", "Half of them is chance."),
        key_figure("Lambda", data.result.lambda, "", "0 is the average, 1 the ideal."),
      ];
    case "novel":
      return [key_figure("Effect of grades", data.result.effect, "minutes", "Much graded best minus little graded best.")];
    case "utilities":
      return [
        key_figure("Held-out pairs", data.result.held_out_accuracy, "told right", "Half of them is chance."),
        key_figure("Circles", data.result.cycles, "of triads", "Coin flips make a quarter."),
        key_figure("First place", data.result.first_bias, "above a half", "Probability of what stands first; cancels over both orders."),
      ];
    case "perceptions":
      return [key_figure("Forms agree", data.result.valence_agreement, "correlation", "One form of asking with the other, for or against.")];
  }
}
