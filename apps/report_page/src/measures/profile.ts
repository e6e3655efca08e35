// The profile of values on their circle, and the same as dots with intervals.
import * as Plot from "@observablehq/plot";
import { chart, legend, plot_base } from "../chart";
import { datum, h, p, section, svg } from "../dom";
import { is_number, num, short, signed } from "../format";
import { baseline, type ArmMeasures, type Measures, type ValueScore } from "./data";
import { neutral, shown } from "./words";

interface Spoke {
  value: string;
  angle: number;
  score: ValueScore["score"];
  other: ValueScore["score"] | null;
}

/// The arm drawn beside the baseline: the strongest target of a sweep, else the last one.
export function compared(measures: Measures): ArmMeasures | null {
  const others = measures.arms.filter((arm) => arm !== baseline(measures) && !arm.prompt);
  return [...others].sort((a, b) => b.target - a.target)[0] ?? measures.arms.find((arm) => arm !== baseline(measures)) ?? null;
}

const apart = 9; // degrees to either side, of values that share a place on the circle

function spokes(measures: Measures): Spoke[] {
  const other = compared(measures);
  const found = measures.circle.flatMap(({ value, angle }) => {
    const score = baseline(measures).values.find((v) => v.value === value)?.score;
    if (!score || !is_number(score.value) || !is_number(angle)) return [];
    return [{ value, angle, score, other: other?.values.find((v) => v.value === value)?.score ?? null }];
  });
  return found.map((spoke) => {
    const here = found.filter((one) => one.angle === spoke.angle);
    return { ...spoke, angle: spoke.angle + (here.indexOf(spoke) - (here.length - 1) / 2) * 2 * apart };
  });
}

function ends(spoke: Spoke): number[] {
  return [spoke.score.lo, spoke.score.value, spoke.score.hi, spoke.other?.value].filter(is_number);
}

