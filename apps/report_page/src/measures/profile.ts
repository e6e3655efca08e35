// What came out: every value with its interval, on the circle where there is one, beside an arm of choice.
import * as Plot from "@observablehq/plot";
import { chart, legend, plot_base } from "../chart";
import { datum, h, p, section } from "../dom";
import { count, is_number, percent, short } from "../format";
import { circle_chart, spokes } from "./circle";
import { type ArmMeasures, baseline, type Branch, type Figure, is_known, type Measures, score_of, type ValueScore } from "./data";
import { row_names } from "./intervals";
import { neutral, shown, told, told_share } from "./words";

/// The arm drawn beside the baseline at first: the highest target of a sweep, else a plan, else any other.
export function beside(measures: Measures): ArmMeasures | null {
  const others = measures.arms.filter((arm) => arm !== baseline(measures));
  const plans = others.filter((arm) => !arm.prompt);
  return [...plans].sort((a, b) => b.target - a.target)[0] ?? others[0] ?? null;
}

const most_drawn = 60;

/// The values that a drawing has room for: of too many the highest and the lowest.
export function drawn_values(values: readonly ValueScore[]): ValueScore[] {
  if (values.length <= most_drawn) return [...values];
  const known = values.filter((one) => is_known(one.score)).sort((a, b) => b.score.value! - a.score.value!);
  return known.length <= most_drawn ? known : [...known.slice(0, most_drawn / 2), ...known.slice(-most_drawn / 2)];
}

function scores_chart(measures: Measures, other: ArmMeasures | null): HTMLElement {
  const { arm: name, values } = baseline(measures);
  const drawn = drawn_values(values).filter((one) => is_known(one.score));
  const second = (one: ValueScore): Figure | null => other && score_of(other, one.value);
  const off = other ? 6 : 0;
  const middle = neutral(measures);
  const hand = (figure: (one: ValueScore) => Figure | null, colour: string, dy: number, filled: boolean) => {
    const rows = drawn.filter((one) => is_known(figure(one)));
    return [
      Plot.ruleY(
        rows.filter((one) => is_number(figure(one)!.lo) && is_number(figure(one)!.hi)),
        { y: "value", x1: (one: ValueScore) => figure(one)!.lo, x2: (one: ValueScore) => figure(one)!.hi, stroke: colour, strokeWidth: filled ? 2.5 : 1.5, dy },
      ),
      Plot.dot(rows, {
        y: "value",
        x: (one: ValueScore) => figure(one)!.value,
        fill: filled ? colour : "var(--ground)",
        stroke: colour,
        strokeWidth: 1.75,
        r: filled ? 4.5 : 4,
        dy,
      }),
    ];
  };
  return chart<ValueScore>({
    id: "chart-scores",
    title: `Scores with their intervals: ${measures.unit}`,
    summary: "A dot and an interval for each value.",
    rows: values,
    nearest: "y",
    legend: other ? legend(["dot", "var(--plan)", name], ["ring", "var(--other)", other.arm]) : null,
    columns: [
      { head: "Value", cell: (one) => datum(one.value) },
      ...measures.arms.map((arm) => ({ head: arm.arm, numeric: true, cell: (one: ValueScore) => shown(score_of(arm, one.value), 3) })),
      { head: "Items", numeric: true, cell: (one) => count(one.items) },
      { head: "Cronbach's alpha", numeric: true, cell: (one) => shown(one.alpha) },
    ],
    lines: (one) => [one.value, `${name} ${shown(one.score, 3)}`, ...(other ? [`${other.arm} ${shown(second(one), 3)}`] : [])],
    draw: (width) => {
      const narrow = width < 560;
      const plot = Plot.plot({
        ...plot_base,
        width,
        height: 26 + (drawn.length + 0.2) * (narrow ? 46 : 32),
        marginTop: 0,
        marginLeft: narrow ? 8 : 150,
        marginRight: 16,
        marginBottom: 26,
        x: { label: null, ticks: narrow ? 4 : 7, nice: true },
        y: { domain: drawn.map((one) => one.value), axis: null, padding: 0.6 },
        marks: [
          Plot.gridX({ stroke: "var(--rule)", strokeOpacity: 1, ticks: narrow ? 4 : 7 }),
          middle !== null ? Plot.ruleX([middle], { stroke: "var(--muted)", strokeWidth: 1.25 }) : null,
          ...hand((one) => one.score, "var(--plan)", -off + (narrow ? 6 : 0), true),
          ...(other ? hand(second, "var(--other)", off + (narrow ? 6 : 0), false) : []),
          row_names(drawn, "value", (one) => short(one.value, 22), narrow),
        ],
      });
      const x = plot.scale("x")!;
      const y = plot.scale("y")!;
      const known = new Set(drawn);
      return {
        svg: plot as SVGSVGElement,
        at: (one) =>
          known.has(one)
            ? { x: x.apply(one.score.value!) as number, y: (y.apply(one.value) as number) + (y.bandwidth ?? 0) / 2 - off + (narrow ? 6 : 0) }
            : null,
      };
    },
  });
}

