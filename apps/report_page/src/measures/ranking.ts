// Which value stands above which, and how sure each neighbouring pair is.
import * as Plot from "@observablehq/plot";
import { chart, plot_base } from "../chart";
import { type Column, datum, fold, h, p, section, table } from "../dom";
import { is_number, num, percent, short } from "../format";
import { baseline, type Duel, is_known, type Measures, type Rank } from "./data";
import { ranking_sentence, shown } from "./words";

const most_drawn = 60;

function columns(ranking: readonly Rank[]): Column<Rank>[] {
  return [
    { head: "Value", cell: (rank) => datum(rank.value) },
    { head: "Place", numeric: true, cell: (rank) => String(ranking.indexOf(rank) + 1) },
    { head: "Strength", numeric: true, cell: (rank) => shown(rank.strength, 3) },
    { head: "Above the next", unit: "share of resamples", numeric: true, cell: (rank) => num(rank.above_next) },
    { head: "Elo", numeric: true, cell: (rank) => num(rank.elo, 1) },
  ];
}

function ranking_chart(measures: Measures, ranking: readonly Rank[]): HTMLElement {
  const drawn = ranking.filter((rank) => is_known(rank.strength)).slice(0, most_drawn);
  const pairs = drawn.slice(0, -1).filter((rank) => is_number(rank.above_next));
  return chart<Rank>({
    id: "chart-ranking",
    title: `From the highest to the lowest: ${measures.battery.scoring === "preference" ? "strength in log-odds" : measures.unit}, around the mean`,
    summary: "Each value's strength with its interval; between two neighbours, how often the upper one stood above.",
    rows: ranking,
    nearest: "y",
    columns: columns(ranking),
    lines: (rank) => [
      `${ranking.indexOf(rank) + 1}. ${rank.value}`,
      `strength ${shown(rank.strength)}`,
      ...(is_number(rank.above_next) ? [`above the next in ${percent(rank.above_next)} of resamples`] : []),
    ],
    draw: (width) => {
      const narrow = width < 560;
      const band = narrow ? 46 : 34;
      const plot = Plot.plot({
        ...plot_base,
        width,
        height: 48 + (drawn.length + 0.2) * band,
        marginLeft: narrow ? 8 : 150,
        marginRight: 74,
        marginTop: 22,
        marginBottom: 26,
        x: { label: null, ticks: narrow ? 4 : 7, nice: true },
        y: { domain: drawn.map((rank) => rank.value), axis: null, padding: 0.6 },
        marks: [
          Plot.gridX({ stroke: "var(--rule)", strokeOpacity: 1, ticks: narrow ? 4 : 7 }),
          Plot.ruleX([0], { stroke: "var(--muted)", strokeWidth: 1.25 }),
          Plot.ruleY(
            drawn.filter((rank) => is_number(rank.strength.lo) && is_number(rank.strength.hi)),
            { y: "value", x1: (rank: Rank) => rank.strength.lo, x2: (rank: Rank) => rank.strength.hi, stroke: "var(--plan)", strokeWidth: 2.5, dy: narrow ? 6 : 0 },
          ),
          Plot.dot(drawn, { y: "value", x: (rank: Rank) => rank.strength.value, fill: "var(--plan)", r: 4.5, dy: narrow ? 6 : 0 }),
          Plot.text(drawn, {
            y: "value",
            frameAnchor: "left",
            text: (rank: Rank) => `${ranking.indexOf(rank) + 1}. ${short(rank.value, 20)}`,
            textAnchor: narrow ? "start" : "end",
            dx: narrow ? 0 : -12,
            dy: narrow ? -14 : 0,
            fill: "var(--ink)",
            fontSize: 13,
          }),
          Plot.text(["above the next"], { frameAnchor: "top-right", text: (words: string) => words, dx: 72, dy: -18, textAnchor: "end", fill: "var(--muted)", fontSize: 11 }),
          ...[true, false].map((sure) =>
            Plot.text(
              pairs.filter((rank) => rank.above_next! >= 0.95 === sure),
              {
                y: "value",
                frameAnchor: "right",
                text: (rank: Rank) => percent(rank.above_next),
                textAnchor: "end",
                dx: 68,
                dy: band / 2,
                fill: sure ? "var(--plan)" : "var(--muted)",
                fontWeight: sure ? 650 : 400,
                fontSize: 12,
              },
            ),
          ),
        ],
      });
      const x = plot.scale("x")!;
      const y = plot.scale("y")!;
      const known = new Set(drawn);
      return {
        svg: plot as SVGSVGElement,
        at: (rank) =>
          known.has(rank)
            ? { x: x.apply(rank.strength.value!) as number, y: (y.apply(rank.value) as number) + (y.bandwidth ?? 0) / 2 + (narrow ? 6 : 0) }
            : null,
      };
    },
  });
}

export function ranking_section(measures: Measures): HTMLElement | null {
  const { ranking, duels = [] } = baseline(measures);
  if (ranking.filter((rank) => is_known(rank.strength)).length < 2) return null;
  const others = measures.arms.filter((arm) => arm !== baseline(measures) && arm.ranking.length > 0);
  return section(
    "ranking",
    "Which stands above which",
    p(
      `${ranking_sentence(ranking)} The percentage between two neighbours says how often the upper one stood above the lower one when the stems were drawn anew; 50\u202f% is a coin.`,
    ),
    ranking_chart(measures, ranking),
    ranking.length > most_drawn ? p(`Drawn are the first ${most_drawn}; the table has all ${ranking.length}.`) : null,
    duels.length > 0
      ? fold(
          `Wins by pair of values, ${duels.length}`,
          table<Duel>(
            "How often one value is chosen over another where they meet",
            [
              { head: "Value", cell: (one) => datum(one.value) },
              { head: "Over", cell: (one) => datum(one.other) },
              { head: "Wins", unit: "share", numeric: true, cell: (one) => shown(one.wins, 3) },
              { head: "Dilemmas", numeric: true, cell: (one) => String(one.dilemmas) },
            ],
            duels,
          ),
        )
      : null,
    others.length > 0
      ? fold(
          `The ranking under the other arms, ${others.length}`,
          others.map((arm) => h("div", {}, h("h3", {}, datum(arm.arm)), table(`Ranking under ${arm.arm}`, columns(arm.ranking), arm.ranking))),
        )
      : null,
  );
}
