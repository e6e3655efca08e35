// Drawings of the values page, in the manner of the report.
import * as Plot from "@observablehq/plot";
import { chart, legend, plot_base } from "@report/chart";
import { is_number, num, percent, percent_range, signed } from "@report/format";
import type { FrontierPoint, VectorInfo, VectorLayer } from "../api/types";

export function layers_chart(vector: VectorInfo): HTMLElement {
  const { layers } = vector;
  const best = layers.filter((one) => one.layer === vector.best_layer);
  const lows = layers.flatMap((one) => [one.paired_ci?.[0], one.paired, one.shuffled, 0.4]).filter(is_number);
  const paired = (one: VectorLayer): number => one.paired ?? NaN;
  return chart<VectorLayer>({
    id: "chart-layers",
    title: `${vector.value}: held-out pairs told apart, layer by layer`,
    summary: "A line with its interval, above the control learnt from shuffled labels; the layer chosen on the learning pairs is marked.",
    rows: layers,
    nearest: "x",
    legend: legend(["line", "var(--plan)", "pairs told apart"], ["band", "var(--plan)", "95 % interval"], ["dot", "var(--plan)", "chosen layer"], ["dashed", "var(--muted)", "shuffled labels"]),
    columns: [
      { head: "Layer", numeric: true, cell: (one) => String(one.layer) },
      { head: "Held-out pairs", numeric: true, cell: (one) => percent(one.paired, 1) },
      { head: "95 % interval", numeric: true, cell: (one) => percent_range(one.paired_ci) },
      { head: "Held-out texts", numeric: true, cell: (one) => percent(one.accuracy, 1) },
      { head: "95 % interval", numeric: true, cell: (one) => percent_range(one.accuracy_ci) },
      { head: "Shuffled", numeric: true, cell: (one) => percent(one.shuffled, 1) },
    ],
    lines: (one) => [
      `Layer ${one.layer}${one.layer === vector.best_layer ? ", chosen" : ""}`,
      `${percent(one.paired)} of pairs, interval ${percent_range(one.paired_ci)}`,
      `shuffled labels ${percent(one.shuffled)}`,
    ],
    draw: (width) => {
      const numbers = layers.map((one) => one.layer);
      const drawn = Plot.plot({
        ...plot_base,
        width,
        height: width < 520 ? 240 : 290,
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
          Plot.areaY(layers, {
            x: "layer",
            y1: (one: VectorLayer) => one.paired_ci?.[0] ?? NaN,
            y2: (one: VectorLayer) => one.paired_ci?.[1] ?? NaN,
            fill: "var(--plan)",
            fillOpacity: 0.16,
          }),
          Plot.lineY(layers, { x: "layer", y: (one: VectorLayer) => one.shuffled ?? NaN, stroke: "var(--muted)", strokeDasharray: "4 3", strokeWidth: 1.5 }),
          Plot.lineY(layers, { x: "layer", y: paired, stroke: "var(--plan)", strokeWidth: 2.25 }),
          Plot.dot(best, { x: "layer", y: paired, fill: "var(--plan)", stroke: "var(--ground)", strokeWidth: 2, r: 5.5 }),
        ],
      });
      const x = drawn.scale("x")!;
      const y = drawn.scale("y")!;
      return {
        svg: drawn as SVGSVGElement,
        at: (one) => (is_number(one.paired) ? { x: x.apply(one.layer) as number, y: y.apply(one.paired) as number } : null),
      };
    },
  });
}

/// Points no other is both cheaper and stronger than, from cheap to dear.
export function frontier_of(points: readonly FrontierPoint[]): FrontierPoint[] {
  const sorted = [...points].sort((a, b) => a.cost - b.cost || b.effect - a.effect);
  const found: FrontierPoint[] = [];
  for (const point of sorted) if (found.length === 0 || point.effect > found.at(-1)!.effect) found.push(point);
  return found;
}