function circle_chart(measures: Measures, rows: Spoke[]): HTMLElement {
  const other = compared(measures);
  const all = rows.flatMap(ends);
  const low = Math.min(...all);
  const high = Math.max(...all);
  const pad = (high - low || 1) * 0.15;
  const range = [low - pad, high + pad] as const;
  const name = baseline(measures).arm;
  return chart<Spoke>({
    id: "chart-circle",
    title: "Values on their circle",
    summary: "Each spoke is a value, neighbours side by side and opposites across. Further out is a higher score.",
    rows,
    legend: other
      ? legend(["dot", "var(--plan)", name], ["ring", "var(--other)", other.arm])
      : legend(["dot", "var(--plan)", name]),
    columns: [
      { head: "Value", cell: (r) => datum(r.value) },
      { head: name, unit: measures.unit, numeric: true, cell: (r) => shown(r.score) },
      ...(other ? [{ head: other.arm, numeric: true, cell: (r: Spoke) => (r.other ? shown(r.other) : "not measured") }] : []),
    ],
    lines: (r) => [r.value, `${name} ${shown(r.score)}`, ...(other && r.other ? [`${other.arm} ${shown(r.other)}`] : [])],
    draw: (width) => {
      const narrow = width < 480;
      const radius = Math.min(190, width / 2 - (narrow ? 84 : 120));
      const height = 2 * radius + 80;
      const [cx, cy] = [width / 2, height / 2];
      const away = (x: number): number => ((x - range[0]) / (range[1] - range[0])) * radius;
      const at = (angle: number, length: number) => {
        const turn = ((angle - 90) * Math.PI) / 180;
        return { x: cx + length * Math.cos(turn), y: cy + length * Math.sin(turn) };
      };
      const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, class: "plot" });
      const middle = neutral(measures);
      const rings = [0.25, 0.5, 0.75, 1].map((part) => radius * part);
      for (const r of rings) drawing.append(svg("circle", { cx, cy, r, fill: "none", stroke: "var(--rule)" }));
      if (middle !== null && middle > range[0] && middle < range[1]) {
        drawing.append(svg("circle", { cx, cy, r: away(middle), fill: "none", stroke: "var(--muted)", "stroke-dasharray": "4 4" }));
      }
      const path = (pick: (r: Spoke) => number | null | undefined): string => {
        const points = rows.flatMap((r) => (is_number(pick(r)) ? [at(r.angle, away(pick(r)!))] : []));
        return points.length > 2 ? `M${points.map((q) => `${q.x} ${q.y}`).join("L")}Z` : "";
      };
      drawing.append(svg("path", { d: path((r) => r.score.value), fill: "var(--plan)", "fill-opacity": 0.08, stroke: "var(--plan)", "stroke-opacity": 0.5 }));
      if (other) drawing.append(svg("path", { d: path((r) => r.other?.value), fill: "none", stroke: "var(--other)", "stroke-opacity": 0.6 }));
      for (const r of rows) {
        if (is_number(r.score.lo) && is_number(r.score.hi)) {
          const [a, b] = [at(r.angle, away(r.score.lo)), at(r.angle, away(r.score.hi))];
          drawing.append(svg("line", { x1: a.x, y1: a.y, x2: b.x, y2: b.y, stroke: "var(--plan)", "stroke-width": 2.5 }));
        }
        const dot = at(r.angle, away(r.score.value!));
        drawing.append(svg("circle", { cx: dot.x, cy: dot.y, r: 5, fill: "var(--plan)" }));
        if (is_number(r.other?.value)) {
          const ring = at(r.angle, away(r.other.value));
          drawing.append(svg("circle", { cx: ring.x, cy: ring.y, r: 4, fill: "var(--ground)", stroke: "var(--other)", "stroke-width": 1.75 }));
        }
        const label = at(r.angle, radius + 16);
        const side = label.x > cx + 12 ? "start" : label.x < cx - 12 ? "end" : "middle";
        const text = svg("text", { x: label.x, y: label.y + 4, "text-anchor": side, fill: "var(--ink)", "font-size": narrow ? 11 : 12 });
        text.textContent = short(r.value, narrow ? 14 : 18);
        drawing.append(text);
      }
      return { svg: drawing as SVGSVGElement, at: (r) => at(r.angle, away(r.score.value!)) };
    },
  });
}

function dots_chart(measures: Measures): HTMLElement {
  const other = compared(measures);
  const rows = baseline(measures).values.filter((v) => is_number(v.score.value)).slice(0, 60);
  const middle = neutral(measures);
  const second = (v: ValueScore) => other?.values.find((o) => o.value === v.value)?.score ?? null;
  return chart<ValueScore>({
    id: "chart-scores",
    title: "Scores with their intervals",
    summary: `A dot and an interval for each value, in ${measures.unit}.`,
    rows,
    nearest: "y",
    legend: other
      ? legend(["dot", "var(--plan)", baseline(measures).arm], ["ring", "var(--other)", other.arm])
      : null,
    columns: [
      { head: "Value", cell: (v) => datum(v.value) },
      ...measures.arms.map((arm) => ({
        head: arm.arm,
        numeric: true,
        cell: (v: ValueScore) => shown(arm.values.find((o) => o.value === v.value)?.score ?? {}, 3),
      })),
      { head: "Items", numeric: true, cell: (v) => String(v.items) },
      { head: "Cronbach's alpha", cell: (v) => shown(v.alpha) },
    ],
    lines: (v) => [v.value, `${baseline(measures).arm} ${shown(v.score, 3)}`, ...(other ? [`${other.arm} ${shown(second(v) ?? {}, 3)}`] : [])],
    draw: (width) => {
      const narrow = width < 560;
      const drawn = Plot.plot({
        ...plot_base,
        width,
        height: 50 + rows.length * (narrow ? 44 : 28),
        marginLeft: narrow ? 8 : 150,
        marginRight: 16,
        marginBottom: 40,
        x: { label: measures.unit, labelArrow: false, labelAnchor: "center", ticks: narrow ? 4 : 7, nice: true },
        y: { domain: rows.map((v) => v.value), axis: null, padding: 0.2 },
        marks: [
          Plot.gridX({ stroke: "var(--rule)", strokeOpacity: 1, ticks: narrow ? 4 : 7 }),
          middle !== null ? Plot.ruleX([middle], { stroke: "var(--muted)", strokeWidth: 1.25 }) : null,
          Plot.ruleY(rows, { y: "value", x1: (v: ValueScore) => v.score.lo, x2: (v: ValueScore) => v.score.hi, stroke: "var(--plan)", strokeWidth: 2.5 }),
          Plot.dot(rows, { y: "value", x: (v: ValueScore) => v.score.value, fill: "var(--plan)", r: 5 }),
          Plot.dot(rows.filter((v) => is_number(second(v)?.value)), {
            y: "value",
            x: (v: ValueScore) => second(v)!.value,
            stroke: "var(--other)",
            fill: "var(--ground)",
            strokeWidth: 1.75,
            r: 4,
            dy: 9,
          }),
          Plot.text(rows, {
            y: "value",
            frameAnchor: "left",
            text: (v: ValueScore) => short(v.value, 22),
            textAnchor: narrow ? "start" : "end",
            dx: narrow ? 0 : -12,
            dy: narrow ? -16 : 0,
            fill: "var(--ink)",
            fontSize: 13,
          }),
        ],
      });
      const x = drawn.scale("x")!;
      const y = drawn.scale("y")!;
      return {
        svg: drawn as SVGSVGElement,
        at: (v) => ({ x: x.apply(v.score.value!) as number, y: (y.apply(v.value) as number) + (y.bandwidth ?? 0) / 2 }),
      };
    },
  });
}

