// What a person has set in the playground; every field has a default, so that a link need only hold the rest.
import { all_arms, type Arm } from "../api/types";

export interface Settings {
  steer: Record<string, number>; // value -> p0 in (0,1), negative: lowered to at most 1 - |p0|
  plan: string; // a stored plan instead; "" = none
  arms: Arm[]; // the columns, in order
  direction: "" | "probe" | "whitened" | "mean"; // "" = the server's own choice
  amount: "" | "row" | "prompt" | "constant";
  rows: "" | "all" | "onward";
  gate: "" | "learned" | "always" | "never";
  system: string;
  temperature: number; // 0 to 2
  seed: number; // 0 to 4294967295
  max_tokens: number; // 1 to 4096
  probe: string; // the value whose probe is read; "" = the first one steered
  trace: boolean;
}

export const defaults: Readonly<Settings> = {
  steer: {},
  plan: "",
  arms: ["unsteered", "steered"],
  direction: "",
  amount: "",
  rows: "",
  gate: "",
  system: "",
  temperature: 0,
  seed: 1,
  max_tokens: 120,
  probe: "",
  trace: true,
};

export const choices = {
  direction: ["", "probe", "whitened", "mean"],
  amount: ["", "row", "prompt", "constant"],
  rows: ["", "all", "onward"],
  gate: ["", "learned", "always", "never"],
} as const;

export const arm_names: Record<Arm, string> = {
  unsteered: "Unsteered",
  prompt: "Prompt only",
  steered: "Steered",
  "prompt+steered": "Prompt and steered",
};

export const arm_meanings: Record<Arm, string> = {
  unsteered: "the model as it is",
  prompt: "the values named in the system message, nothing steered",
  steered: "held to the values inside the model",
  "prompt+steered": "named in the system message and held",
};

/// log-odds of a slider's end: p0 = 0.999999
export const most_strength = 14;

export function target_of_strength(strength: number): number {
  const p = 1 / (1 + Math.exp(-Math.abs(strength)));
  return Math.sign(strength) * Number(p.toPrecision(p > 0.99 ? 7 : 3));
}

/// 0 for a target of exactly one half: that is where the slider is off.
export function strength_of_target(target: number): number {
  const p = Math.abs(target);
  if (!(p > 0 && p < 1)) return 0;
  const strength = Math.log(p / (1 - p));
  return Math.sign(target) * Math.min(most_strength, Math.max(0, strength));
}

export function target_words(target: number | undefined): string {
  if (!target) return "off";
  const p = Math.abs(target);
  return target > 0 ? `at least ${trim(p)}` : `at most ${trim(1 - p)}`;
}

/// A probability with as many digits as tell it from 0 and 1.
export function trim(p: number): string {
  const near = Math.min(p, 1 - p);
  const digits = near > 0 && near < 0.01 ? Math.min(7, Math.ceil(-Math.log10(near)) + 1) : 3;
  return p.toFixed(digits).replace(/0+$/, "").replace(/\.$/, "");
}

/// The columns that make sense now: without a value or a plan only the first, with a plan none that asks in words.
export function arms_of(settings: Settings): Arm[] {
  const steered = settings.plan !== "" || Object.keys(settings.steer).length > 0;
  if (!steered) return ["unsteered"];
  const wanted = all_arms.filter((arm) => settings.arms.includes(arm));
  const able = settings.plan === "" ? wanted : wanted.filter((arm) => !arm.startsWith("prompt"));
  return able.length > 0 ? able : ["unsteered", "steered"];
}

const is_name = (x: unknown): x is string => typeof x === "string" && x.length <= 200;
const within = (x: unknown, low: number, high: number): x is number => typeof x === "number" && x >= low && x <= high;

/// Settings from anything: what does not fit gives way to its default.
export function settings_from(found: unknown): Settings {
  const from = (typeof found === "object" && found !== null ? found : {}) as Record<string, unknown>;
  const settings: Settings = structuredClone(defaults) as Settings;
  if (typeof from["steer"] === "object" && from["steer"] !== null) {
    for (const [value, target] of Object.entries(from["steer"]).slice(0, 64)) {
      if (is_name(value) && within(target, -1, 1) && Math.abs(target) > 0 && Math.abs(target) < 1) settings.steer[value] = target;
    }
  }
  if (is_name(from["plan"])) settings.plan = from["plan"];
  if (Array.isArray(from["arms"])) {
    const given = from["arms"] as unknown[];
    const arms = all_arms.filter((arm) => given.includes(arm));
    if (arms.length > 0) settings.arms = arms;
  }
  const chosen = <T extends string>(name: string, of: readonly T[], otherwise: T): T => of.find((one) => one === from[name]) ?? otherwise;
  settings.direction = chosen("direction", choices.direction, "");
  settings.amount = chosen("amount", choices.amount, "");
  settings.rows = chosen("rows", choices.rows, "");
  settings.gate = chosen("gate", choices.gate, "");
  if (typeof from["system"] === "string") settings.system = from["system"].slice(0, 20000);
  if (within(from["temperature"], 0, 2)) settings.temperature = from["temperature"];
  if (within(from["seed"], 0, 4294967295)) settings.seed = Math.floor(from["seed"]);
  if (within(from["max_tokens"], 1, 4096)) settings.max_tokens = Math.floor(from["max_tokens"]);
  if (is_name(from["probe"])) settings.probe = from["probe"];
  if (typeof from["trace"] === "boolean") settings.trace = from["trace"];
  return settings;
}

/// What differs from the defaults.
export function difference(settings: Settings): Partial<Settings> {
  return Object.fromEntries(
    Object.entries(settings).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name as keyof Settings])),
  ) as Partial<Settings>;
}
