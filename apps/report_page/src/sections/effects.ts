import * as Plot from "@observablehq/plot";
import { chart, legend, plot_base } from "../chart";
import type { Arm, RunData } from "../data";
import { absent, datum, h, p, section } from "../dom";
import { count, counted, is_number, num, percent, range, seconds, short, signed } from "../format";
import { bias_index, find_arm, hold_sentence, verdict } from "../summary";
import { arm_words } from "../words";

function control_sentence(opposite: Arm | null, value: string): string {
  if (!opposite?.ci) return "";
  const kind = verdict(opposite.ci);
  if (kind === "away") return ` Asked for the contrary, the model moves away from ${value}: the measure has the right sign.`;
  if (kind === "open") return " Asked for the contrary, the model does not surely move either way.";
  return ` Asked for the contrary, the model moves towards ${value} all the same: on this model the system prompt is no guide to the value.`;
}

function effect_chart(arms: readonly Arm[], value: string): HTMLElement {
  const name = (arm: Arm): string => arm_words(arm.arm).name;
  const place = (arm: Arm): number => arms.indexOf(arm);
  const shifted = arms.filter((arm) => is_number(arm.cross));
  const ends = arms.flatMap((arm) => [arm.effect, ...(arm.ci ?? []), arm.cross, ...(arm.cross_ci ?? [])]).filter(is_number);
  const reach = [Math.min(0, ...ends), Math.max(0.05, ...ends)] as const;
  const pad = (reach[1] - reach[0]) * 0.04;
  const domain = [reach[0] - pad, reach[1] + pad];
  const weights: [Arm[], number][] = [
    [arms.filter((arm) => arm.arm === "plan"), 650],
    [arms.filter((arm) => arm.arm !== "plan"), 400],
  ];
  const effect_column = 56; // pixels right of the plot
  const cost_column = 118;
  const at_right = (rows: Arm[], dx: number, text: (arm: Arm) => string, fill: string, fontWeight: number) =>
    Plot.text(rows, { y: place, x: domain[1], text, textAnchor: "end", dx, fill, fontWeight });
  const column_head = (text: string, dx: number) =>
    Plot.text([text], { x: domain[1], frameAnchor: "top", text: (t: string) => t, textAnchor: "end", dx, dy: -18, fill: "var(--muted)" });
  return chart<Arm>({
    id: "chart-effects",
    title: `How far each arm moves the model towards ${value}`,
    summary: "A dot and an interval for each arm, on the value itself and on other values, against zero.",
    rows: arms,
    nearest: "y",
    legend: legend(["dot", "var(--plan)", `on ${value}`], ["ring", "var(--other)", "on other values"]),
    columns: [
      { head: "Arm", cell: (arm) => datum(name(arm)) },
      { head: "Effect", unit: "nats/token", numeric: true, cell: (arm) => signed(arm.effect, 3) },
      { head: "95 % interval", numeric: true, cell: (arm) => range(arm.ci, 3) },
      { head: "Pairs won", numeric: true, cell: (arm) => percent(arm.win_rate) },
      { head: "Other values", unit: "nats/token", numeric: true, cell: (arm) => signed(arm.cross, 3) },
      { head: "95 % interval", numeric: true, cell: (arm) => range(arm.cross_ci, 3) },
      { head: "Cost", unit: "nats/token", numeric: true, cell: (arm) => signed(arm.cost_nll, 3) },
      { head: "95 % interval", numeric: true, cell: (arm) => range(arm.cost_ci, 3) },
      { head: "KL", unit: "nats", numeric: true, cell: (arm) => num(arm.kl, 3) },
      { head: "Net yes", unit: "nats", numeric: true, cell: (arm) => signed(arm.net_yes, 2) },
      { head: "95 % interval", numeric: true, cell: (arm) => range(arm.net_yes_ci, 2) },
      { head: "Drift to yes", unit: "nats", numeric: true, cell: (arm) => signed(arm.acquiescence, 2) },
    ],
    lines: (arm) => [
      name(arm),
      `${signed(arm.effect)} on ${value}, interval ${range(arm.ci)}`,
      `${signed(arm.cross)} on other values`,
      `cost ${signed(arm.cost_nll, 3)}${arm.cost_ci ? `, interval ${range(arm.cost_ci, 3)}` : ""}`,
    ],
    draw: (width) => {
      const narrow = width < 560;
      const drawn = Plot.plot({
        ...plot_base,
        width,
        height: 62 + arms.length * (narrow ? 62 : 46),
        marginLeft: narrow ? 8 : 140,
        marginRight: narrow ? 12 : 132,
        marginTop: 24,
        marginBottom: 40,
        x: { domain, label: "nats per token", labelArrow: false, labelAnchor: "center", ticks: narrow ? 4 : 7 },
        y: { domain: arms.map(place), axis: null, padding: 0.2 },
        marks: [
          Plot.gridX({ stroke: "var(--rule)", strokeOpacity: 1, ticks: narrow ? 4 : 7 }),
          Plot.ruleX([0], { stroke: "var(--muted)", strokeWidth: 1.25 }),
          Plot.ruleY(shifted.filter((arm) => arm.cross_ci), {
            y: place,
            x1: (arm: Arm) => arm.cross_ci![0],
            x2: (arm: Arm) => arm.cross_ci![1],
            stroke: "var(--other)",
            strokeWidth: 1.75,
            dy: narrow ? 13 : 8,
          }),
          Plot.dot(shifted, { y: place, x: "cross", stroke: "var(--other)", fill: "var(--ground)", strokeWidth: 1.75, r: 4, dy: narrow ? 13 : 8 }),
          Plot.ruleY(arms.filter((arm) => arm.ci), {
            y: place,
            x1: (arm: Arm) => arm.ci![0],
            x2: (arm: Arm) => arm.ci![1],
            stroke: "var(--plan)",
            strokeWidth: 2.5,
            dy: narrow ? 0 : -6,
          }),
          Plot.dot(arms, { y: place, x: "effect", fill: "var(--plan)", r: 5.5, dy: narrow ? 0 : -6 }),
          ...weights.flatMap(([rows, fontWeight]) => [
            Plot.text(rows, {
              y: place,
              x: domain[0],
              text: (arm: Arm) => short(name(arm), narrow ? Math.floor(width / 14) : 18),
              textAnchor: narrow ? "start" : "end",
              dx: narrow ? 0 : -14,
              dy: narrow ? -19 : 0,
              fill: "var(--ink)",
              stroke: narrow ? "var(--ground)" : "none",
              strokeWidth: 4,
              fontSize: 13,
              fontWeight,
            }),
            narrow ? null : at_right(rows, effect_column, (arm) => signed(arm.effect), "var(--ink)", fontWeight),
            narrow ? null : at_right(rows, cost_column, (arm) => (is_number(arm.cost_nll) ? signed(arm.cost_nll) : "\u2013"), "var(--muted)", fontWeight),
          ]),
          ...(narrow ? [] : [column_head("effect", effect_column), column_head("cost", cost_column)]),
        ],
      });
      const x = drawn.scale("x")!;
      const y = drawn.scale("y")!;
      return {
        svg: drawn as SVGSVGElement,
        at: (arm) => ({
          x: x.apply(arm.effect) as number,
          y: (y.apply(place(arm)) as number) + (y.bandwidth ?? 0) / 2 + (narrow ? 0 : -6),
        }),
      };
    },
  });
}

