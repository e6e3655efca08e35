// The results of the methods that are no battery, as the C++ side puts them into the page, already checked there.
import type { Figure, MeasureData } from "../measures/data";

export interface OpinionLevel {
  forcing: string;
  open: boolean;
  asked: number;
  valid: Figure;
  agree: Figure;
  agree_by_wording: [number, number];
  flip: Figure;
  unstable: Figure;
}

/// A set of answers on one axis of the user's own table of weights, and by every way of asking.
export interface OpinionAxis {
  axis: string;
  place: Figure;
  range: [number, number];
  answers: number;
  without: number;
  wordings: { wording: string; place: Figure }[];
  forcings: { forcing: string; open: boolean; place: Figure }[];
}

export interface Opinions {
  propositions: number;
  wordings: number;
  answers: number;
  levels: OpinionLevel[];
  forcing_gaps: { a: string; b: string; open: boolean; share: Figure }[];
  open_gap: Figure;
  axes?: OpinionAxis[];
}

export interface IdealConcept {
  id: string;
  domain: string;
  text: string;
  average?: number | null;
  ideal?: number | null;
  sample?: number | null;
  alpha: Figure;
  numbers: [number, number, number];
  asked: [number, number, number];
  dropped?: string | null;
}

export interface Ideals {
  counted: number;
  toward: Figure;
  sign_p?: number | null;
  wilcoxon_p?: number | null;
  lambda: Figure;
  concepts: IdealConcept[];
}

export interface Novel {
  lists: number;
  numbers: { none: number; rising: number; falling: number };
  effect: Figure;
  p?: number | null;
  up: Figure;
  down: Figure;
  plain: Figure;
}

export interface UtilityOption {
  id: string;
  category: string;
  text: string;
  utility: Figure;
  variance: number;
}

export interface Utilities {
  pairs: number;
  unanswered: number;
  certain: number;
  held_out_accuracy: Figure;
  cycles: Figure;
  cycles_expected?: number | null;
  completeness: Figure;
  first_bias: Figure;
  invalid: Figure;
  options: UtilityOption[];
  exchange: { one: string; is_worth: string; amount: Figure }[];
}

export interface Perceptions {
  sentences: string[];
  valence_agreement: Figure;
  relevance_agreement: Figure;
  unanswered: number;
  values: { value: string; score: Figure; relevant: number; scored: number; evidence: { sentence: number; score: number }[] }[];
}

interface Of<Name extends string, Result> {
  kind: "method";
  method: Name;
  run: MeasureData["run"];
  result: Result;
  notices: string[];
}

export type MethodData = Of<"opinions", Opinions> | Of<"ideals", Ideals> | Of<"novel", Novel> | Of<"utilities", Utilities> | Of<"perceptions", Perceptions>;
