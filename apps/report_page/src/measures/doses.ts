// Cause and measure in one run: how scores move along the targets of a sweep, and arms against the baseline.
import * as Plot from "@observablehq/plot";
import { chart, legend, plot_base } from "../chart";
import { datum, p, section, table } from "../dom";
import { is_number, num, signed } from "../format";
import type { Difference, DoseCurve, Measures } from "./data";
import { shown } from "./words";

interface Point {
  target: number;
  value: string;
  role: string;
  shift: DoseCurve["points"][number]["shift"];
}

const roles: [string, string][] = [
  ["steered", "The steered value"],
  ["neighbour", "Its neighbours on the circle"],
  ["opposite", "Its opposites"],
  ["other", "The other values"],
  ["control", "Factual controls"],
  ["fluency", "What it costs: neutral texts, rise of nll per token"],
];

const line_colours = ["var(--plan)", "var(--other)", "var(--muted)", "var(--ink)"];

function dose_chart(steered: string, role: string, heading: string, curves: readonly DoseCurve[]): HTMLElement | null {
  const points: Point[] = curves.flatMap((curve) =>
    curve.points
      .filter((point) => is_number(point.shift.value))
      .map((point) => ({ target: point.target, value: curve.value, role, shift: point.shift })),
  );
  if (points.length === 0) return null;
  const names = [...new Set(points.map((q) => q.value))];
  const targets = [...new Set(points.map((q) => q.target))].sort((a, b) => a - b);
  const colour = (name: string): string => line_colours[names.indexOf(name) % line_colours.length]!;
  const place = (q: Point): string => String(q.target);
  return chart<Point>({
    id: `chart-dose-${steered}-${role}`,
    title: `${heading}, as ${steered} is held higher`,
    summary: `Shift against the unsteered model at the targets ${targets.join(", ")}.`,
    rows: points,
    legend: names.length > 1 ? legend(...names.map((name) => ["line", colour(name), name] as ["line", string, string])) : null,
    columns: [
      { head: "Value", cell: (q) => datum(q.value) },
      { head: "Target", numeric: true, cell: (q) => String(q.target) },
      { head: "Shift", unit: "paired over items", numeric: true, cell: (q) => shown(q.shift, 3) },
    ],
    lines: (q) => [q.value, `target ${q.target}`, `shift ${shown(q.shift, 3)}`],
    draw: (width) => {
      const drawn = Plot.plot({
        ...plot_base,
        width,
        height: 190,
        marginLeft: 52,
        marginBottom: 38,
        x: { type: "point", domain: targets.map(String), label: "target probability", labelArrow: false, labelAnchor: "center" },
        y: { label: null, ticks: 5, nice: true },
        marks: [
          Plot.gridY({ stroke: "var(--rule)", strokeOpacity: 1, ticks: 5 }),
          Plot.ruleY([0], { stroke: "var(--muted)", strokeWidth: 1.25 }),
          Plot.ruleX(names.length === 1 ? points : [], {
            x: place,
            y1: (q: Point) => q.shift.lo ?? q.shift.value,
            y2: (q: Point) => q.shift.hi ?? q.shift.value,
            stroke: "var(--plan)",
            strokeWidth: 2,
          }),
          Plot.line(points, { x: place, y: (q: Point) => q.shift.value, z: "value", stroke: (q: Point) => colour(q.value), strokeWidth: 1.75 }),
          Plot.dot(points, { x: place, y: (q: Point) => q.shift.value, fill: (q: Point) => colour(q.value), r: 4 }),
        ],
      });
      const x = drawn.scale("x")!;
      const y = drawn.scale("y")!;
      return { svg: drawn as SVGSVGElement, at: (q) => ({ x: x.apply(place(q)) as number, y: y.apply(q.shift.value!) as number }) };
    },
  });
}

export function doses_section(measures: Measures): HTMLElement | null {
  if (measures.doses.length === 0) return null;
  const steered = [...new Set(measures.doses.map((curve) => curve.steered))];
  return section(
    "doses",
    "Cause and effect",
    p(
      "The same items were asked under rising targets of a value. Each shift is paired with the unsteered answer to the same item. A value that is moved on purpose should rise with its target, its opposites should not, and controls and fluency should stay.",
    ),
    ...steered.flatMap((value) =>
      roles.map(([role, heading]) =>
        dose_chart(value, role, heading, measures.doses.filter((curve) => curve.steered === value && curve.role === role)),
      ),
    ),
  );
}

export function differences_section(measures: Measures): HTMLElement | null {
  if (measures.differences.length === 0) return null;
  const sure = measures.differences.filter((d) => is_number(d.p_holm) && d.p_holm < 0.05);
  return section(
    "differences",
    `Against ${measures.baseline}`,
    p(
      sure.length === 0
        ? "After Holm's correction over all arms and values no shift is significant at 5\u202f%."
        : `After Holm's correction ${sure.length} of ${measures.differences.length} shifts are significant at 5\u202f%: ${sure.slice(0, 6).map((d) => `${d.value} under ${d.arm} (${signed(d.shift.value, 3)})`).join(", ")}${sure.length > 6 ? ", \u2026" : ""}.`,
    ),
    table<Difference>(
      "Every arm against the baseline, paired over items",
      [
        { head: "Arm", cell: (d) => datum(d.arm) },
        { head: "Value", cell: (d) => datum(d.value) },
        { head: "Shift", numeric: true, cell: (d) => shown(d.shift, 3) },
        { head: "p", numeric: true, cell: (d) => (is_number(d.p) ? num(d.p, 3) : "not measured") },
        { head: "p, Holm", numeric: true, cell: (d) => (is_number(d.p_holm) ? num(d.p_holm, 3) : "not measured") },
      ],
      measures.differences,
    ),
  );
}