export function effects_section(data: RunData): HTMLElement {
  const id = "effects";
  const heading = "What the plan does";
  const { effect } = data;
  if (!effect || effect.arms.length === 0) {
    return absent(id, heading, "This run has no effect.json: no effect was measured, so none is claimed. axia effect writes it.");
  }
  const value = data.run.value;
  const index = bias_index(data);
  const hold = hold_sentence(effect, value);
  const spent = [is_number(effect.tokens) ? `${count(effect.tokens)} tokens` : "", is_number(effect.seconds) ? seconds(effect.seconds) : ""].filter(Boolean);
  return section(
    id,
    heading,
    p(
      `For ${counted(effect.pairs, "held-out pair")} the model was asked how likely it finds either text, unsteered and under every arm. `,
      "An effect is how much further it leans to the text of the value; no judge is involved.",
      control_sentence(find_arm(effect, "opposite"), value),
      spent.length > 0 ? ` The measure took ${spent.join(" and ")}.` : "",
      is_number(effect.infeasible) && effect.infeasible > 0
        ? ` At ${counted(effect.infeasible, "state")} the targets of the values could not all be met at once; those were left alone.`
        : "",
    ),
    index
      ? p(
          `Words alone tell these pairs apart ${percent(index.accuracy)} of the time (50\u202f% is chance). The louder such cues, the larger every effect looks, by two to four times on pairs that were not cleaned; so read effects beside this number.`,
        )
      : null,
    effect_chart(effect.arms, value),
    hold ? p(hold) : null,
    h(
      "dl",
      { class: "arms" },
      effect.arms.map((arm) => {
        const words = arm_words(arm.arm);
        const caa =
          arm.arm === "caa" && effect.caa ? ` Here layer ${effect.caa.layer}, strength ${num(effect.caa.strength)}.` : "";
        return words.meaning ? h("div", {}, h("dt", {}, words.name), h("dd", {}, words.meaning + caa)) : null;
      }),
    ),
  );
}
