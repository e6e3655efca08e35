// A chart is a figure: a drawing, a detail that follows pointer and arrow keys, and the same rows as a table.
import { type Column, fold, h, svg, table } from "./dom";

export interface Point {
  x: number;
  y: number;
}

export interface Drawing<Row> {
  svg: SVGSVGElement;
  at: (row: Row) => Point | null; // where a row stands, in pixels of the drawing
}

export interface ChartOptions<Row> {
  id: string;
  title: string;
  summary: string; // what is to be seen, for those who cannot see it
  rows: readonly Row[];
  columns: Column<Row>[];
  lines: (row: Row) => string[]; // the detail; its first line is the heading
  draw: (width: number) => Drawing<Row>;
  nearest?: "x" | "y" | "both";
  legend?: HTMLElement | null;
}

const reach = 60; // pixels within which the pointer finds a row

function nearest_row<Row>(
  drawing: Drawing<Row>,
  rows: readonly Row[],
  pointer: Point,
  mode: "x" | "y" | "both",
): number {
  let best = -1;
  let least = reach;
  rows.forEach((row, i) => {
    const at = drawing.at(row);
    if (!at) return;
    const dx = mode === "y" ? 0 : at.x - pointer.x;
    const dy = mode === "x" ? 0 : at.y - pointer.y;
    const distance = Math.hypot(dx, dy);
    if (distance < least) {
      least = distance;
      best = i;
    }
  });
  return best;
}

export function chart<Row>(options: ChartOptions<Row>): HTMLElement {
  const { id, rows } = options;
  const canvas = h("div", { class: "canvas" });
  const ring = h("div", { class: "ring", hidden: true });
  const tip = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  const said = h("p", { class: "unseen", role: "status" });
  const stage = h(
    "div",
    {
      class: "stage",
      tabindex: 0,
      role: "application",
      "aria-roledescription": "chart",
      "aria-label": `${options.title}. ${options.summary} Arrow keys step through the points.`,
    },
    canvas,
    ring,
    tip,
  );
  let drawing: Drawing<Row> | null = null;
  let width = 0;
  let current = -1;

  const show = (index: number, aloud: boolean): void => {
    current = index;
    const row = rows[index];
    const at = row !== undefined ? drawing?.at(row) : null;
    ring.hidden = tip.hidden = row === undefined;
    if (row === undefined) return;
    const lines = options.lines(row);
    tip.replaceChildren(...lines.map((line, i) => h(i === 0 ? "strong" : "span", {}, line)));
    if (aloud) said.textContent = lines.join(". ");
    ring.hidden = !at;
    const anchor = at ?? { x: width / 2, y: 0 };
    ring.style.translate = `${anchor.x}px ${anchor.y}px`;
    const left = Math.min(Math.max(anchor.x - tip.offsetWidth / 2, 0), Math.max(0, width - tip.offsetWidth));
    const above = anchor.y - tip.offsetHeight - 14;
    tip.style.translate = `${left}px ${above < -40 ? anchor.y + 14 : above}px`;
  };
  const draw = (): void => {
    const now = Math.floor(stage.clientWidth);
    if (now <= 0 || now === width) return;
    width = now;
    drawing = options.draw(width);
    drawing.svg.setAttribute("aria-hidden", "true");
    drawing.svg.removeAttribute("role");
    canvas.replaceChildren(drawing.svg);
    show(-1, false);
  };
  new ResizeObserver(draw).observe(stage);

  stage.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    const box = canvas.getBoundingClientRect();
    const pointer = { x: event.clientX - box.left, y: event.clientY - box.top };
    const found = nearest_row(drawing, rows, pointer, options.nearest ?? "both");
    if (found !== current) show(found, false);
  });
  stage.addEventListener("pointerleave", () => show(-1, false));
  stage.addEventListener("blur", () => show(-1, false));
  stage.addEventListener("keydown", (event) => {
    const last = rows.length - 1;
    const next: Record<string, number> = {
      ArrowRight: Math.min(current + 1, last),
      ArrowDown: Math.min(current + 1, last),
      ArrowLeft: Math.max(current - 1, 0),
      ArrowUp: Math.max(current - 1, 0),
      Home: 0,
      End: last,
      Escape: -1,
    };
    const index = next[event.key];
    if (index === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(index, true);
  });

  return h(
    "figure",
    { class: "chart", id, "data-rows": rows.length },
    h("figcaption", {}, options.title),
    options.legend,
    stage,
    said,
    fold(`The same as a table, ${rows.length} ${rows.length === 1 ? "row" : "rows"}`, table(options.title, options.columns, rows)),
  );
}

export type SwatchShape = "dot" | "ring" | "line" | "dashed" | "band" | "triangle" | "square" | "bar";

function swatch(shape: SwatchShape, colour: string): SVGElement {
  const frame = svg("svg", { width: 22, height: 12, viewBox: "0 0 22 12", "aria-hidden": "true" });
  const line = { x1: 1, x2: 21, y1: 6, y2: 6, stroke: colour, "stroke-width": 2 };
  const paint = { fill: colour };
  const shapes: Record<SwatchShape, () => SVGElement> = {
    dot: () => svg("circle", { cx: 11, cy: 6, r: 4.5, ...paint }),
    ring: () => svg("circle", { cx: 11, cy: 6, r: 4, fill: "none", stroke: colour, "stroke-width": 1.8 }),
    line: () => svg("line", line),
    dashed: () => svg("line", { ...line, "stroke-dasharray": "4 3" }),
    band: () => svg("rect", { x: 1, y: 1, width: 20, height: 10, "fill-opacity": 0.18, ...paint }),
    triangle: () => svg("path", { d: "M11 1 L16.5 11 H5.5 Z", ...paint }),
    square: () => svg("rect", { x: 6.5, y: 1.5, width: 9, height: 9, ...paint }),
    bar: () => svg("rect", { x: 9, y: 0, width: 4, height: 12, "fill-opacity": 0.5, ...paint }),
  };
  frame.append(shapes[shape]());
  return frame;
}

export function legend(...entries: [SwatchShape, string, string][]): HTMLElement {
  return h(
    "ul",
    { class: "legend", "aria-label": "Key" },
    entries.map(([shape, colour, text]) => h("li", {}, swatch(shape, colour), text)),
  );
}

/// What every drawing shares: type, colours from the page, nothing behind it.
export const plot_base = {
  className: "plot",
  style: { fontFamily: "inherit", fontSize: "12px", background: "transparent", overflow: "visible" },
};
