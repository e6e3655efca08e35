import * as Plot from "@observablehq/plot";
import { chart, legend, plot_base } from "../chart";
import type { ProbeLayer, RunData } from "../data";
import { absent, p, section } from "../dom";
import { count, is_number, layers_named, num, percent, percent_range } from "../format";
import { context_words } from "../words";

function best_layers(layers: readonly ProbeLayer[]): { accuracy: number; layers: number[] } | null {
  const measured = layers.filter((one) => is_number(one.paired_accuracy));
  if (measured.length === 0) return null;
  const accuracy = Math.max(...measured.map((one) => one.paired_accuracy!));
  return { accuracy, layers: measured.filter((one) => one.paired_accuracy === accuracy).map((one) => one.layer) };
}

function control_sentence(layers: readonly ProbeLayer[]): string {
  const shuffled = layers.map((one) => one.shuffled_accuracy).filter(is_number);
  if (shuffled.length === 0) return "";
  const mean = shuffled.reduce((sum, x) => sum + x, 0) / shuffled.length;
  return Math.abs(mean - 0.5) <= 0.08
    ? ` Learnt from shuffled labels, the same probes read ${percent(mean)} on average: chance, as they must.`
    : ` Learnt from shuffled labels, the same probes read ${percent(mean)} on average, where 50\u202f% is due: be careful with these numbers.`;
}

function accuracy_chart(layers: readonly ProbeLayer[], chosen: ReadonlySet<number>): HTMLElement {
  const marked = layers.filter((one) => chosen.has(one.layer) && is_number(one.paired_accuracy));
  const lows = layers.flatMap((one) => [one.paired_ci?.[0], one.paired_accuracy, one.shuffled_accuracy, 0.4]).filter(is_number);
  const paired = (one: ProbeLayer): number => one.paired_accuracy ?? NaN;
  return chart<ProbeLayer>({
    id: "chart-probes",
    title: "Held-out pairs told apart, layer by layer",
    summary: "A line per layer with its interval, above the control learnt from shuffled labels; chosen layers are marked.",
    rows: layers,
    nearest: "x",
    legend: legend(
      ["line", "var(--plan)", "pairs told apart"],
      ["band", "var(--plan)", "95 % interval"],
      ["dot", "var(--plan)", "chosen layer"],
      ["dashed", "var(--muted)", "shuffled labels"],
    ),
    columns: [
      { head: "Layer", numeric: true, cell: (one) => String(one.layer) },
      { head: "Chosen", brief: true, cell: (one) => (chosen.has(one.layer) ? "yes" : "no") },
      { head: "Held-out pairs", numeric: true, cell: (one) => percent(one.paired_accuracy, 1) },
      { head: "95 % interval", numeric: true, cell: (one) => percent_range(one.paired_ci, 0) },
      { head: "Held-out texts", numeric: true, cell: (one) => percent(one.heldout_accuracy, 1) },
      { head: "95 % interval", numeric: true, cell: (one) => percent_range(one.heldout_ci, 0) },
      { head: "Learnt texts", unit: "cross-checked", numeric: true, cell: (one) => percent(one.cross_accuracy, 1) },
      { head: "Learnt texts", unit: "as fitted", numeric: true, cell: (one) => percent(one.train_accuracy, 1) },
      { head: "Shuffled", numeric: true, cell: (one) => percent(one.shuffled_accuracy, 1) },
      { head: "Gap of the sides", unit: "state units", numeric: true, cell: (one) => num(one.mean_gap) },
      { head: "State length", unit: "state units", numeric: true, cell: (one) => num(one.state_norm, 1) },
      { head: "Spread of readings", unit: "log-odds", numeric: true, cell: (one) => num(one.reading_spread) },
    ],
    lines: (one) => [
      `Layer ${one.layer}${chosen.has(one.layer) ? ", chosen" : ""}`,
      `${percent(one.paired_accuracy)} of pairs, interval ${percent_range(one.paired_ci)}`,
      `shuffled labels ${percent(one.shuffled_accuracy)}`,
    ],
    draw: (width) => {
      const numbers = layers.map((one) => one.layer);
      const drawn = Plot.plot({
        ...plot_base,
        width,
        height: width < 520 ? 250 : 310,
        marginLeft: 46,
        marginRight: 14,
        marginTop: 14,
        marginBottom: 42,
        x: {
          domain: [Math.min(...numbers), Math.max(...numbers)],
          label: "layer",
          labelArrow: false,
          labelAnchor: "center",
          ticks: Math.min(numbers.length, Math.floor(width / 60)),
          tickFormat: (x: number) => (Number.isInteger(x) ? String(x) : ""),
        },
        y: { domain: [Math.min(...lows), 1], ticks: 6, tickFormat: (y: number) => percent(y), label: null },
        marks: [
          Plot.gridY({ stroke: "var(--rule)", strokeOpacity: 1, ticks: 6 }),
          Plot.ruleX(marked, { x: "layer", y1: Math.min(...lows), y2: paired, stroke: "var(--plan)", strokeOpacity: 0.3 }),
          Plot.areaY(layers, {
            x: "layer",
            y1: (one: ProbeLayer) => one.paired_ci?.[0] ?? NaN,
            y2: (one: ProbeLayer) => one.paired_ci?.[1] ?? NaN,
            fill: "var(--plan)",
            fillOpacity: 0.16,
          }),
          Plot.lineY(layers, {
            x: "layer",
            y: (one: ProbeLayer) => one.shuffled_accuracy ?? NaN,
            stroke: "var(--muted)",
            strokeDasharray: "4 3",
            strokeWidth: 1.5,
          }),
          Plot.lineY(layers, { x: "layer", y: paired, stroke: "var(--plan)", strokeWidth: 2.25 }),
          Plot.dot(marked, { x: "layer", y: paired, fill: "var(--plan)", stroke: "var(--ground)", strokeWidth: 2, r: 5.5 }),
        ],
      });
      const x = drawn.scale("x")!;
      const y = drawn.scale("y")!;
      return {
        svg: drawn as SVGSVGElement,
        at: (one) =>
          is_number(one.paired_accuracy)
            ? { x: x.apply(one.layer) as number, y: y.apply(one.paired_accuracy) as number }
            : null,
      };
    },
  });
}

