import * as Plot from "@observablehq/plot";
import { chart, legend, plot_base } from "../chart";
import type { BiasIndex, PairCheck, RunData } from "../data";
import { absent, code, datum, fold, h, p, section, table } from "../dom";
import { capital, count, counted, num, percent, percent_range, short } from "../format";

const limits = { "bag of words": 0.7, "length only": 0.6 } as const;
const most_listed = 60;

interface Row {
  value: string;
  kind: keyof typeof limits;
  index: BiasIndex;
  label: string;
}

function bias_rows(values: readonly PairCheck[]): Row[] {
  const several = values.length > 1;
  return values.flatMap((check) =>
    (["bag of words", "length only"] as const).map((kind) => ({
      value: check.value,
      kind,
      index: kind === "bag of words" ? check.bag_of_words : check.length_only,
      label: several ? `${capital(check.value)}, ${kind === "bag of words" ? "words" : "length"}` : capital(kind),
    })),
  );
}

function bias_chart(rows: Row[]): HTMLElement {
  const low = Math.min(0.4, ...rows.map((row) => row.index.ci[0]));
  const place = (row: Row): number => rows.indexOf(row);
  const high = Math.max(0.8, ...rows.map((row) => row.index.ci[1]));
  return chart<Row>({
    id: "chart-bias",
    title: "How much the surface alone gives away",
    summary: "Accuracy of two simple classifiers on the texts, with intervals; 50 % is chance.",
    rows,
    nearest: "y",
    legend: legend(
      ["dot", "var(--plan)", "accuracy and interval"],
      ["dashed", "var(--muted)", "chance"],
      ["bar", "var(--warn)", "our limit"],
    ),
    columns: [
      { head: "Value", cell: (row) => datum(capital(row.value)) },
      { head: "Classifier sees", cell: (row) => row.kind },
      { head: "Accuracy", numeric: true, cell: (row) => percent(row.index.accuracy, 1) },
      { head: "95 % interval", numeric: true, cell: (row) => percent_range(row.index.ci, 1) },
      { head: "Limit", numeric: true, cell: (row) => percent(limits[row.kind]) },
    ],
    lines: (row) => [
      row.label,
      `${percent(row.index.accuracy, 1)} right, interval ${percent_range(row.index.ci, 1)}`,
      `limit ${percent(limits[row.kind])}`,
    ],
    draw: (width) => {
      const narrow = width < 520;
      const label = (row: Row): string => short(row.label, narrow ? Math.floor(width / 14) : 22);
      const drawn = Plot.plot({
        ...plot_base,
        width,
        height: 64 + rows.length * (narrow ? 44 : 34),
        marginLeft: narrow ? 8 : 150,
        marginRight: 12,
        marginTop: narrow ? 18 : 8,
        marginBottom: 40,
        x: { domain: [low, high], tickFormat: (x: number) => percent(x), ticks: 5, label: "texts told apart", labelArrow: false, labelAnchor: "center" },
        y: { domain: rows.map(place), label: null, axis: null, padding: 0.2 },
        marks: [
          Plot.gridX({ stroke: "var(--rule)", strokeOpacity: 1, ticks: 5 }),
          Plot.ruleX([0.5], { stroke: "var(--muted)", strokeDasharray: "4 3" }),
          Plot.tickX(rows, { x: (row: Row) => limits[row.kind], y: place, stroke: "var(--warn)", strokeWidth: 4, strokeOpacity: 0.5 }),
          Plot.ruleY(rows, {
            y: place,
            x1: (row: Row) => row.index.ci[0],
            x2: (row: Row) => row.index.ci[1],
            stroke: "var(--plan)",
            strokeWidth: 2.5,
          }),
          Plot.dot(rows, { y: place, x: (row: Row) => row.index.accuracy, fill: "var(--plan)", r: 5.5 }),
          narrow
            ? Plot.text(rows, { y: place, x: low, text: label, textAnchor: "start", dy: -15, fill: "var(--ink)" })
            : Plot.text(rows, { y: place, x: low, text: label, textAnchor: "end", dx: -12, fill: "var(--ink)" }),
        ],
      });
      const x = drawn.scale("x")!;
      const y = drawn.scale("y")!;
      return {
        svg: drawn as SVGSVGElement,
        at: (row) => ({ x: x.apply(row.index.accuracy) as number, y: (y.apply(place(row)) as number) + (y.bandwidth ?? 0) / 2 }),
      };
    },
  });
}

function listed(summary: string, lines: readonly string[]): HTMLElement | null {
  if (lines.length === 0) return null;
  const more = lines.length - most_listed;
  return fold(
    summary,
    h("ul", { class: "lines" }, lines.slice(0, most_listed).map((line) => h("li", {}, datum(line)))),
    more > 0 ? p(`And ${count(more)} more, in check.json.`) : null,
  );
}

function cue_table(check: PairCheck): HTMLElement {
  return fold(
    `The words that carry it, ${counted(check.cues.length, "word")}`,
    table(
      `Cue words of ${check.value}`,
      [
        { head: "Word", cell: (cue) => code(cue.word) },
        { head: "Leans to", cell: (cue) => (cue.weight > 0 ? capital(check.value) : "The other side") },
        { head: "Weight", numeric: true, cell: (cue) => num(cue.weight) },
        { head: "Texts with it", unit: "value", numeric: true, cell: (cue) => count(cue.positive) },
        { head: "Texts with it", unit: "other", numeric: true, cell: (cue) => count(cue.negative) },
      ],
      check.cues,
    ),
  );
}

export function checks_section(data: RunData): HTMLElement {
  const id = "data";
  const heading = "The data";
  const { check } = data;
  if (!check || check.values.length === 0) {
    return absent(id, heading, "This run has no check.json, so how clean its pairs are is not known. axia data check writes it.");
  }
  const own = check.values.find((one) => one.value === data.run.value) ?? check.values[0]!;
  const problems = check.problem_count;
  const all_problems = [...check.problems, ...check.values.flatMap((one) => one.problems)];
  const warnings = check.values.flatMap((one) => one.warnings);
  const rows = bias_rows(check.values);
  const clean = own.bag_of_words.accuracy <= limits["bag of words"] && own.length_only.accuracy <= limits["length only"];
  return section(
    id,
    heading,
    p(
      `${capital(own.value)} is taught by ${counted(own.pairs, "pair")} of texts: same scene, same person, same length, and only the value differs. `,
      `${count(own.learn)} were for learning, ${count(own.heldout)} were set aside for the measure. `,
      problems === 0 ? "The check found no problem" : `The check found ${counted(problems, "problem")}`,
      ` and ${warnings.length === 0 ? "nothing to warn of" : counted(warnings.length, "warning")}.`,
    ),
    p(
      clean
        ? "A classifier that sees only words, or only lengths, should fail here; the nearer to 50\u202f%, the less an effect can owe to surface."
        : "A classifier that sees only words, or only lengths, should fail here, and one of them does too well: read the effects below with that in mind.",
      ` Word presence alone puts the right text of a pair first ${percent(own.bag_of_words_paired)} of the time; texts of the value are ${num(own.mean_length_ratio)} times as long as their partners.`,
    ),
    bias_chart(rows),
    own.cues.length > 0 ? cue_table(own) : null,
    listed(`Problems, ${all_problems.length}`, all_problems),
    listed(`Warnings, ${warnings.length}`, warnings),
  );
}