export function frontier_chart(value: string, points: readonly FrontierPoint[], budget: number | null): HTMLElement {
  const rows = [...points].sort((a, b) => b.effect - a.effect);
  const frontier = frontier_of(points);
  const best = new Set(frontier);
  const chosen = rows.filter((one) => one.chosen);
  const edge = Math.max(...rows.map((one) => one.cost), budget ?? 0) * 1.06 || 0.05;
  const left = Math.min(0, ...rows.map((one) => one.cost));
  return chart<FrontierPoint>({
    id: "chart-frontier",
    title: `${value}: effect against cost of every plan tried`,
    summary: `${rows.length} plans tried, each with its interval, and the frontier of the best effect at each cost.`,
    rows,
    legend: legend(
      ["dot", "var(--muted)", "tried"],
      ["line", "var(--plan)", "frontier"],
      ...(budget !== null ? [["dashed", "var(--warn)", "most cost allowed"] as ["dashed", string, string]] : []),
      ...(chosen.length > 0 ? [["ring", "var(--plan)", "chosen"] as ["ring", string, string]] : []),
    ),
    columns: [
      { head: "Plan", cell: (one) => one.label ?? "plan" },
      { head: "Effect", unit: "nats/token", numeric: true, cell: (one) => signed(one.effect, 3) },
      { head: "95 % interval", unit: "nats/token", numeric: true, cell: (one) => (one.ci ? `${num(one.ci[0], 3)} to ${num(one.ci[1], 3)}` : "not measured") },
      { head: "Cost", unit: "nats/token", numeric: true, cell: (one) => signed(one.cost, 3) },
      { head: "Frontier", brief: true, cell: (one) => (best.has(one) ? "yes" : "no") },
      { head: "Chosen", brief: true, cell: (one) => (one.chosen ? "yes" : "no") },
    ],
    lines: (one) => [
      one.chosen ? "The plan chosen" : best.has(one) ? "On the frontier" : "Tried",
      `effect ${signed(one.effect, 3)}${one.ci ? ` [${num(one.ci[0], 3)}, ${num(one.ci[1], 3)}]` : ""}, cost ${signed(one.cost, 3)}`,
      one.label ?? "",
    ],
    draw: (width) => {
      const narrow = width < 520;
      const drawn = Plot.plot({
        ...plot_base,
        width,
        height: narrow ? 280 : 340,
        marginLeft: 46,
        marginRight: 16,
        marginTop: 26,
        marginBottom: 42,
        x: { domain: [left, edge], label: "cost, nats per token", labelArrow: false, labelAnchor: "center", ticks: narrow ? 4 : 7 },
        y: { nice: true, label: "effect, nats per token", labelArrow: false, ticks: 6 },
        marks: [
          Plot.gridY({ stroke: "var(--rule)", strokeOpacity: 1, ticks: 6 }),
          Plot.ruleY([0], { stroke: "var(--muted)" }),
          budget !== null ? Plot.ruleX([budget], { stroke: "var(--warn)", strokeDasharray: "5 4", strokeWidth: 1.5 }) : null,
          Plot.line(frontier, { x: "cost", y: "effect", stroke: "var(--plan)", strokeWidth: 2, curve: "step-after" }),
          Plot.ruleX(
            rows.filter((one) => one.ci),
            {
              x: "cost",
              y1: (one: FrontierPoint) => one.ci![0],
              y2: (one: FrontierPoint) => one.ci![1],
              stroke: (one: FrontierPoint) => (best.has(one) ? "var(--plan)" : "var(--muted)"),
              strokeOpacity: 0.45,
            },
          ),
          Plot.dot(rows, { x: "cost", y: "effect", fill: (one: FrontierPoint) => (best.has(one) ? "var(--plan)" : "var(--muted)"), r: (one: FrontierPoint) => (best.has(one) ? 5 : 3.8) }),
          Plot.dot(chosen, { x: "cost", y: "effect", r: 11, stroke: "var(--plan)", strokeWidth: 2.25 }),
        ],
      });
      const x = drawn.scale("x")!;
      const y = drawn.scale("y")!;
      return { svg: drawn as SVGSVGElement, at: (one) => ({ x: x.apply(one.cost) as number, y: y.apply(one.effect) as number }) };
    },
  });
}
