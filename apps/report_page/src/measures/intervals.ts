// Names with a number and its interval each, one under the other: what worths, utilities and shares are drawn with.
import * as Plot from "@observablehq/plot";
import { chart, plot_base } from "../chart";
import type { Column } from "../dom";
import { is_number, short } from "../format";
import { type Figure, is_known, type Known } from "./data";
import { shown } from "./words";

export const most_drawn = 60;

const letter = 7; // pixels of one at 13 px, on average

export interface IntervalsOptions<Row> {
  id: string;
  title: string;
  summary: string;
  rows: readonly Row[];
  name: (row: Row) => string;
  figure: (row: Row) => Figure;
  columns: Column<Row>[];
  middle?: number | null; // the number that says nothing
  domain?: [number, number];
}

/// Names of the rows of a drawing: beside it, or above each row where it is narrow.
export function row_names<Row>(rows: readonly Row[], y: string, name: (row: Row) => string, narrow: boolean): Plot.Text {
  return Plot.text(rows, {
    y,
    frameAnchor: "left",
    text: name,
    textAnchor: narrow ? "start" : "end",
    dx: narrow ? 0 : -12,
    dy: narrow ? -14 : 0,
    fill: "var(--ink)",
    fontSize: 13,
  });
}

/// The rows that a drawing has room for: those with a number, of too many the first and the last.
export function drawn_rows<Row>(rows: readonly Row[], figure: (row: Row) => Figure): Row[] {
  const known = rows.filter((row) => is_known(figure(row)));
  return known.length <= most_drawn ? known : [...known.slice(0, most_drawn / 2), ...known.slice(-most_drawn / 2)];
}

/// Null where no row has a number.
export function intervals_chart<Row>(options: IntervalsOptions<Row>): HTMLElement | null {
  const drawn = drawn_rows(options.rows, options.figure).map((row, place) => ({ row, place, figure: options.figure(row) as Known }));
  if (drawn.length === 0) return null;
  const at = new Map(drawn.map((one) => [one.row, one]));
  type Drawn = (typeof drawn)[number];
  return chart<Row>({
    id: options.id,
    title: options.title,
    summary: options.summary,
    rows: options.rows,
    nearest: "y",
    columns: options.columns,
    lines: (row) => [options.name(row), shown(options.figure(row), 3)],
    draw: (width) => {
      const narrow = width < 560;
      const lower = narrow ? 6 : 0;
      const longest = Math.max(...drawn.map((one) => options.name(one.row).length));
      const letters = narrow ? 40 : Math.min(longest, Math.max(20, Math.floor((width * 0.4) / letter)));
      const plot = Plot.plot({
        ...plot_base,
        width,
        height: 26 + (drawn.length + 0.2) * (narrow ? 46 : 32),
        marginTop: 0,
        marginLeft: narrow ? 8 : 20 + letters * letter,
        marginRight: 16,
        marginBottom: 26,
        x: { label: null, ticks: narrow ? 4 : 7, ...(options.domain ? { domain: options.domain } : { nice: true }) },
        y: { domain: drawn.map((one) => one.place), axis: null, padding: 0.6 },
        marks: [
          Plot.gridX({ stroke: "var(--rule)", strokeOpacity: 1, ticks: narrow ? 4 : 7 }),
          is_number(options.middle) ? Plot.ruleX([options.middle], { stroke: "var(--muted)", strokeWidth: 1.25 }) : null,
          Plot.ruleY(
            drawn.filter((one) => is_number(one.figure.lo) && is_number(one.figure.hi)),
            { y: "place", x1: (one: Drawn) => one.figure.lo, x2: (one: Drawn) => one.figure.hi, stroke: "var(--plan)", strokeWidth: 2.5, dy: lower },
          ),
          Plot.dot(drawn, { y: "place", x: (one: Drawn) => one.figure.value, fill: "var(--plan)", r: 4.5, dy: lower }),
          row_names(drawn, "place", (one) => short(options.name(one.row), letters), narrow),
        ],
      });
      const x = plot.scale("x")!;
      const y = plot.scale("y")!;
      return {
        svg: plot as SVGSVGElement,
        at: (row) => {
          const one = at.get(row);
          return one ? { x: x.apply(one.figure.value) as number, y: (y.apply(one.place) as number) + (y.bandwidth ?? 0) / 2 + lower } : null;
        },
      };
    },
  });
}
