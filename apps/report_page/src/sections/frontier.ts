import * as Plot from "@observablehq/plot";
import { chart, legend, plot_base } from "../chart";
import type { Candidate, RunData, Tune } from "../data";
import { absent, code, h, p, section } from "../dom";
import { count, counted, is_number, layer_list, layers_named, num, seconds, signed, trimmed } from "../format";
import { amount_words, candidate_words, context_words, direction_words, dose, held_words, rows_words } from "../words";

/// Cost up to which candidates are drawn in place; dearer ones stand at the edge.
function right_edge(tune: Tune): number {
  const costs = tune.candidates.map((one) => one.cost_nll).sort((a, b) => a - b);
  const most = costs[Math.floor((costs.length - 1) * 0.95)] ?? tune.budget;
  const frontier = tune.candidates.filter((one) => one.on_frontier).map((one) => one.cost_nll);
  return Math.min(Math.max(tune.budget * 1.6, most, ...frontier) * 1.06, Math.max(tune.budget * 6, 0.05));
}

const is_chosen = (tune: Tune) => (one: Candidate) => one.chosen || one.id === tune.chosen;

function frontier_chart(tune: Tune): HTMLElement {
  const chosen = tune.candidates.filter(is_chosen(tune));
  const rows = [...tune.candidates].sort((a, b) => b.effect - a.effect);
  const edge = right_edge(tune);
  const cost = (one: Candidate): number => Math.min(one.cost_nll, edge);
  const outside = rows.filter((one) => one.cost_nll > edge).length;
  const last = Math.max(...rows.map((one) => one.round));
  const frontier = rows.filter((one) => one.on_frontier).sort((a, b) => a.cost_nll - b.cost_nll);
  // early rounds read few pairs, so the frontier's members need not rise; its line does
  const rising = frontier.filter((one, i) => frontier.slice(0, i).every((before) => before.effect < one.effect));
  const symbols: Record<string, string> = { probe: "circle", mean: "square", whitened: "triangle" };
  const left = Math.min(0, ...rows.map((one) => one.cost_nll));
  const figure = chart<Candidate>({
    id: "chart-frontier",
    title: "Effect against cost of every plan tried",
    summary: `${counted(rows.length, "candidate")}, the frontier of the best effect at each cost, the budget and the plan chosen.`,
    rows,
    legend: legend(
      ["dot", "var(--muted)", "probe"],
      ["square", "var(--muted)", "mean"],
      ["triangle", "var(--muted)", "whitened"],
      ["line", "var(--plan)", "frontier"],
      ["dashed", "var(--warn)", "budget"],
      ["ring", "var(--plan)", "chosen"],
    ),
    columns: [
      { head: "Candidate", brief: true, cell: (one) => code(String(one.id)) },
      { head: "Chosen", brief: true, cell: (one) => (is_chosen(tune)(one) ? "yes" : "no") },
      { head: "Frontier", brief: true, cell: (one) => (one.on_frontier ? "yes" : "no") },
      { head: "Effect", unit: "nats/token", numeric: true, cell: (one) => signed(one.effect, 3) },
      { head: "Standard error", unit: "nats/token", numeric: true, cell: (one) => num(one.effect_se, 3) },
      { head: "Cost", unit: "nats/token", numeric: true, cell: (one) => signed(one.cost_nll, 3) },
      { head: "Direction", cell: (one) => one.direction },
      { head: "Amount", cell: (one) => one.amount + (one.below ? ", below target only" : "") },
      { head: "Dose", cell: (one) => dose(one) },
      { head: "Layers", cell: (one) => layer_list(one.layers) },
      { head: "Rows", cell: (one) => one.rows },
      { head: "Learnt from", cell: (one) => one.context },
      { head: "Held", cell: (one) => held_words(one.hold) },
      { head: "Round", numeric: true, cell: (one) => count(one.round) },
      { head: "Pairs", numeric: true, cell: (one) => count(one.pairs) },
    ],
    lines: (one) => [
      is_chosen(tune)(one) ? "The plan chosen" : one.on_frontier ? "On the frontier" : `Round ${one.round}`,
      `effect ${signed(one.effect)}${is_number(one.effect_se) ? ` \u00b1 ${num(one.effect_se)}` : ""}, cost ${signed(one.cost_nll, 3)}`,
      candidate_words(one),
    ],
    draw: (width) => {
      const narrow = width < 520;
      const drawn = Plot.plot({
        ...plot_base,
        width,
        height: narrow ? 300 : 380,
        marginLeft: 46,
        marginRight: 16,
        marginTop: 26,
        marginBottom: 42,
        x: { domain: [left, edge], nice: false, label: "cost, nats per token", labelArrow: false, labelAnchor: "center", ticks: narrow ? 4 : 7 },
        y: { nice: true, label: "effect, nats per token", labelArrow: false, ticks: 6 },
        symbol: { domain: Object.keys(symbols), range: Object.values(symbols) },
        marks: [
          Plot.gridY({ stroke: "var(--rule)", strokeOpacity: 1, ticks: 6 }),
          Plot.ruleY([0], { stroke: "var(--muted)" }),
          Plot.ruleX([tune.budget], { stroke: "var(--warn)", strokeDasharray: "5 4", strokeWidth: 1.5 }),
          Plot.text([tune.budget], {
            x: (x: number) => x,
            frameAnchor: "top",
            text: (x: number) => `budget ${trimmed(x)}`,
            textAnchor: "start",
            dx: 6,
            dy: -14,
            fill: "var(--warn)",
          }),
          Plot.line(rising, { x: cost, y: "effect", stroke: "var(--plan)", strokeWidth: 2, curve: "step-after" }),
          Plot.ruleX(frontier.filter((one) => is_number(one.effect_se)), {
            x: cost,
            y1: (one: Candidate) => one.effect - one.effect_se!,
            y2: (one: Candidate) => one.effect + one.effect_se!,
            stroke: "var(--plan)",
            strokeOpacity: 0.5,
          }),
          Plot.dot(rows, {
            x: cost,
            y: "effect",
            symbol: (one: Candidate) => (one.direction in symbols ? one.direction : "probe"),
            fill: (one: Candidate) => (one.on_frontier ? "var(--plan)" : "var(--muted)"),
            fillOpacity: (one: Candidate) => (one.on_frontier ? 1 : one.round === last ? 0.8 : 0.55),
            r: (one: Candidate) => (one.on_frontier ? 5 : 3.8),
          }),
          Plot.dot(chosen, { x: cost, y: "effect", r: 11, stroke: "var(--plan)", strokeWidth: 2.25 }),
          Plot.text(chosen, {
            x: cost,
            y: "effect",
            text: () => "chosen",
            dy: -24,
            fill: "var(--plan)",
            stroke: "var(--ground)",
            strokeWidth: 4,
            fontWeight: 600,
          }),
        ],
      });
      const x = drawn.scale("x")!;
      const y = drawn.scale("y")!;
      return {
        svg: drawn as SVGSVGElement,
        at: (one) => ({ x: x.apply(cost(one)) as number, y: y.apply(one.effect) as number }),
      };
    },
  });
  if (outside === 0) return figure;
  return h(
    "div",
    {},
    figure,
    p(`${counted(outside, "candidate")} cost more than the drawing shows and ${outside === 1 ? "stands" : "stand"} at its right edge; the table has the true cost.`),
  );
}

