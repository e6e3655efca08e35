// A measurement's files as the C++ side puts them into the page, already checked there.
import type { Run } from "../data";
import { is_number } from "../format";

/// A number with its interval, or why there is none.
export interface Figure {
  value?: number | null;
  lo?: number | null;
  hi?: number | null;
  n?: number | null;
  reason?: string | null;
}

export interface ValueScore {
  value: string;
  score: Figure;
  items: number;
  alpha: Figure;
}

export interface Rank {
  value: string;
  strength: Figure;
  elo?: number | null;
  above_next?: number | null;
}

export interface Duel {
  value: string;
  other: string;
  wins: Figure;
  dilemmas: number;
}

export interface Risk {
  value: string;
  ratio: Figure;
  with?: number | null;
  without?: number | null;
  dilemmas: number;
}

export interface Worth {
  value: string;
  worth: Figure;
  dilemmas: number;
}

export interface Dimension {
  theory: string;
  dimension: string;
  score: Figure;
  values: number;
}

/// Items that should be answered alike and are not.
export interface Unsteady {
  by: string;
  stem: string;
  item: string;
  spread: number;
  members: number;
}

export interface Robustness {
  asked: number;
  unanswered: number;
  reasons: Record<string, number>;
  unsteady?: Unsteady[];
  [figure: string]: Figure | number | Record<string, number> | Unsteady[] | undefined;
}

/// One branch of a battery: `by` "group" counts groups answered right throughout, "item" right answers.
export interface Branch {
  branch: string;
  by: string;
  score: Figure;
  chance?: number | null;
  accuracy: Figure;
}

export interface ArmMeasures {
  arm: string;
  value: string;
  target: number;
  prompt: boolean;
  values: ValueScore[];
  ranking: Rank[];
  duels?: Duel[];
  risks?: Risk[];
  worths?: Worth[];
  dimensions?: Dimension[];
  accuracy: Figure;
  right: Figure;
  exact_match: Figure;
  likelier: { by: string; share: Figure; difference: Figure }[];
  branches?: Branch[];
  robustness: Robustness;
}

export interface Difference {
  arm: string;
  value: string;
  shift: Figure;
  p?: number | null;
  p_holm?: number | null;
}

export interface DosePoint {
  target: number;
  arm: string;
  shift: Figure;
}

export interface DoseCurve {
  steered: string;
  value: string;
  role: string;
  points: DosePoint[];
}

export interface ItemRow {
  item: string;
  stem: string;
  text: string;
  number: Record<string, number>;
  flip?: number | null;
  spread?: number | null;
  invalid?: number | null;
}

export interface Measures {
  battery: { name: string; title: string; version: number; licence: string; source?: string; scoring: string };
  unit: string;
  score_by: string;
  baseline: string;
  spread?: string; // how a distance between answers is measured
  level: number;
  items: number;
  stems: number;
  answers: number;
  how: Record<string, number>;
  chance?: number | null;
  circle: { value: string; angle?: number | null }[];
  arms: ArmMeasures[];
  differences: Difference[];
  doses: DoseCurve[];
  judge?: Record<string, Figure> | null;
  rows: ItemRow[];
  rows_left_out: number;
}

export interface MeasureData {
  kind: "measure";
  run: Omit<Run, "value" | "model"> & {
    model?: Run["model"] | null;
    endpoint?: { model: string } | null;
    people?: { respondents: number } | null;
  };
  measures: Measures;
  notices: string[];
}

/// A figure that was had.
export type Known = Figure & { value: number };

export function is_known(figure: Figure | null | undefined): figure is Known {
  return is_number(figure?.value);
}

/// Whether the whole interval lies on one side of `point`.
export function excludes(figure: Figure, point: number): boolean {
  return is_number(figure.lo) && is_number(figure.hi) && (figure.lo > point || figure.hi < point);
}

export function score_of(arm: ArmMeasures, value: string): Figure | null {
  return arm.values.find((one) => one.value === value)?.score ?? null;
}

/// The arm that others are compared with: the baseline where it is there, else the first.
export function baseline(measures: Measures): ArmMeasures {
  return measures.arms.find((arm) => arm.arm === measures.baseline) ?? measures.arms[0]!;
}
