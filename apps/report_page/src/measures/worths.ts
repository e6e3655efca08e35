// What a value is worth where options serve several at once, and the scores of theories' dimensions.
import { type Column, datum, fold, h, p, section, table } from "../dom";
import { count, counted } from "../format";
import { type ArmMeasures, baseline, type Dimension, excludes, is_known, type Measures, type Worth } from "./data";
import { intervals_chart, most_drawn } from "./intervals";
import { listed, neutral, shown } from "./words";

/// What the worths say, no more than their intervals hold.
export function worths_sentence(worths: readonly Worth[]): string {
  const known = worths.filter((one) => is_known(one.worth));
  if (known.length === 0) return `No worth can be computed: ${worths[0]?.worth.reason ?? "not measured"}.`;
  const clear = known.filter((one) => excludes(one.worth, 0));
  if (clear.length === 0) return `No worth can be told from 0: of ${counted(known.length, "value")}, every interval holds it.`;
  const named = (sign: number): string => listed(clear.filter((one) => Math.sign(one.worth.value!) === sign).map((one) => one.value));
  const parts = [named(1) && `${named(1)} for an option`, named(-1) && `${named(-1)} against it`];
  return `Beyond their intervals ${parts.filter(Boolean).join(" and ")} decide; ${count(known.length - clear.length)} of ${counted(known.length, "value")} ${known.length - clear.length === 1 ? "does" : "do"} not.`;
}

function worth_columns(arms: readonly ArmMeasures[]): Column<Worth>[] {
  return [
    { head: "Value", cell: (one) => datum(one.value) },
    ...arms.map((arm) => ({
      head: arm.arm,
      unit: "log-odds",
      numeric: true,
      cell: (one: Worth) => shown(arm.worths?.find((other) => other.value === one.value)?.worth, 3),
    })),
    { head: "Dilemmas", numeric: true, cell: (one) => count(one.dilemmas) },
  ];
}

export function worths_section(measures: Measures): HTMLElement | null {
  const worths = baseline(measures).worths ?? [];
  if (worths.length === 0) return null;
  const drawing = intervals_chart<Worth>({
    id: "chart-worths",
    title: "Worth of each value in a choice: log-odds",
    summary: "A dot and an interval for each value, from the highest; 0 decides nothing.",
    rows: worths,
    name: (one) => one.value,
    figure: (one) => one.worth,
    columns: worth_columns(measures.arms),
    middle: 0,
  });
  return section(
    "worths",
    "Chosen against given up",
    p(
      `Where an option serves several values at once, a value's score also counts those that came with it. Worths take them apart: each is a value's own part in the choice. ${worths_sentence(worths)}`,
    ),
    drawing ?? table("Worth of each value", worth_columns(measures.arms), worths),
    drawing && worths.length > most_drawn ? p(`Drawn are the ${most_drawn / 2} highest and the ${most_drawn / 2} lowest; the table has them all.`) : null,
  );
}

export function dimensions_section(measures: Measures): HTMLElement | null {
  const dimensions = baseline(measures).dimensions ?? [];
  if (dimensions.length === 0) return null;
  const of = (arm: ArmMeasures, one: Dimension) => arm.dimensions?.find((other) => other.theory === one.theory && other.dimension === one.dimension)?.score;
  const columns: Column<Dimension>[] = [
    { head: "Dimension", cell: (one) => datum(one.dimension) },
    { head: "Theory", cell: (one) => datum(one.theory) },
    ...measures.arms.map((arm) => ({ head: arm.arm, numeric: true, cell: (one: Dimension) => shown(of(arm, one), 3) })),
    { head: "Values", numeric: true, cell: (one) => count(one.values) },
  ];
  const theories = [...new Set(dimensions.map((one) => one.theory))];
  return section(
    "dimensions",
    "By theory",
    p(`The score of a theory's dimension is the mean of its values' scores, each counted by its items, in ${measures.unit}.`),
    theories.map((theory, i) => {
      const rows = dimensions.filter((one) => one.theory === theory);
      const drawing = intervals_chart<Dimension>({
        id: `chart-dimensions-${i}`,
        title: theory,
        summary: "A dot and an interval for each dimension.",
        rows,
        name: (one) => one.dimension,
        figure: (one) => one.score,
        columns,
        middle: neutral(measures),
      });
      return drawing ?? h("div", {}, h("h3", {}, datum(theory)), table(theory, columns, rows));
    }),
  );
}

const by_words: Record<string, string> = { paraphrase: "paraphrases", topic: "questions of one topic", language: "languages" };

/// The groups that should be answered alike and are not.
export function unsteady_table(measures: Measures): HTMLElement | null {
  const groups = baseline(measures).robustness.unsteady ?? [];
  if (groups.length === 0) return null;
  return fold(
    `The ${groups.length === 1 ? "group" : `${groups.length} groups`} answered least alike`,
    table(
      "Groups that should be answered alike and are not",
      [
        { head: "First item", cell: (one) => datum(one.item) },
        { head: "Members", cell: (one) => `${count(one.members)} ${by_words[one.by] ?? one.by}` },
        { head: "Topic", cell: (one) => datum(one.stem) },
        { head: "Distance", unit: "0 alike, 0.83 opposite", numeric: true, cell: (one) => one.spread.toFixed(3) },
      ],
      groups,
    ),
  );
}
