// What the C++ side puts into the page: the JSON files of a run, already checked there.

import type { MeasureData } from "./measures/data";
import type { MethodData } from "./methods/data";

export type Interval = [number, number];

export interface Run {
  value: string;
  created: string;
  command: string;
  seed: number;
  axia_version: string;
  libllama: string;
  note?: string;
  model: { name: string; sha256: string; architecture?: string; layers?: number; width?: number };
  weights?: { format: string; mean_kl: number | null; prompt_speedup: number | null } | null;
  machine?: { processor: string; cores: number; memory_bytes: number } | null;
  files?: Record<string, string>;
}

export interface BiasIndex {
  accuracy: number;
  ci: Interval;
}

export interface PairCheck {
  value: string;
  pairs: number;
  learn: number;
  heldout: number;
  problems: string[];
  warnings: string[];
  length_only: BiasIndex;
  bag_of_words: BiasIndex;
  bag_of_words_paired: number;
  mean_length_ratio: number;
  cues: { word: string; weight: number; positive: number; negative: number }[];
}

export interface Check {
  problem_count: number;
  problems: string[];
  values: PairCheck[];
}

export interface ProbeLayer {
  layer: number;
  train_accuracy?: number | null;
  cross_accuracy?: number | null;
  heldout_accuracy?: number | null;
  heldout_ci?: Interval | null;
  paired_accuracy?: number | null;
  paired_ci?: Interval | null;
  shuffled_accuracy?: number | null;
  mean_gap?: number | null;
  state_norm?: number | null;
  reading_spread?: number | null;
}

export interface VectorCard {
  value: string;
  context: string;
  C?: number | null;
  seed?: number | null;
  operation?: string;
  tool_version?: string;
  data?: {
    name?: string;
    sha256?: string;
    learn_pairs?: number | null;
    heldout_pairs?: number | null;
    bag_of_words?: number | BiasIndex | null;
  } | null;
  chosen: number[];
  layers: ProbeLayer[];
  gate?: { layer: number; alpha: number; threshold?: number | null; calibration?: number | null } | null;
}

export interface Candidate {
  id: string | number;
  context: string;
  direction: string;
  amount: string;
  rows: string;
  below: boolean;
  hold: string | string[] | boolean | null;
  layers: number[];
  log_odds: number | null;
  strength: number | null;
  round: number;
  pairs: number;
  effect: number;
  effect_se: number | null;
  cost_nll: number;
  on_frontier: boolean;
  chosen: boolean;
}

export interface Tune {
  value: string;
  budget: number;
  tokens: number;
  token_budget: number;
  seconds: number;
  candidates: Candidate[];
  chosen: string | number | null;
  plan_hash?: string | null;
  warning?: string | null;
}

export interface Plan {
  name?: string;
  model?: string;
  context?: string;
  direction?: string;
  amount?: string;
  below?: boolean;
  rows?: string;
  layers: number[];
  values: { value: string; rule?: string; log_odds?: number; p0?: number; strength?: number }[];
  gate?: string;
  alpha?: number;
}

export interface Arm {
  arm: string;
  effect: number;
  ci: Interval | null;
  win_rate?: number | null;
  cross?: number | null;
  cross_ci?: Interval | null;
  cost_nll?: number | null;
  cost_ci?: Interval | null;
  kl?: number | null;
  net_yes?: number | null;
  net_yes_ci?: Interval | null;
  acquiescence?: number | null;
}

export interface EffectTrace {
  layer: number;
  p_before?: number | null;
  p_after?: number | null;
  d?: number | null;
}

export interface Effect {
  value?: string;
  arms: Arm[];
  pairs: number;
  tokens?: number | null;
  seconds?: number | null;
  infeasible?: number | null;
  bag_of_words?: number | BiasIndex | null;
  caa?: { layer: number; strength: number } | null;
  left_out?: Record<string, string> | null;
  trace?: EffectTrace[] | null;
}

export interface AnswerTrace {
  layer: number;
  value: string;
  p_before?: number | null;
  d?: number | null;
  p_after?: number | null;
  shift_share?: number | null;
}

export interface Answer {
  arm: string;
  text: string;
  finish?: string | null;
  tokens?: number | null;
  gate?: { score?: number | null; threshold?: number | null; open: boolean } | null; // no threshold: it never opens
  trace?: AnswerTrace[] | null;
}

export interface Answers {
  questions: { question: string; arms: Answer[] }[];
}

export interface RunData {
  schema: "axia.report-data";
  version: 1;
  run: Run;
  check: Check | null;
  vector: VectorCard | null;
  tune: Tune | null;
  plan: Plan | null;
  plan_hash: string | null;
  effect: Effect | null;
  answers: Answers | null;
  notices: string[];
}

export const data_version = 1;

/// The data block of this page, or null in the bare template.
export function read_run(text: string): RunData | MeasureData | MethodData | null {
  if (text.startsWith("@@")) return null;
  const data = JSON.parse(text) as RunData | ((MeasureData | MethodData) & Pick<RunData, "schema" | "version">);
  if (data.schema !== "axia.report-data" || data.version !== data_version) {
    throw new Error("the data in this page is of another version than the page");
  }
  return data;
}
