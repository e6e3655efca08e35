// Values on their circle: neighbours side by side, opposites across, further out is higher.
import { chart, legend, type Point } from "../chart";
import { datum, svg } from "../dom";
import { is_number, short, trimmed } from "../format";
import { type ArmMeasures, baseline, type Figure, is_known, type Known, type Measures, score_of } from "./data";
import { linear, spread, ticks } from "./scale";
import { neutral, shown } from "./words";

export interface Spoke {
  value: string;
  angle: number; // degrees, clockwise from the top
  score: Known;
  other: Figure | null;
}

const apart = 9; // degrees to either side, of values that share a place on the circle

/// The values of the circle that have a place and a score, in circle order.
export function spokes(measures: Measures, other: ArmMeasures | null): Spoke[] {
  const found = measures.circle.flatMap(({ value, angle }) => {
    const score = score_of(baseline(measures), value);
    return is_known(score) && is_number(angle) ? [{ value, angle, score, other: other && score_of(other, value) }] : [];
  });
  return found.map((spoke) => {
    const here = found.filter((one) => one.angle === spoke.angle);
    return { ...spoke, angle: spoke.angle + (here.indexOf(spoke) - (here.length - 1) / 2) * 2 * apart };
  });
}

interface Hand {
  colour: string;
  turn: number; // degrees off the spoke, so that two intervals do not hide each other
  figure: (spoke: Spoke) => Figure | null;
}

export function circle_chart(measures: Measures, other: ArmMeasures | null, rows: readonly Spoke[]): HTMLElement {
  const name = baseline(measures).arm;
  const ends = rows.flatMap((row) => [row.score, row.other ?? {}].flatMap((f: Figure) => [f.value, f.lo, f.hi])).filter(is_number);
  const domain = spread(ends, 0.12);
  const turn = other ? 2.5 : 0;
  const hands: Hand[] = [{ colour: "var(--plan)", turn: -turn, figure: (row) => row.score }];
  if (other) hands.push({ colour: "var(--other)", turn, figure: (row) => row.other });
  return chart<Spoke>({
    id: "chart-circle",
    title: "Values on their circle",
    summary: `Each spoke is a value, neighbours side by side and opposites across; further out is a higher score. The centre is ${trimmed(domain[0], 2)}, not nothing.`,
    rows,
    legend: other ? legend(["dot", "var(--plan)", name], ["ring", "var(--other)", other.arm]) : legend(["dot", "var(--plan)", name]),
    columns: [
      { head: "Value", cell: (row) => datum(row.value) },
      { head: name, unit: measures.unit, numeric: true, cell: (row) => shown(row.score, 3) },
      ...(other ? [{ head: other.arm, unit: measures.unit, numeric: true, cell: (row: Spoke) => shown(row.other, 3) }] : []),
    ],
    lines: (row) => [row.value, `${name} ${shown(row.score)}`, ...(other ? [`${other.arm} ${shown(row.other)}`] : [])],
    draw: (width) => {
      const narrow = width < 480;
      const radius = Math.min(190, width / 2 - (narrow ? 62 : 120));
      const [cx, cy] = [width / 2, radius + 40];
      const away = linear(domain, [0, radius]);
      const at = (angle: number, length: number): Point => {
        const turned = ((angle - 90) * Math.PI) / 180;
        return { x: cx + length * Math.cos(turned), y: cy + length * Math.sin(turned) };
      };
      const drawing = svg("svg", { width, height: 2 * radius + 80, viewBox: `0 0 ${width} ${2 * radius + 80}`, class: "plot" });
      const write = (where: Point, words: string, attributes: Record<string, string | number>): void => {
        const text = svg("text", { x: where.x, y: where.y, ...attributes });
        text.textContent = words;
        drawing.append(text);
      };
      const rings = ticks(domain[0], domain[1], 6);
      const middle = neutral(measures);
      for (const ring of rings) {
        const line = ring === middle ? { stroke: "var(--muted)", "stroke-dasharray": "4 4" } : { stroke: "var(--rule)" };
        drawing.append(svg("circle", { cx, cy, r: away(ring), fill: "none", ...line }));
      }
      for (const { colour, turn: off, figure } of hands) {
        const drawn = rows.flatMap((row) => {
          const one = figure(row);
          return is_known(one) ? [{ one, angle: row.angle + off, dot: at(row.angle + off, away(one.value)) }] : [];
        });
        const first = off <= 0;
        if (drawn.length > 2) {
          const path = `M${drawn.map(({ dot }) => `${dot.x} ${dot.y}`).join("L")}Z`;
          drawing.append(svg("path", { d: path, fill: colour, "fill-opacity": first ? 0.08 : 0, stroke: colour, "stroke-opacity": 0.5 }));
        }
        for (const { one, angle, dot } of drawn) {
          if (is_number(one.lo) && is_number(one.hi)) {
            const [a, b] = [at(angle, away(one.lo)), at(angle, away(one.hi))];
            drawing.append(svg("line", { x1: a.x, y1: a.y, x2: b.x, y2: b.y, stroke: colour, "stroke-width": first ? 2.5 : 1.5 }));
          }
          drawing.append(svg("circle", { cx: dot.x, cy: dot.y, r: first ? 4.5 : 4, fill: first ? colour : "var(--ground)", stroke: colour, "stroke-width": 1.75 }));
        }
      }
      // ring numbers stand between the last spoke and the first
      const gap = (rows[rows.length - 1]!.angle - 360 + rows[0]!.angle) / 2;
      for (const ring of rings) {
        write(at(gap, away(ring)), trimmed(ring, 2), { dy: 3, "text-anchor": "middle", fill: "var(--muted)", "font-size": 10, stroke: "var(--ground)", "stroke-width": 3, "paint-order": "stroke" });
      }
      for (const row of rows) {
        const label = at(row.angle, radius + 16);
        const side = label.x > cx + 12 ? "start" : label.x < cx - 12 ? "end" : "middle";
        const words = short(row.value, narrow ? 14 : 18);
        const long = words.length * 6.2; // kept inside a narrow drawing
        if (narrow && side === "start") label.x = Math.min(label.x, width - long);
        if (narrow && side === "end") label.x = Math.max(label.x, long);
        write(label, words, { dy: 4, "text-anchor": side, fill: "var(--ink)", "font-size": narrow ? 11 : 12 });
      }
      return { svg: drawing as SVGSVGElement, at: (row) => at(row.angle - turn, away(row.score.value)) };
    },
  });
}