export function profile_section(measures: Measures): HTMLElement {
  const rows = spokes(measures);
  const missing = baseline(measures).values.filter((v) => !is_number(v.score.value));
  const right = baseline(measures).accuracy;
  return section(
    "profile",
    "What came out",
    p(`Scores are in ${measures.unit}; intervals are cluster-robust over ${measures.stems} stems.`),
    is_number(right.value)
      ? p(`Right answers: ${shown(right)}${is_number(measures.chance) ? `, where guessing gives ${num(measures.chance)}` : ""}.`)
      : null,
    rows.length > 2 ? circle_chart(measures, rows) : null,
    baseline(measures).values.some((v) => is_number(v.score.value)) ? dots_chart(measures) : null,
    missing.length > 0
      ? p(`Without a score: ${missing.slice(0, 8).map((v) => `${v.value} (${v.score.reason ?? "not measured"})`).join("; ")}${missing.length > 8 ? `, and ${missing.length - 8} more` : ""}.`)
      : null,
  );
}

export function ranking_section(measures: Measures): HTMLElement | null {
  const rows = baseline(measures).ranking;
  if (rows.length < 2) return null;
  return section(
    "ranking",
    "Which stands above which",
    p(
      "Every place is only as sure as its last column: how often, in resamples of the items, the value stood above the next one. 0.5 is a coin.",
    ),
    h(
      "figure",
      { class: "chart", id: "chart-ranking", "data-rows": rows.length },
      h("figcaption", {}, "Ranking of the values"),
      h(
        "ol",
        { class: "ranking" },
        rows.map((rank) =>
          h(
            "li",
            {},
            h("span", { class: "rank-name" }, datum(rank.value)),
            h("span", { class: "rank-strength" }, is_number(rank.strength.value) ? `${signed(rank.strength.value, 3)} [${num(rank.strength.lo, 3)}, ${num(rank.strength.hi, 3)}]` : (rank.strength.reason ?? "")),
            is_number(rank.elo) ? h("span", { class: "rank-elo" }, `Elo ${num(rank.elo, 1)}`) : null,
            h("span", { class: "rank-sure" }, is_number(rank.above_next) ? `above the next: ${num(rank.above_next)}` : ""),
          ),
        ),
      ),
    ),
  );
}
