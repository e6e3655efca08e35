// How much of a score is the way of asking: each figure in a plain sentence, with the ends of its bar.
import { num, percent } from "../format";
import { type Figure, is_known, type Known, type Measures } from "./data";
import { told, told_share } from "./words";

export interface Way {
  key: string;
  name: string;
  say: (figure: Known) => string;
  ends: (figure: Figure) => [number, number]; // of the bar, 0 among them
  share?: boolean;
}

const of_share = (): [number, number] => [0, 1];
const of_distance = (): [number, number] => [0, 0.83]; // sqrt(ln 2), opposite answers
const of_correlation = (): [number, number] => [-1, 1];

/// Around 0, to the next of .5, 1, 2, 5, 10 ... that holds the interval.
function around(figure: Figure): [number, number] {
  const size = Math.max(Math.abs(figure.value ?? 0), Math.abs(figure.lo ?? 0), Math.abs(figure.hi ?? 0));
  let end = 0.5;
  for (let i = 0; end < size && i < 40; ++i) end *= [2, 2, 2.5][i % 3]!;
  return [-end, end];
}

export const way_groups: { name: string; ways: Way[] }[] = [
  {
    name: "Order",
    ways: [
      {
        key: "order_flip",
        name: "Items turned by the order",
        share: true,
        ends: of_share,
        say: (f) => `On ${told_share(f)} of the items the answer changes when the options stand in another order.`,
      },
      {
        key: "first_bias",
        name: "Pull of the first place",
        ends: around,
        say: (f) => `An option's probability changes by ${told(f)} when it stands first. Always the first of a pair would be +0.50.`,
      },
    ],
  },
  {
    name: "Wording",
    ways: [
      {
        key: "unstable",
        name: "Items turned by a wording",
        share: true,
        ends: of_share,
        say: (f) => `${told_share(f)} of the items are answered differently by some wording.`,
      },
      {
        key: "wording_flip",
        name: "Wordings that disagree",
        share: true,
        ends: of_share,
        say: (f) => `Of the wordings of one item, ${told_share(f)} on average disagree with most of them.`,
      },
      {
        key: "wording_spread",
        name: "Spread over wordings",
        ends: (f) => [0, around(f)[1]],
        say: (f) => `The number of one item varies over its wordings with a standard deviation of ${told(f).replace("+", "")}.`,
      },
      {
        key: "inconsistency",
        name: "Distance of wordings",
        ends: of_distance,
        say: (f) => `The answers to one item's wordings lie ${told(f).replace("+", "")} from their centre on average: 0 is the same answer, 0.83 the opposite.`,
      },
      {
        key: "paraphrase",
        name: "Distance of paraphrases",
        ends: of_distance,
        say: (f) => `The stances on paraphrases of one question lie ${told(f).replace("+", "")} from their centre: 0 is the same stance, 0.83 the opposite.`,
      },
      {
        key: "topic",
        name: "Distance within a topic",
        ends: of_distance,
        say: (f) => `The stances on questions of one topic lie ${told(f).replace("+", "")} from their centre: 0 is the same stance, 0.83 the opposite.`,
      },
      {
        key: "language",
        name: "Distance of languages",
        ends: of_distance,
        say: (f) => `The stances on one question in several languages lie ${told(f).replace("+", "")} from their centre: 0 is the same stance, 0.83 the opposite.`,
      },
      {
        key: "retest",
        name: "Asked again",
        ends: of_correlation,
        say: (f) => `Asked again in other words, or once more, items keep their place with a correlation of ${told(f).replace("+", "")}; 1 is the same answers, 0 is chance.`,
      },
    ],
  },
  {
    name: "Format",
    ways: [
      {
        key: "format_gap",
        name: "Letters against words",
        share: true,
        ends: of_share,
        say: (f) => `${told_share(f)} of the items get another answer by letter than in the option's own words.`,
      },
    ],
  },
  {
    name: "Refusals",
    ways: [
      {
        key: "invalid",
        name: "Something else",
        share: true,
        ends: of_share,
        say: (f) => `${told_share(f)} of the probability goes to what is none of the options. It is kept apart, never folded into a half.`,
      },
    ],
  },
  {
    name: "Agreement",
    ways: [
      {
        key: "acquiescence",
        name: "Lean to agree",
        ends: around,
        say: (f) => `The answers lean ${told(f)} towards yes or agreement, whatever is asked; 0 is no lean, below 0 is a lean to no.`,
      },
      {
        key: "keying",
        name: "Keyed against reversed",
        ends: of_correlation,
        say: (f) => `Over values, items keyed to a value and reversed ones turned round correlate by ${told(f)}: 1 is reading them, below 0 is agreeing with whatever is said.`,
      },
    ],
  },
];

/// The sentence of a figure, or why it is not there.
export function way_sentence(way: Way, figure: Figure): string {
  return is_known(figure) ? way.say(figure) : `Cannot be computed: ${figure.reason ?? "not measured"}.`;
}

/// Where bar and interval stand, in per cent of the track.
export function bar_places(way: Way, figure: Figure): { zero: number; value: number; lo: number; hi: number } | null {
  if (!is_known(figure)) return null;
  const [low, high] = way.ends(figure);
  const place = (x: number): number => Math.min(100, Math.max(0, ((x - low) / (high - low)) * 100));
  return { zero: place(0), value: place(figure.value), lo: place(figure.lo ?? figure.value), hi: place(figure.hi ?? figure.value) };
}

export function end_words(way: Way, figure: Figure): [string, string] {
  const [low, high] = way.ends(figure);
  return way.share ? [percent(low), percent(high)] : [num(low, low % 1 === 0 ? 0 : 2), num(high, high % 1 === 0 ? 0 : 2)];
}

/// How many questions have no answer, and why.
export function unanswered_sentence(measures: Measures, arm: number): string {
  const { asked, unanswered, reasons } = measures.arms[arm]!.robustness;
  if (unanswered === 0) return `All ${asked} questions were answered.`;
  const why = Object.entries(reasons).map(([reason, n]) => `${reason} ${n}`);
  return `${unanswered} of ${asked} questions have no answer: ${why.join(", ")}.`;
}