export function probes_section(data: RunData): HTMLElement {
  const id = "probes";
  const heading = "Where the value lies";
  const { vector } = data;
  if (!vector || vector.layers.length === 0) {
    return absent(id, heading, "This run has no vector.json, so there is nothing to show of the probes. axia learn writes it.");
  }
  const best = best_layers(vector.layers);
  const chosen = new Set(vector.chosen);
  const gate = vector.gate;
  return section(
    id,
    heading,
    p(
      "At every layer a probe learns to tell the two sides of a pair apart, and is then tried on pairs it never saw. ",
      best
        ? `The best reading is ${percent(best.accuracy)} of held-out pairs, at ${layers_named(best.layers)}.`
        : "None of them was tried on held-out pairs.",
      control_sentence(vector.layers),
    ),
    p(
      vector.chosen.length > 0
        ? `Chosen for steering: ${layers_named(vector.chosen)}. `
        : "No layer was chosen for steering. ",
      `The probes were learnt from ${context_words(vector.context)}. A good reading shows where the value can be seen; it does not yet show where a push has an effect. The tuning below tries that.`,
    ),
    accuracy_chart(vector.layers, chosen),
    gate
      ? p(
          is_number(gate.threshold)
            ? `The gate reads layer ${gate.layer}. Its threshold, ${num(gate.threshold)}, was set on ${is_number(gate.calibration) ? `${count(gate.calibration)} ` : ""}everyday requests so that at most ${percent(gate.alpha)} of such requests open it by mistake.`
            : `The gate reads layer ${gate.layer}, but never opens: there were too few everyday requests to set its threshold.`,
        )
      : null,
  );
}
