// What a run found, in sentences. Pure functions of the data, so that they can be tested.
import type { Arm, Effect, Interval, RunData } from "./data";
import { bias_of, capital, counted, is_number, num, percent, percent_range, range, signed, trimmed } from "./format";

export type Verdict = "towards" | "away" | "open";

export function verdict(ci: Interval | null | undefined): Verdict {
  if (!ci) return "open";
  return ci[0] > 0 ? "towards" : ci[1] < 0 ? "away" : "open";
}

export function find_arm(effect: Effect | null, name: string): Arm | null {
  return effect?.arms.find((arm) => arm.arm === name) ?? null;
}

export function title(data: RunData): string {
  return `${capital(data.run.value)} in ${data.run.model.name}`;
}

/// One sentence with the finding, and one with what it means.
export function lead(data: RunData): { finding: string; meaning: string } {
  const { effect, run } = data;
  const value = run.value;
  const plan = find_arm(effect, "plan");
  if (!effect || !plan) {
    return {
      finding: data.vector
        ? `This run learnt where ${value} lies inside ${run.model.name}; no effect of steering has been measured yet.`
        : `This run on ${run.model.name} has measured no effect yet.`,
      meaning: "An effect without its uncertainty and its baselines is not worth printing, so there is none here.",
    };
  }
  const on = `on ${counted(effect.pairs, "pair")} of texts that neither the vector nor the plan had seen`;
  const size = `${num(Math.abs(plan.effect))} nats per token`;
  const interval = plan.ci ? `95\u202f% interval ${range(plan.ci)}` : "interval not measured";
  const kind = verdict(plan.ci);
  if (kind === "open") {
    return {
      finding: `No effect is certain here. The plan moved ${run.model.name} ${signed(plan.effect)} nats per token towards ${value} (${interval}), ${on}.`,
      meaning: plan.ci
        ? "The interval includes zero: chance alone can explain a move of this size. More held-out pairs would narrow it."
        : "Without an interval nothing can be said about chance.",
    };
  }
  const factor = num(Math.exp(plan.effect));
  return {
    finding: `Steered by its plan, ${run.model.name} leans ${size} ${kind === "towards" ? "further towards" : "away from"} ${value} (${interval}), ${on}.`,
    meaning: `The interval excludes zero, so chance is a poor explanation. Token for token, the text that shows ${value} became ${factor} times as likely against its partner as it was.`,
  };
}

function overlap(a: Interval, b: Interval): boolean {
  return a[0] <= b[1] && b[0] <= a[1];
}

/// How the plan stands against another arm, honest about overlap.
export function comparison(plan: Arm, other: Arm): string {
  const difference = plan.effect - other.effect;
  const way = difference >= 0 ? "more" : "less";
  const size = `The plan moves the model ${num(Math.abs(difference))} ${way}`;
  if (!plan.ci || !other.ci) return `${size}.`;
  return overlap(plan.ci, other.ci)
    ? `${size}; the intervals overlap, so this run does not settle which is stronger.`
    : `${size}, and the intervals do not overlap.`;
}

/// What holding the other values' readings does, or why that was not measured.
export function hold_sentence(effect: Effect, value: string): string {
  const why = effect.left_out?.["plan+hold"];
  if (why) return `The plan with the other values held is left out: ${why}.`;
  const plan = find_arm(effect, "plan");
  const held = find_arm(effect, "plan+hold") ?? plan;
  const free = held === plan ? find_arm(effect, "plan-hold") : plan;
  if (!held || !free || !is_number(held.cross) || !is_number(free.cross)) return "";
  const settled = held.cross_ci && free.cross_ci && !overlap(held.cross_ci, free.cross_ci);
  return (
    `With the other values' readings held, their pairs move ${signed(held.cross)} instead of ${signed(free.cross)} nats per token, ` +
    `and those of ${value} ${signed(held.effect)} instead of ${signed(free.effect)}` +
    (settled || !held.cross_ci ? "." : "; on other values the intervals overlap, so this run does not settle that holding matters.")
  );
}

export interface Figure {
  label: string;
  number: string;
  unit: string;
  detail: string;
  note: string;
}

function arm_figure(label: string, plan: Arm, other: Arm, before: string): Figure {
  return {
    label,
    number: signed(other.effect),
    unit: "nats per token",
    detail: range(other.ci),
    note: `${before}${comparison(plan, other)}`,
  };
}

/// The key figures of the title block, in reading order.
export function figures(data: RunData): Figure[] {
  const { effect, tune } = data;
  const plan = find_arm(effect, "plan");
  const found: Figure[] = [];
  if (effect && plan) {
    const zero = { towards: "Excludes zero.", away: "Excludes zero, on the wrong side.", open: "Includes zero." };
    const wins = is_number(plan.win_rate) ? ` The plan wins on ${percent(plan.win_rate)} of the pairs.` : "";
    found.push({
      label: "Effect of the plan",
      number: signed(plan.effect),
      unit: "nats per token",
      detail: range(plan.ci),
      note: `${plan.ci ? zero[verdict(plan.ci)] : "No interval."}${wins}`,
    });
    if (is_number(plan.cost_nll)) {
      found.push({
        label: "Cost on neutral text",
        number: signed(plan.cost_nll, 3),
        unit: "nats per token",
        detail: plan.cost_ci ? range(plan.cost_ci, 3) : "",
        note: `${tune ? `The tuner was allowed ${trimmed(tune.budget)} on its own texts.` : "How much less likely ordinary text became."}${is_number(plan.kl) ? ` KL ${num(plan.kl, 3)} nats.` : ""}`,
      });
    }
    const caa = find_arm(effect, "caa");
    if (caa) found.push(arm_figure("CAA, the common method", plan, caa, "At its best layer and equal cost. "));
    const prompt = find_arm(effect, "prompt");
    if (prompt) found.push(arm_figure("System prompt alone", plan, prompt, ""));
    if (is_number(plan.cross)) {
      const share = plan.effect > 0 && verdict(plan.ci) === "towards" ? plan.cross / plan.effect : null;
      found.push({
        label: "Other values moved",
        number: signed(plan.cross),
        unit: "nats per token",
        detail: range(plan.cross_ci),
        note: is_number(share)
          ? `${percent(Math.abs(share))} of the effect on ${data.run.value}${share < 0 ? ", the other way" : ""}. Near zero is best.`
          : "The plan's effect on pairs of other values. Near zero is best.",
      });
    }
  }
  const index = bias_index(data);
  if (index) {
    found.push({
      label: "Bag-of-words index",
      number: percent(index.accuracy),
      unit: "of texts",
      detail: index.ci ? percent_range(index.ci) : "",
      note:
        index.accuracy <= 0.7
          ? "Words alone tell the sides apart this often; 50\u202f% is chance, 70\u202f% our limit."
          : "Above our limit of 70\u202f%: words alone give the sides away, so part of the effect may be theirs.",
    });
  }
  return found;
}

/// Of the data check, else of what the effect or the vector carries.
export function bias_index(data: RunData): { accuracy: number; ci: Interval | null } | null {
  const checked = data.check?.values.find((one) => one.value === data.run.value) ?? null;
  return (
    bias_of(checked?.bag_of_words) ?? bias_of(data.effect?.bag_of_words) ?? bias_of(data.vector?.data?.bag_of_words)
  );
}