export function frontier_section(data: RunData): HTMLElement {
  const id = "tuning";
  const heading = "Finding the plan";
  const { tune } = data;
  if (!tune || tune.candidates.length === 0) {
    return absent(id, heading, "This run has no tune.json: its plan was not tuned here, or not at all. axia tune writes it.");
  }
  const chosen = tune.candidates.find(is_chosen(tune));
  return section(
    id,
    heading,
    p(
      `The tuner tried ${counted(tune.candidates.length, "plan")} on the learning pairs, using ${count(tune.tokens)} of ${count(tune.token_budget)} tokens and ${seconds(tune.seconds)}. `,
      "A good plan moves the model far and leaves ordinary text alone: up and to the left.",
    ),
    chosen
      ? p(
          h("strong", {}, "Chosen: "),
          `${layers_named(chosen.layers)}, ${direction_words(chosen.direction)}; ${amount_words(chosen.amount)}${chosen.below ? ", only where the reading is below the target" : ""}; on ${rows_words(chosen.rows)}; ${dose(chosen)}; learnt from ${context_words(chosen.context)}. `,
          `Effect ${signed(chosen.effect)} at a cost of ${num(chosen.cost_nll, 3)} nats per token, ${chosen.cost_nll <= tune.budget ? "within" : "above"} the budget of ${trimmed(tune.budget)}.`,
        )
      : p("No candidate was chosen."),
    tune.warning ? h("p", { class: "notice" }, `The tuner warns: ${tune.warning}.`) : null,
    frontier_chart(tune),
    p(
      "These numbers are from the pairs the tuner worked on; the best of many always looks a little better here than it is. The next section measures the chosen plan on pairs that nobody had seen.",
    ),
  );
}
