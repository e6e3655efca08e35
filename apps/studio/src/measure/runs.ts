// Measured runs put together for one drawing.
import type { ArmMeasures, Measures } from "@report/measures/data";

export interface NamedRun {
  name: string;
  measures: Measures;
}

/// The arms of several runs as those of one, named "run: arm". null where they cannot stand on one scale.
export function side_by_side(runs: readonly NamedRun[]): Measures | null {
  const first = runs[0];
  if (!first) return null;
  if (runs.length === 1) return first.measures;
  const same = runs.every(({ measures }) => measures.battery.name === first.measures.battery.name && measures.unit === first.measures.unit);
  if (!same) return null;
  // the arm of the highest target is drawn beside the first: here the second run's own baseline
  const target = (run: number, arm: ArmMeasures, baseline: string): number => (run === 1 && arm.arm === baseline ? Infinity : arm.target);
  const arms = runs.flatMap(({ name, measures }, run) =>
    measures.arms.map((arm): ArmMeasures => ({ ...arm, arm: `${name}: ${arm.arm}`, target: target(run, arm, measures.baseline) })),
  );
  return { ...first.measures, arms, baseline: `${first.name}: ${first.measures.baseline}`, doses: [], differences: [] };
}

export interface MeasureWish {
  battery: string;
  way: "none" | "sweep" | "plans";
  value: string;
  targets: string; // as typed
  plans: string[];
  prompts: number;
  limit: string; // as typed; "" = all
  run: string; // "" = named by the server
}

/// "0.9, 0.99" -> [0.9, 0.99]; null where one of them is no target.
export function targets_from(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== "");
  const numbers = parts.map((part) => Number(part.replace("\u2212", "-")));
  const good = numbers.every((one) => Number.isFinite(one) && Math.abs(one) > 0 && Math.abs(one) < 1);
  return parts.length > 0 && parts.length <= 12 && good ? [...new Set(numbers)].sort((a, b) => a - b) : null;
}

/// The request of the job, or what has to be put right.
export function measure_request(wish: MeasureWish): Record<string, unknown> | string {
  if (wish.battery === "") return "Choose a battery.";
  const request: Record<string, unknown> = { kind: "measure", battery: wish.battery, prompts: wish.prompts };
  if (wish.way === "sweep") {
    const targets = targets_from(wish.targets);
    if (wish.value === "") return "Choose the value of the sweep.";
    if (!targets) return "Targets are numbers between 0 and 1, separated by commas; below 0 they lower the value.";
    request["steer"] = { [wish.value]: targets };
  }
  if (wish.way === "plans") {
    if (wish.plans.length === 0) return "Choose at least one plan.";
    request["plans"] = wish.plans;
  }
  if (wish.limit.trim() !== "") {
    const limit = Number(wish.limit);
    if (!Number.isInteger(limit) || limit < 1) return "Items at most is a whole number from 1 on, or empty for all.";
    request["limit"] = limit;
  }
  const run = wish.run.trim();
  if (run !== "") {
    if (!/^[\w][\w.-]{0,79}$/.test(run)) return "A run's name is made of letters, digits, dots, dashes and underscores.";
    request["run"] = run;
  }
  return request;
}
