import { describe, expect, it } from "vitest";
import type { Figure } from "../src/measures/data";
import type { Ideals, MethodData, Novel, Opinions, Perceptions, Utilities } from "../src/methods/data";
import { said } from "../src/methods/page";
import { axis_sentence, form_of, method_figures, method_finding, method_meaning, method_title } from "../src/methods/words";

const is = (value: number, lo: number, hi: number): Figure => ({ value, lo, hi, n: 10 });
const not = (reason: string): Figure => ({ reason });
const run: MethodData["run"] = { created: "", command: "", seed: 0, axia_version: "", libllama: "", model: { name: "tiny", sha256: "" } };
const rest = { kind: "method" as const, run, notices: [] };

function opinions(unstable: Figure, open_gap: Figure): MethodData {
  const level = { forcing: "hard", open: false, asked: 9, valid: is(1, 0.7, 1), agree: is(0.5, 0.2, 0.8), agree_by_wording: [0, 1] as [number, number], flip: is(0.3, 0.1, 0.5), unstable };
  const result: Opinions = { propositions: 3, wordings: 3, answers: 9, levels: [level], forcing_gaps: [], open_gap };
  return { ...rest, method: "opinions", result };
}

function ideals(toward: Figure, lambda: Figure): MethodData {
  const result: Ideals = { counted: 8, toward, sign_p: 0.04, wilcoxon_p: 0.03, lambda, concepts: [] };
  return { ...rest, method: "ideals", result };
}

function utilities(high: Figure, low: Figure): MethodData {
  const option = (text: string, utility: Figure) => ({ id: text, category: "", text, utility, variance: 1 });
  const result: Utilities = {
    pairs: 3,
    unanswered: 0,
    certain: 0,
    held_out_accuracy: not("no pair is held out"),
    cycles: not("no triad was asked"),
    completeness: is(0.51, 0.5, 0.52),
    first_bias: is(0.41, 0.39, 0.43),
    invalid: is(0.3, 0.2, 0.4),
    options: [option("an apple", high), option("a pear", low)],
    exchange: [],
  };
  return { ...rest, method: "utilities", result };
}

describe("methods", () => {
  it("are named with who was asked, or who read", () => {
    expect(method_title(ideals(not("x"), not("x")))).toBe("Between average and ideal, asked of tiny");
    const read: Perceptions = { sentences: ["I help."], valence_agreement: not("x"), relevance_agreement: not("x"), unanswered: 0, values: [] };
    expect(method_title({ ...rest, method: "perceptions", result: read })).toBe("Values found in a text, read by tiny");
    expect(method_meaning({ ...rest, method: "perceptions", result: read })).toMatch(/^1 sentence\. /);
  });

  it("say how far wordings turn opinions, or why that cannot be computed", () => {
    expect(method_finding(opinions(is(0.4, 0.2, 0.6), is(0.2, 0.1, 0.3)))).toBe(
      "Other words turn the stance on 40\u202f% of the propositions, depending on the form of asking. Between chosen and open answers the stance differs on 20\u202f% (10 to 30\u202f%).",
    );
    expect(method_finding(opinions(not("asked in one wording alone"), not("no")))).toBe("How far wordings turn an opinion cannot be computed: asked in one wording alone.");
    expect(form_of({ forcing: "", open: true })).toBe("open");
    expect(form_of({ forcing: "hard", open: false })).toBe("options, hard");
  });

  it("say how far a place on an axis moves with the way of asking", () => {
    const axis = { axis: "x", place: is(0.1, 0, 0.2), range: [-1, 1] as [number, number], answers: 9, without: 1, wordings: [{ wording: "a", place: is(-0.5, -1, 0) }, { wording: "b", place: is(0.25, 0, 1) }], forcings: [{ forcing: "", open: true, place: not("no answer takes a side") }] };
    expect(axis_sentence(axis)).toBe("The place moves from \u22120.50 to 0.25 over wordings, fewer than two forms of asking have a place; the weights allow \u22121.00 to 1.00. 1 answer without a side is left out.");
  });

  it("a pull toward the ideal counts only against a coin", () => {
    expect(method_finding(ideals(is(0.9, 0.6, 0.98), is(0.4, 0.2, 0.6)))).toBe(
      "90\u202f% (60 to 98\u202f%) of 8 concepts shift toward the ideal, which a coin would not do. Lambda, 0 at the average and 1 at the ideal, is 0.40 (0.20 to 0.60).",
    );
    expect(method_finding(ideals(is(0.6, 0.4, 0.8), not("one concept alone is counted")))).toContain("a coin would do as well. Lambda cannot be computed: one concept alone is counted.");
    expect(method_finding(ideals(not("no concept is counted"), not("no")))).toMatch(/^A pull toward the ideal cannot be computed: no concept is counted/);
    expect(method_figures(ideals(not("no concept is counted"), is(0.4, 0.2, 0.6)))).toMatchObject([
      { number: "\u2013", note: "Cannot be computed: no concept is counted." },
      { number: "0.40", detail: "0.20 to 0.60" },
    ]);
  });

  it("grades have an effect only beyond the interval", () => {
    const novel = (effect: Figure): MethodData => {
      const result: Novel = { lists: 9, numbers: { none: 9, rising: 9, falling: 9 }, effect, p: 0.5, up: effect, down: effect, plain: effect };
      return { ...rest, method: "novel", result };
    };
    expect(method_finding(novel(is(3, -5, 11)))).toContain("no effect is certain");
    expect(method_finding(novel(is(8, 5, 11)))).not.toContain("no effect");
    expect(method_finding(novel(not("fewer than two lists have both numbers")))).toBe("The effect of grades cannot be computed: fewer than two lists have both numbers.");
  });

  it("utilities claim no order where the outermost intervals overlap", () => {
    expect(method_finding(utilities(is(1, 0.5, 1.5), is(-1, -1.5, -0.5)))).toBe(
      '"an apple" stands above "a pear", beyond both intervals. A pair is decided at 51\u202f% on average; a coin gives 50\u202f%. What stands first is chosen 91\u202f% of the time, whatever it is. Whether choices go round in circles cannot be computed: no triad was asked.',
    );
    expect(method_finding(utilities(is(1, -0.5, 1.5), is(0, -1.5, 0.5)))).toMatch(/^Even the intervals of the highest/);
  });

  it("a figure without a number gives its reason in a table", () => {
    expect(said(not("no pair is held out"))).toBe("cannot be computed: no pair is held out");
    expect(said(is(0.5, 0.25, 0.75))).toBe("0.500 [0.250, 0.750]");
  });
});
