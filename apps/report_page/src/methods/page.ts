// The page of a method that is no battery: what came out as drawing and table, how far to believe it, where it comes from.
import { type Column, copyable, datum, h, p, section, table } from "../dom";
import { count, moment, num, short } from "../format";
import { type Figure, is_known } from "../measures/data";
import { intervals_chart, most_drawn } from "../measures/intervals";
import { p_text, shown } from "../measures/words";
import { facts, files_table, machine_facts, model_facts } from "../sections/provenance";
import { title_header } from "../sections/title";
import type { IdealConcept, Ideals, MethodData, Novel, OpinionAxis, OpinionLevel, Opinions, Perceptions, Utilities, UtilityOption } from "./data";
import { axis_sentence, form_of, method_figures, method_finding, method_meaning, method_title } from "./words";

/// "0.52 [0.43, 0.60]", or "cannot be computed: why".
export function said(figure: Figure, digits = 3): string {
  return is_known(figure) ? shown(figure, digits) : `cannot be computed: ${figure.reason ?? "not measured"}`;
}

type Row = [string, Figure];

function figures_table(caption: string, head: string, rows: readonly Row[]): HTMLElement {
  return table<Row>(caption, [{ head, cell: ([name]) => datum(name) }, { head: "Figure", numeric: true, cell: ([, figure]) => said(figure) }], rows);
}

interface Shown<T> {
  id: string;
  title: string;
  summary: string;
  rows: readonly T[];
  name: (row: T) => string;
  figure: (row: T) => Figure;
  columns: Column<T>[];
  middle?: number;
  domain?: [number, number];
}

/// Drawn where anything has a number; else the table alone, with the reasons.
function drawn<T>(options: Shown<T>): HTMLElement {
  return intervals_chart(options) ?? h("div", {}, h("h3", {}, options.title), table(options.title, options.columns, options.rows));
}

function opinion_sections(result: Opinions): HTMLElement[] {
  const shares = (id: string, title: string, summary: string, figure: (level: OpinionLevel) => Figure): HTMLElement =>
    drawn<OpinionLevel>({
      id,
      title,
      summary,
      rows: result.levels,
      name: form_of,
      figure,
      domain: [0, 1],
      columns: [
        { head: "Asked with", cell: (level) => datum(form_of(level)) },
        { head: "Share", numeric: true, cell: (level) => said(figure(level)) },
        { head: "Answers", numeric: true, cell: (level) => count(level.asked) },
        ...(id === "chart-agree" ? [{ head: "By wording", numeric: true, cell: (level: OpinionLevel) => (is_known(level.agree) ? level.agree_by_wording.map((x) => num(x)).join(" to ") : "not measured") }] : []),
      ],
    });
  const gaps: Row[] = [
    ...result.forcing_gaps.map((gap): Row => [`${form_of({ forcing: gap.a, open: gap.open })} against ${gap.b}`, gap.share]),
    ["open against options", result.open_gap],
  ];
  return [
    section(
      "stances",
      "What came out",
      p("Shares of answers, with intervals clustered over propositions. An answer that takes no side is a refusal, both sides at once, or off the point."),
      shares("chart-valid", "Answers that take a side", "A share for each form of asking.", (level) => level.valid),
      shares("chart-agree", "Of these, answers that agree", "A share for each form of asking; the table has the least and the greatest share of a wording.", (level) => level.agree),
    ),
    section(
      "asking",
      "How much of it is the way of asking",
      p("What differs here differs by the way of asking alone: the propositions are the same."),
      shares("chart-unstable", "Propositions that some wording turns", "A share for each form of asking.", (level) => level.unstable),
      shares("chart-flip", "Wordings that disagree with most", "1 minus the share of the commonest stance over wordings, mean over propositions.", (level) => level.flip),
      h("h3", {}, "Propositions whose stance differs between two forms"),
      figures_table("Propositions whose stance differs", "Between", gaps),
    ),
    ...(result.axes?.length ? [axes_section(result.axes)] : []),
  ];
}

/// Every way of asking stands in the drawing with all answers: no place is one number.
function axis_drawing(axis: OpinionAxis, i: number): HTMLElement {
  const rows: Row[] = [
    ["all answers", axis.place],
    ...axis.wordings.map((way): Row => [`wording ${way.wording}`, way.place]),
    ...axis.forcings.map((way): Row => [form_of(way), way.place]),
  ];
  const [least, most] = axis.range;
  return h(
    "div",
    {},
    drawn<Row>({
      id: `chart-axis-${i}`,
      title: axis.axis,
      summary: "A dot and an interval for all answers, for each wording and for each form of asking.",
      rows,
      name: ([name]) => name,
      figure: ([, figure]) => figure,
      ...(least < most ? { domain: [least, most] as [number, number] } : {}),
      columns: [
        { head: "Asked with", cell: ([name]) => datum(name) },
        { head: "Place", unit: "mean weight", numeric: true, cell: ([, figure]) => said(figure) },
      ],
    }),
    p(axis_sentence(axis)),
  );
}

