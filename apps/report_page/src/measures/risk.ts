// Which values risky choices come with.
import { type Column, datum, p, section, table } from "../dom";
import { count, counted, is_number, percent } from "../format";
import { type ArmMeasures, baseline, excludes, is_known, type Measures, type Risk } from "./data";
import { intervals_chart, most_drawn } from "./intervals";
import { listed, shown } from "./words";

/// What the ratios say, no more than their intervals hold.
export function risk_sentence(risks: readonly Risk[]): string {
  const known = risks.filter((one) => is_known(one.ratio));
  if (known.length === 0) return `No relative risk can be computed: ${risks[0]?.ratio.reason ?? "not measured"}.`;
  const clear = known.filter((one) => excludes(one.ratio, 1));
  if (clear.length === 0) return `No value can be told from 1: of ${counted(known.length, "value")}, every interval holds it.`;
  const named = (above: boolean): string => listed(clear.filter((one) => one.ratio.value! > 1 === above).map((one) => one.value));
  const parts = [named(true) && `oftener with ${named(true)}`, named(false) && `more rarely with ${named(false)}`];
  const rest = known.length - clear.length;
  return `Beyond their intervals risky choices come ${parts.filter(Boolean).join(" and ")}; ${count(rest)} of ${counted(known.length, "value")} ${rest === 1 ? "does" : "do"} not tell.`;
}

function columns(arms: readonly ArmMeasures[]): Column<Risk>[] {
  const share = (x: number | null | undefined): string => (is_number(x) ? percent(x) : "not measured");
  return [
    { head: "Value", cell: (one) => datum(one.value) },
    ...arms.map((arm) => ({
      head: arm.arm,
      unit: "relative risk",
      numeric: true,
      cell: (one: Risk) => shown(arm.risks?.find((other) => other.value === one.value)?.ratio, 3),
    })),
    { head: "Risky with it", numeric: true, cell: (one) => share(one.with) },
    { head: "Without it", numeric: true, cell: (one) => share(one.without) },
    { head: "Dilemmas", numeric: true, cell: (one) => count(one.dilemmas) },
  ];
}

export function risk_section(measures: Measures): HTMLElement | null {
  const risks = baseline(measures).risks ?? [];
  if (risks.length === 0) return null;
  const drawing = intervals_chart<Risk>({
    id: "chart-risk",
    title: "Relative risk: risky choices with a value against those without it",
    summary: "A dot and an interval for each value, from the highest; 1 is no difference.",
    rows: risks,
    name: (one) => one.value,
    figure: (one) => one.ratio,
    columns: columns(measures.arms),
    middle: 1,
  });
  return section(
    "risk",
    "Which values risky choices come with",
    p(
      `The battery says of some dilemmas which options are risky. How often a risky one is chosen where it serves a value, divided by how often where it does not, is the value's relative risk. ${risk_sentence(risks)}`,
    ),
    drawing ?? table("Relative risk of each value", columns(measures.arms), risks),
    drawing && risks.length > most_drawn ? p(`Drawn are the ${most_drawn / 2} highest and the ${most_drawn / 2} lowest; the table has them all.`) : null,
  );
}