/// A list of the arms; `draw` is called with the first choice and every later one.
function arm_choice(measures: Measures, draw: (other: ArmMeasures | null) => void): HTMLElement | null {
  const first = beside(measures);
  draw(first);
  const others = measures.arms.filter((arm) => arm !== baseline(measures));
  if (others.length < 2) return null;
  const select = h(
    "select",
    { id: "beside" },
    h("option", { value: "" }, "nothing"),
    others.map((arm, i) => h("option", { value: i, selected: arm === first }, arm.arm)),
  );
  select.addEventListener("change", () => draw(others[Number(select.value || -1)] ?? null));
  return h("p", { class: "choice" }, h("label", { for: "beside" }, `Beside ${baseline(measures).arm}, show`), select);
}

export function profile_section(measures: Measures): HTMLElement {
  const arm = baseline(measures);
  const charts = h("div");
  const scored = arm.values.filter((one) => is_known(one.score));
  const choice =
    scored.length > 0
      ? arm_choice(measures, (other) => {
          const circle = spokes(measures, other);
          charts.replaceChildren(...(circle.length > 2 ? [circle_chart(measures, other, circle)] : []), scores_chart(measures, other));
        })
      : null;
  const missing = arm.values.length - scored.length;
  const { accuracy, right, likelier, branches = [] } = arm;
  return section(
    "profile",
    "What came out",
    scored.length > 0
      ? p(
          `Scores are in ${measures.unit}. Each has its ${percent(measures.level)} interval; what shares a ${measures.how["person"] ? "respondent or a stem" : "stem"} counts as one (${count(measures.stems)} stems of ${count(measures.items)} items).`,
        )
      : arm.values.length === 0
        ? p("The items of this battery belong to no value, so there is no score of values here.")
        : null,
    is_known(accuracy)
      ? p(
          `Right answers: ${told_share(accuracy)} of the items${is_known(right) ? `; the right answer's probability is ${told(right).replace("+", "")} on average` : ""}${is_number(measures.chance) ? `. Guessing gives ${percent(measures.chance)}` : ""}.`,
        )
      : null,
    is_known(arm.exact_match) ? p(`Right throughout: ${told_share(arm.exact_match)} of the groups of items.`) : null,
    branches.length > 1 ? h("ul", {}, branches.map((one) => h("li", {}, told_branch(one)))) : null,
    likelier.map((one) =>
      is_known(one.share)
        ? p(`Counting by ${one.by}, the first text is likelier in ${told_share(one.share)} of the items${is_known(one.difference) ? `, by ${told(one.difference)} nats` : ""}.`)
        : null,
    ),
    choice,
    charts,
    missing > 0 && scored.length > 0 ? p(`${count(missing)} of ${count(arm.values.length)} values ${missing === 1 ? "has" : "have"} no score; the table says why.`) : null,
    scored.length > most_drawn ? p(`Drawn are the ${most_drawn / 2} highest and the ${most_drawn / 2} lowest of ${count(scored.length)}; the table has them all.`) : null,
    scored.length === 0 && arm.values.length > 0 ? reasons_list(arm.values) : null,
  );
}

export function told_branch(one: Branch): string {
  if (!is_known(one.score)) return `${one.branch}: ${shown(one.score)}.`;
  const what = one.by === "group" ? "groups were answered right throughout" : "items were answered right";
  const guess = is_number(one.chance) ? `; guessing gives ${percent(one.chance)}` : "";
  return `${one.branch}: ${told_share(one.score)} of the ${what}${guess}.`;
}

function reasons_list(values: readonly ValueScore[]): HTMLElement {
  return h("ul", {}, values.slice(0, most_drawn).map((one) => h("li", {}, datum(one.value), `: ${shown(one.score)}`)));
}
