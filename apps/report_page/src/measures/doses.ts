// Cause and measure in one run: small drawings, one per value, of how scores move along the targets of a sweep.
import { chart, legend, type Point as Place } from "../chart";
import { datum, h, p, section, svg } from "../dom";
import { is_number, short, trimmed } from "../format";
import { type DoseCurve, type Figure, is_known, type Known, type Measures } from "./data";
import { linear, spread, ticks } from "./scale";
import { dose_sentence, shown } from "./words";

export interface Panel {
  name: string;
  role: string; // as told
  colour: string;
  hollow: boolean;
  points: { target: number; shift: Figure }[];
}

export interface DoseRow {
  panel: Panel;
  target: number;
  shift: Figure;
}

const value_roles: Record<string, { told: string; colour: string; hollow: boolean }> = {
  steered: { told: "steered", colour: "var(--plan)", hollow: false },
  neighbour: { told: "neighbour", colour: "var(--plan)", hollow: true },
  opposite: { told: "opposite", colour: "var(--other)", hollow: false },
  other: { told: "other", colour: "var(--muted)", hollow: false },
};

const control_names: Record<string, [string, string]> = {
  accuracy: ["right answers", "probability"],
  yes: ["saying yes", "probability"],
  invalid: ["outside the options", "probability"],
  fluency: ["neutral texts", "nats per token"],
};

/// One panel a value, the steered one first and the others by role.
export function value_panels(curves: readonly DoseCurve[]): Panel[] {
  return Object.entries(value_roles).flatMap(([role, { told, colour, hollow }]) =>
    curves.filter((curve) => curve.role === role).map((curve) => ({ name: curve.value, role: told, colour, hollow, points: curve.points })),
  );
}

/// What should stay: controls and fluency. Of two curves of one name the first is of this battery's items,
/// the second of the factual controls asked beside them.
export function control_panels(curves: readonly DoseCurve[]): Panel[] {
  const beside = curves.filter((curve) => curve.role === "control" || curve.role === "fluency");
  return beside.map((curve) => {
    const same = beside.filter((other) => other.value === curve.value && other.role === curve.role);
    const of = same.length < 2 ? "" : same.indexOf(curve) === 0 ? ", these items" : ", factual controls";
    const [name, unit] = control_names[curve.value] ?? [curve.value, ""];
    return { name, role: `${unit}${of}`, colour: "var(--ink)", hollow: false, points: curve.points };
  });
}

function ends(panels: readonly Panel[]): [number, number] {
  const numbers = panels.flatMap((panel) => panel.points.flatMap(({ shift }) => [shift.value, shift.lo, shift.hi])).filter(is_number);
  return spread([0, ...numbers]);
}

const gap = 18;
const height = 148;