function axes_section(axes: readonly OpinionAxis[]): HTMLElement {
  return section(
    "axes",
    "Where the answers stand",
    p("By a table of weights of the user's own. A place is the mean weight of a proposition's answers that take a side, averaged over propositions; what differs within one drawing differs by the way of asking alone."),
    ...axes.map(axis_drawing),
  );
}

function ideal_sections(result: Ideals): HTMLElement[] {
  const left = result.concepts.length - result.counted;
  const size = (row: IdealConcept): Figure => {
    const gap = Math.abs((row.average ?? 0) - (row.ideal ?? 0));
    const { value, lo, hi } = row.alpha;
    return is_known(row.alpha) && gap > 0 ? { value: value! / gap, lo: (lo ?? value!) / gap, hi: (hi ?? value!) / gap } : row.alpha;
  };
  return [
    section(
      "concepts",
      "What came out",
      p(
        `Each concept's number named, against what the same model calls average and ideal. A shift of 0 is the average, 1 is the ideal, below 0 is away from it.${left > 0 ? ` ${count(left)} of ${count(result.concepts.length)} concepts cannot be counted; the table says why.` : ""}`,
      ),
      drawn<IdealConcept>({
        id: "chart-ideals",
        title: "Shift of what is named, as a share of the way from average to ideal",
        summary: "A dot and an interval for each concept.",
        rows: result.concepts,
        name: (row) => row.text,
        figure: size,
        middle: 0,
        columns: [
          { head: "Concept", cell: (row) => datum(row.text) },
          { head: "Average", numeric: true, cell: (row) => num(row.average) },
          { head: "Ideal", numeric: true, cell: (row) => num(row.ideal) },
          { head: "Named", numeric: true, cell: (row) => num(row.sample) },
          { head: "Shift", unit: "the concept's unit", numeric: true, cell: (row) => said(row.alpha) },
          { head: "Numbers", unit: "average, ideal, named; of asked", numeric: true, cell: (row) => row.numbers.map((n, i) => `${n}/${row.asked[i]}`).join(", ") },
        ],
      }),
    ),
    section(
      "pull",
      "Over all concepts",
      p(`That concepts shift toward the ideal no more often than away from it: sign test p ${p_text(result.sign_p)}, Wilcoxon p ${p_text(result.wilcoxon_p)}.`),
      figures_table("Shift and lambda", "What", [
        ["share that shift toward the ideal", result.toward],
        ["lambda: 0 = average, 1 = ideal", result.lambda],
      ]),
    ),
  ];
}

function novel_sections(result: Novel): HTMLElement[] {
  const rows: Row[] = [
    ["much graded best \u2212 little graded best", result.effect],
    ["much graded best \u2212 no grades", result.up],
    ["no grades \u2212 little graded best", result.down],
    ["no grades \u2212 mean of the amounts shown", result.plain],
  ];
  const { none, rising, falling } = result.numbers;
  return [
    section(
      "grades",
      "What came out",
      p("Minutes named after a list under one kind of grades minus after the same list under another. A pull toward the ideal is a number that follows the grades."),
      drawn<Row>({
        id: "chart-novel",
        title: "Differences of the minutes named",
        summary: "A dot and an interval for each difference.",
        rows,
        name: ([name]) => name,
        figure: ([, figure]) => figure,
        middle: 0,
        columns: [
          { head: "Difference", cell: ([name]) => name },
          { head: "Minutes", numeric: true, cell: ([, figure]) => said(figure, 1) },
        ],
      }),
      p(`Of ${count(result.lists)} lists, answers with a number: ${none} without grades, ${rising} where much is best, ${falling} where little is. The chance of such an effect if grades did nothing: p ${p_text(result.p)}.`),
    ),
  ];
}

function utility_sections(result: Utilities): HTMLElement[] {
  const checks: Row[] = [
    ["held-out pairs told right (chance .5)", result.held_out_accuracy],
    ["triads that go round in circles (chance .25)", result.cycles],
    ["how decided a pair is (.5 to 1)", result.completeness],
    ["P(what stands first) \u2212 1/2", result.first_bias],
    ["probability of neither answer", result.invalid],
  ];
  return [
    section(
      "utilities",
      "What came out",
      p("From the most to the least wanted; mean 0 and standard deviation 1 over the options."),
      drawn<UtilityOption>({
        id: "chart-utilities",
        title: "Utilities with their intervals",
        summary: "A dot and an interval for each option.",
        rows: result.options,
        name: (one) => one.text,
        figure: (one) => one.utility,
        middle: 0,
        columns: [
          { head: "Option", cell: (one) => datum(one.text) },
          { head: "Utility", numeric: true, cell: (one) => said(one.utility) },
          { head: "Category", cell: (one) => datum(one.category) },
        ],
      }),
      result.options.length > most_drawn ? p(`Drawn are the ${most_drawn / 2} highest and the ${most_drawn / 2} lowest of ${count(result.options.length)}; the table has them all.`) : null,
    ),
    section(
      "coherence",
      "Do the choices hang together?",
      p(`${count(result.pairs)} pairs were compared in both orders${result.unanswered > 0 ? `, ${count(result.unanswered)} without an answer` : ""}${result.certain > 0 ? `; ${count(result.certain)} never asked were counted as won` : ""}.`),
      figures_table("Checks of the choices", "What", checks),
    ),
    ...(result.exchange.length > 0
      ? [
          section(
            "exchange",
            "Rates of exchange",
            table(
              "What one good is worth in another",
              [
                { head: "One", cell: (one) => datum(one.one) },
                { head: "is worth", numeric: true, cell: (one) => said(one.amount) },
                { head: "of", cell: (one) => datum(one.is_worth) },
              ],
              result.exchange,
            ),
          ),
        ]
      : []),
  ];
}

