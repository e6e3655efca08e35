// What the server says, as far as the studio reads it.

export type Arm = "unsteered" | "prompt" | "steered" | "prompt+steered";
export const all_arms: readonly Arm[] = ["unsteered", "prompt", "steered", "prompt+steered"];

export interface ModelInfo {
  name: string;
  hash: string;
  architecture?: string;
  layers?: number;
  width?: number;
  context?: number;
  weights?: string;
  version?: string;
}

export interface Value {
  name: string;
  title?: string;
  definition?: string;
  group?: string;
  order?: number;
  neighbours?: string[];
  opposites?: string[];
  own?: boolean; // brought by a person
  learnt: boolean;
  pairs?: number;
}

export interface ValueList {
  system: string;
  values: Value[];
}

export interface VectorLayer {
  layer: number;
  accuracy?: number | null;
  accuracy_ci?: [number, number] | null;
  paired?: number | null;
  paired_ci?: [number, number] | null;
  shuffled?: number | null;
}

export interface VectorInfo {
  value: string;
  context: string;
  hash: string;
  created?: string;
  pairs?: { learn?: number; held_out?: number };
  bag_of_words?: number | null; // share of held-out texts told apart by single words
  best_layer?: number; // by cross-validation on the learning pairs
  layers: VectorLayer[];
  gate?: { layer: number; alpha: number; threshold: number | null } | null;
}

export interface Similarity {
  layer: number;
  values: string[];
  cosine: number[][];
}

export interface PlanInfo {
  name: string;
  hash: string;
  values: { value: string; rule?: string; log_odds?: number; strength?: number }[];
  layers?: number[];
  direction?: string;
  amount?: string;
  rows?: string;
  gate?: string;
  effect?: Estimate | null;
  cost?: Estimate | null;
}

export type Estimate = number | { value?: number; mean?: number; ci?: [number, number]; lo?: number; hi?: number };

export interface FrontierPoint {
  effect: number;
  ci?: [number, number] | null;
  cost: number;
  label?: string;
  chosen?: boolean;
}

export interface Battery {
  name: string;
  title?: string;
  items?: number;
  kinds?: string[];
  values?: string[];
  licence?: string;
}

export interface RunInfo {
  name: string;
  battery?: string;
  model?: string;
  plans?: { name: string; hash: string }[]; // what its arms were measured under
  state?: string;
  answers?: number;
  asked?: number;
  created?: string;
  report?: boolean;
}

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

export interface Job {
  id: string;
  kind: string;
  request?: Record<string, unknown>;
  state: JobState;
  stage?: string;
  done?: number;
  total?: number;
  unit?: string;
  message?: string;
  created?: string;
  started?: string;
  ended?: string;
  result?: unknown;
  error?: string | null;
}

export interface TraceToken {
  text: string;
  in_prompt?: boolean;
  p_before?: (number | null)[][];
  p_after?: (number | null)[][];
  shift?: (number | null)[];
}

export interface Trace {
  layers: number[];
  values: string[];
  tokens: TraceToken[];
}

export interface Note {
  arm?: string;
  plan?: string;
  steered?: boolean;
  seed?: number;
  gate?: { open: boolean; score?: number; threshold?: number } | null;
  rows_shifted?: number;
  trace?: Trace;
}

export interface Message {
  role: "system" | "user" | "assistant";
  content: string;
}