function dose_chart(id: string, title: string, panels: readonly Panel[], unit: string, one_scale: boolean, key: HTMLElement | null): HTMLElement {
  const rows: DoseRow[] = panels.flatMap((panel) => panel.points.map(({ target, shift }) => ({ panel, target, shift })));
  const targets = [...new Set(rows.map((row) => row.target))].sort((a, b) => a - b);
  const common = ends(panels);
  return chart<DoseRow>({
    id,
    title,
    summary: `Shift against the unsteered answers at the targets ${targets.join(", ")}, with intervals; ${one_scale ? "all drawings share one scale" : "each drawing has its own scale"}.`,
    rows,
    legend: key,
    columns: [
      { head: "What", cell: (row) => datum(row.panel.name) },
      { head: "Role", cell: (row) => row.panel.role },
      { head: "Target", numeric: true, cell: (row) => String(row.target) },
      { head: "Shift", unit, numeric: true, cell: (row) => shown(row.shift, 3) },
    ],
    lines: (row) => [row.panel.name, row.panel.role, `target ${row.target}`, `shift ${shown(row.shift, 3)}`],
    draw: (width) => {
      const per_row = Math.max(1, Math.min(panels.length, Math.floor((width + gap) / (148 + gap))));
      const wide = (width - gap * (per_row - 1)) / per_row;
      const all = Math.ceil(panels.length / per_row) * (height + gap);
      const drawing = svg("svg", { width, height: all, viewBox: `0 0 ${width} ${all}`, class: "plot" });
      const places = new Map<DoseRow, Place>();
      panels.forEach((panel, i) => {
        const left = (i % per_row) * (wide + gap);
        const top = Math.floor(i / per_row) * (height + gap);
        const domain = one_scale ? common : ends([panel]);
        const y = linear(domain, [top + height - 20, top + 36]);
        const x = linear([0, targets.length], [left + 44, left + wide - 10]); // 0: unsteered
        const write = (at: Place, words: string, attributes: Record<string, string | number>): void => {
          const text = svg("text", { x: at.x, y: at.y, ...attributes });
          text.textContent = words;
          drawing.append(text);
        };
        write({ x: left, y: top + 11 }, short(panel.name, Math.floor(wide / 8)), { fill: "var(--ink)", "font-size": 12, "font-weight": 600 });
        write({ x: left, y: top + 25 }, short(panel.role, Math.floor(wide / 6)), { fill: "var(--muted)", "font-size": 11 });
        for (const tick of ticks(domain[0], domain[1], 4)) {
          const line = { x1: left + 40, x2: left + wide, y1: y(tick), y2: y(tick), stroke: tick === 0 ? "var(--muted)" : "var(--rule)" };
          drawing.append(svg("line", line));
          write({ x: left + 36, y: y(tick) + 4 }, trimmed(tick, 4), { "text-anchor": "end", fill: "var(--muted)", "font-size": 10 });
        }
        targets.forEach((target, j) => {
          const last = j === targets.length - 1;
          if (j > 0 && !last && x(1) - x(0) < 40) return; // no room for all
          write({ x: x(j + 1), y: top + height - 5 }, trimmed(target, 5), { "text-anchor": last ? "end" : "middle", dx: last ? 10 : 0, fill: "var(--muted)", "font-size": 10 });
        });
        const known = panel.points.flatMap((point) =>
          is_known(point.shift) ? [{ target: point.target, shift: point.shift as Known, x: x(targets.indexOf(point.target) + 1), y: y(point.shift.value) }] : [],
        );
        const path = `M${x(0)} ${y(0)}${known.map((point) => `L${point.x} ${point.y}`).join("")}`;
        drawing.append(svg("path", { d: path, fill: "none", stroke: panel.colour, "stroke-width": 1.75 }));
        for (const point of known) {
          if (is_number(point.shift.lo) && is_number(point.shift.hi)) {
            drawing.append(svg("line", { x1: point.x, x2: point.x, y1: y(point.shift.lo), y2: y(point.shift.hi), stroke: panel.colour, "stroke-width": 1.75 }));
          }
          drawing.append(svg("circle", { cx: point.x, cy: point.y, r: 3.5, fill: panel.hollow ? "var(--ground)" : panel.colour, stroke: panel.colour, "stroke-width": 1.75 }));
          places.set(rows.find((row) => row.panel === panel && row.target === point.target)!, { x: point.x, y: point.y });
        }
      });
      return { svg: drawing as SVGSVGElement, at: (row) => places.get(row) ?? null };
    },
  });
}

function sweep(measures: Measures, steered: string, at: number): HTMLElement[] {
  const curves = measures.doses.filter((curve) => curve.steered === steered);
  const values = value_panels(curves);
  const controls = control_panels(curves);
  const roles = new Set(values.map((panel) => panel.role));
  return [
    h("h3", {}, "Holding ", datum(steered), " higher"),
    p(dose_sentence(steered, curves)),
    ...(values.length > 0
      ? [
          dose_chart(
            `chart-dose-${at}`,
            `Scores as ${steered} is held higher`,
            values,
            measures.unit,
            true,
            legend(
              ["dot", "var(--plan)", "steered"],
              ...(roles.has("neighbour") ? [["ring", "var(--plan)", "its neighbours"] as ["ring", string, string]] : []),
              ...(roles.has("opposite") ? [["dot", "var(--other)", "its opposites"] as ["dot", string, string]] : []),
              ...(roles.has("other") ? [["dot", "var(--muted)", "others"] as ["dot", string, string]] : []),
            ),
          ),
        ]
      : []),
    ...(controls.length > 0 ? [dose_chart(`chart-controls-${at}`, `What should stay as ${steered} is held higher`, controls, "of each", false, null)] : []),
  ];
}

export function doses_section(measures: Measures): HTMLElement | null {
  if (measures.doses.length === 0) return null;
  const steered = [...new Set(measures.doses.map((curve) => curve.steered))];
  return section(
    "doses",
    "Cause and effect",
    p(
      `The same items were asked again under rising targets. A shift is paired: the same item steered minus ${measures.baseline}. The steered value should rise, its opposites should not, and factual controls and neutral texts should stay where they are. Every line begins at 0, without steering.`,
    ),
    steered.map((value, i) => sweep(measures, value, i)),
  );
}