function perception_sections(result: Perceptions): HTMLElement[] {
  type Value = Perceptions["values"][number];
  const evidence = result.values.flatMap(({ value, evidence }) => evidence.map((one) => ({ value, ...one })));
  return [
    section(
      "profile",
      "What came out",
      drawn<Value>({
        id: "chart-perceptions",
        title: "For (1) or against (\u22121) each value",
        summary: "A dot and an interval for each value.",
        rows: result.values,
        name: (one) => one.value,
        figure: (one) => one.score,
        middle: 0,
        domain: [-1, 1],
        columns: [
          { head: "Value", cell: (one) => datum(one.value) },
          { head: "Score", numeric: true, cell: (one) => said(one.score) },
          { head: "Relevant", unit: "sentences", numeric: true, cell: (one) => count(one.relevant) },
          { head: "Scored", unit: "sentences", numeric: true, cell: (one) => count(one.scored) },
        ],
      }),
    ),
    section(
      "evidence",
      "The sentences that weigh most",
      evidence.length > 0
        ? table(
            "Sentences by value",
            [
              { head: "Value", cell: (one) => datum(one.value) },
              { head: "Score", numeric: true, cell: (one) => num(one.score) },
              { head: "Sentence", cell: (one) => datum(result.sentences[one.sentence] ?? "") },
            ],
            evidence,
          )
        : p("No sentence bears on any value."),
    ),
    section(
      "reader",
      "How far the reader can be believed",
      figures_table("The reader's own reliability", "What", [
        ["for or against, one form of asking with the other, correlation", result.valence_agreement],
        ["same verdict on relevance in both forms, share", result.relevance_agreement],
      ]),
      result.unanswered > 0 ? p(`${count(result.unanswered)} questions have no answer.`) : null,
    ),
  ];
}

function result_sections(data: MethodData): HTMLElement[] {
  switch (data.method) {
    case "opinions":
      return opinion_sections(data.result);
    case "ideals":
      return ideal_sections(data.result);
    case "novel":
      return novel_sections(data.result);
    case "utilities":
      return utility_sections(data.result);
    case "perceptions":
      return perception_sections(data.result);
  }
}

export function method_header(data: MethodData): HTMLElement {
  return title_header({
    created: data.run.created,
    title: short(method_title(data), 120),
    note: data.run.note,
    notices: data.notices,
    lead: { finding: method_finding(data), meaning: method_meaning(data) },
    figures: method_figures(data),
    level: "95\u202f%",
  });
}

export function method_sections(data: MethodData): HTMLElement[] {
  const { run } = data;
  return [
    ...result_sections(data),
    section(
      "provenance",
      "Where it comes from",
      p("The same command on the same build, machine and seed gives the same numbers."),
      h("div", { class: "command" }, copyable(run.command, "the command line")),
      h(
        "div",
        { class: "fact-grid" },
        facts("Run", [
          ["Made", moment(run.created)],
          ["Seed", String(run.seed)],
          ["axia", datum(run.axia_version)],
          ["libllama", datum(run.libllama)],
        ]),
        run.model ? model_facts(run.model, run.weights) : null,
        machine_facts(run.machine),
      ),
      files_table(run.files),
    ),
  ];
}

const own_words: Partial<Record<MethodData["method"], [string, string][]>> = {
  opinions: [
    ["Stance", "Whether an answer agrees with the proposition, disagrees, or does neither."],
    ["Forcing", "A line that presses for an answer, such as that only the label may be given."],
  ],
  ideals: [["Lambda", "Where what is named lies on the way from average (0) to ideal (1), over all concepts."]],
  utilities: [["Utility", "How much an option is wanted: the further two lie apart, the surer the higher one is chosen."]],
};

export const method_glossary = (data: MethodData): [string, string][] => [
  ["Interval", "Draw the material anew at random, many times: the number falls inside in 95 of 100 draws."],
  ...(own_words[data.method] ?? []),
  ["Cannot be computed", "A number that the answers do not suffice for. It says why, and nothing stands in for it."],
];
