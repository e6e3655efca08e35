import * as Plot from "@observablehq/plot";
import { chart, legend, plot_base } from "../chart";
import type { EffectTrace, RunData } from "../data";
import { absent, p, section } from "../dom";
import { is_number, num, percent, probability } from "../format";

function target(data: RunData): number | null {
  const own = data.plan?.values.find((one) => one.value === data.run.value);
  if (!own || data.plan?.amount === "constant") return null;
  if (is_number(own.p0)) return own.p0;
  return is_number(own.log_odds) ? 1 / (1 + Math.exp(-own.log_odds)) : null;
}

function shift_chart(trace: readonly EffectTrace[], p0: number | null, norms: ReadonlyMap<number, number>): HTMLElement {
  const share = (one: EffectTrace): number | null => {
    const norm = norms.get(one.layer);
    return is_number(one.d) && norm !== undefined && norm > 0 ? Math.abs(one.d) / norm : null;
  };
  const layers = trace.map((one) => one.layer);
  const pushed = trace.filter(
    (one) => is_number(one.p_before) && is_number(one.p_after) && Math.abs(one.p_after - one.p_before) > 0.005,
  );
  return chart<EffectTrace>({
    id: "chart-shifts",
    title: "The reading before and after the push",
    summary: "For each steered layer, how surely its state lies on the value's side, from 0 to 1, before and after.",
    rows: trace,
    nearest: "x",
    legend: legend(
      ["ring", "var(--other)", "before"],
      ["dot", "var(--plan)", "after"],
      ...(p0 === null ? [] : [["dashed", "var(--warn)", "target"] as ["dashed", string, string]]),
    ),
    columns: [
      { head: "Layer", numeric: true, cell: (one) => String(one.layer) },
      { head: "p before", numeric: true, cell: (one) => probability(one.p_before) },
      { head: "p after", numeric: true, cell: (one) => probability(one.p_after) },
      { head: "Push d", unit: "state units", numeric: true, cell: (one) => num(one.d) },
      { head: "Push", unit: "of the state's length", numeric: true, cell: (one) => percent(share(one), 1) },
    ],
    lines: (one) => {
      const part = share(one);
      return [
        `Layer ${one.layer}`,
        `p ${probability(one.p_before)} to ${probability(one.p_after)}`,
        `push ${num(one.d)}${part === null ? "" : `, ${percent(part, 1)} of the state's length`}`,
      ];
    },
    draw: (width) => {
      const drawn = Plot.plot({
        ...plot_base,
        width,
        height: width < 520 ? 240 : 280,
        marginLeft: 46,
        marginRight: 14,
        marginTop: 14,
        marginBottom: 42,
        x: { type: "point", domain: layers, label: "layer", labelArrow: false, labelAnchor: "center", padding: 0.6 },
        y: { domain: [0, 1], ticks: 5, label: null, tickFormat: (y: number) => num(y, 1) },
        marks: [
          Plot.gridY({ stroke: "var(--rule)", strokeOpacity: 1, ticks: 5 }),
          p0 === null ? null : Plot.ruleY([p0], { stroke: "var(--warn)", strokeDasharray: "5 4", strokeWidth: 1.5 }),
          Plot.arrow(pushed, {
            x: "layer",
            y1: "p_before",
            y2: "p_after",
            stroke: "var(--plan)",
            strokeWidth: 1.75,
            strokeOpacity: 0.55,
            inset: 7,
            headLength: 7,
          }),
          Plot.dot(trace, { x: "layer", y: "p_before", stroke: "var(--other)", fill: "var(--ground)", strokeWidth: 1.75, r: 4.5 }),
          Plot.dot(trace, { x: "layer", y: "p_after", fill: "var(--plan)", r: 5.5 }),
        ],
      });
      const x = drawn.scale("x")!;
      const y = drawn.scale("y")!;
      return {
        svg: drawn as SVGSVGElement,
        at: (one) =>
          is_number(one.p_after) ? { x: x.apply(one.layer) as number, y: y.apply(one.p_after) as number } : null,
      };
    },
  });
}

export function shifts_section(data: RunData): HTMLElement {
  const id = "readings";
  const heading = "Inside the model";
  const trace = data.effect?.trace ?? [];
  if (trace.length === 0) {
    return absent(id, heading, "This run holds no readings from before and after the push; effect.json has them when axia effect records a trace.");
  }
  const norms = new Map(data.vector?.layers.filter((one) => is_number(one.state_norm)).map((one) => [one.layer, one.state_norm!]) ?? []);
  const p0 = target(data);
  return section(
    id,
    heading,
    p(
      `At each steered layer the probe gives a reading p: how surely the state lies on the side of ${data.run.value}, from 0 to 1. `,
      p0 === null
        ? "The push is added there, and the next layer reads what the pushed state became."
        : `The plan asks for ${probability(p0)} and pushes just as far as that takes; a state that is there already is left alone.`,
      " Shown are means over the steered tokens of the measured texts.",
    ),
    shift_chart(trace, p0, norms),
  );
}
