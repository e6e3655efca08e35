// The words of the page: what the parts of a run are called, and what the terms mean.
import type { Candidate } from "./data";
import { is_number, layers_named, num } from "./format";

export interface ArmWords {
  name: string;
  meaning: string;
}

const arms: Record<string, ArmWords> = {
  unsteered: { name: "Unsteered", meaning: "The model as it is. Every effect is measured from here, so its own is zero." },
  plan: { name: "The plan", meaning: "The steering plan of this run, and nothing else." },
  "plan+hold": {
    name: "Plan, others held",
    meaning: "The plan, and beside it the model's readings of the other values held where they are. The smaller push on other values may cost some of the effect.",
  },
  "plan-hold": {
    name: "Plan, others free",
    meaning: "The plan without holding the model's readings of the other values, as it does.",
  },
  prompt: { name: "System prompt", meaning: "No steering; a system message asks the model to hold the value." },
  opposite: {
    name: "Opposite prompt",
    meaning: "No steering; a system message asks for the contrary. A sound measure moves the other way here.",
  },
  "prompt+plan": { name: "Prompt and plan", meaning: "The system message and the plan together." },
  caa: {
    name: "CAA",
    meaning:
      "Contrastive activation addition, the common method: one constant push at one layer, at the strength that costs about what the plan costs.",
  },
  conva: {
    name: "ConVA",
    meaning: "The method as its paper gives it: the least push, measured once at the end of the prompt and kept.",
  },
};

export function arm_words(arm: string): ArmWords {
  return arms[arm] ?? { name: arm, meaning: "" };
}

const directions: Record<string, string> = {
  probe: "straight along the probe",
  whitened: "along the probe, bent into the states' own spread",
  mean: "from the mean of one side to the mean of the other",
};

export function direction_words(direction: string): string {
  return directions[direction] ?? direction;
}

const amounts: Record<string, string> = {
  row: "the least push that reaches the target, measured anew for every token",
  prompt: "the least push that reaches the target, measured once at the end of the prompt",
  constant: "the same push for every token",
};

export function amount_words(amount: string): string {
  return amounts[amount] ?? amount;
}

const row_sets: Record<string, string> = {
  all: "prompt and answer",
  onward: "the answer, from the last token of the prompt on",
};

export function rows_words(rows: string): string {
  return row_sets[rows] ?? rows;
}

const contexts: Record<string, string> = {
  chat: "texts as the assistant's turn of a chat",
  bare: "texts by themselves",
};

export function context_words(context: string): string {
  return contexts[context] ?? context;
}

/// "target log-odds 4.6" or "strength 0.50".
export function dose(candidate: Pick<Candidate, "amount" | "log_odds" | "strength">): string {
  const parts: string[] = [];
  if (candidate.amount === "constant" && is_number(candidate.strength)) parts.push(`strength ${num(candidate.strength)}`);
  if (is_number(candidate.log_odds)) parts.push(`target log-odds ${num(candidate.log_odds, 1)}`);
  return parts.join(", ") || "as set";
}

export function candidate_words(candidate: Candidate): string {
  return `${candidate.direction}, ${candidate.amount}, ${layers_named(candidate.layers)}, ${dose(candidate)}`;
}

export function held_words(hold: Candidate["hold"]): string {
  if (Array.isArray(hold)) return hold.length > 0 ? hold.join(", ") : "none";
  if (hold === true) return "others";
  return typeof hold === "string" && hold !== "" ? hold : "none";
}

export const glossary: [string, string][] = [
  [
    "Nats per token",
    "The unit of effects and costs. A token is a word or a piece of one. A change of x nats per token makes each token e\u02e3 times as likely: 0.10 is 1.11 times, 0.69 is twice.",
  ],
  [
    "Effect",
    "How much further the model leans to the text that shows the value, against its partner that shows another value in the same scene, than it did unsteered. Measured on held-out pairs, without any judge.",
  ],
  [
    "95 % interval",
    "Draw the pairs anew at random, many times: in 95 of 100 draws the number falls inside. If zero does too, chance alone can explain the effect. (For shares of pairs, Wilson's formula.)",
  ],
  ["Held-out pairs", "Pairs of texts set aside before anything was learnt or tuned, from scenes seen nowhere else."],
  [
    "Cost",
    "How much less likely the model finds ordinary text when steered, in nats per token. Near zero means that the rest of the model is as it was.",
  ],
  ["KL", "Kullback-Leibler divergence: how far the next-token chances on everyday prompts move from the unsteered model's, in nats."],
  ["Layer", "One of the model's blocks, counted from 0. Between blocks the model's state is a list of numbers for each token; that is what is read and pushed."],
  ["Probe and reading", "A probe is a straight line through a layer's states that best tells the two sides apart. Its reading p is how surely a state lies on the value's side, from 0 to 1."],
  ["Log-odds", "Another scale for p: log(p / (1 \u2212 p)). 0 is p = 0.5, 4.6 is p = 0.99."],
  [
    "Bag-of-words index",
    "How often the mere presence of words, with no understanding, tells the two sides apart. 50 % is chance. The higher it is, the more of an effect may be the words' and not the value's.",
  ],
  ["Gate", "A test of the request alone: is it about this value? When it says no, the plan is not applied at all."],
  ["Net yes", "How far the answers to yes/no questions move towards the value, over both wordings and after taking away the drift on plain factual questions."],
];
