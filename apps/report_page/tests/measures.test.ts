import { describe, expect, it } from "vitest";
import { type Spoke, spokes } from "../src/measures/circle";
import type { ArmMeasures, Difference, DoseCurve, Figure, MeasureData, Measures, Rank, Risk, Worth } from "../src/measures/data";
import { control_panels, value_panels } from "../src/measures/doses";
import { beside, drawn_values, told_branch } from "../src/measures/profile";
import { drawn_rows } from "../src/measures/intervals";
import { risk_sentence } from "../src/measures/risk";
import { linear, spread, ticks } from "../src/measures/scale";
import { arrange, type SheetColumn } from "../src/measures/sheet";
import { bar_places, end_words, unanswered_sentence, way_groups, way_sentence } from "../src/measures/ways";
import {
  difference_sentence,
  dose_sentence,
  finding,
  key_figures,
  listed,
  meaning,
  p_text,
  ranking_sentence,
  shown,
  title,
} from "../src/measures/words";
import { worths_sentence } from "../src/measures/worths";

const is = (value: number, lo: number, hi: number): Figure => ({ value, lo, hi, n: 10 });
const not = (reason: string): Figure => ({ reason });

function arm(name: string, scores: Record<string, Figure>, more: Partial<ArmMeasures> = {}): ArmMeasures {
  return {
    arm: name,
    value: "",
    target: 0,
    prompt: false,
    values: Object.entries(scores).map(([value, score]) => ({ value, score, items: 6, alpha: not("not a scale") })),
    ranking: [],
    accuracy: not("no item has a right answer"),
    right: not("no item has a right answer"),
    exact_match: not("no item belongs to a group"),
    likelier: [],
    robustness: { asked: 12, unanswered: 0, reasons: {} },
    ...more,
  };
}

function measures(first: ArmMeasures, more: Partial<Measures> = {}): Measures {
  return {
    battery: { name: "b", title: "Battery", version: 1, licence: "", scoring: "preference" },
    unit: "preference, -1 to 1",
    score_by: "byte",
    baseline: "unsteered",
    level: 0.95,
    items: 6,
    stems: 6,
    answers: 12,
    how: { logprob: 12 },
    circle: [],
    arms: [first],
    differences: [],
    doses: [],
    rows: [],
    rows_left_out: 0,
    ...more,
  };
}

function data(of: Measures, run: Partial<MeasureData["run"]> = {}): MeasureData {
  return {
    kind: "measure",
    run: { created: "", command: "", seed: 0, axia_version: "", libllama: "", model: { name: "tiny", sha256: "" }, ...run },
    measures: of,
    notices: [],
  };
}

const mean = { name: "b", title: "", version: 1, licence: "", scoring: "mean" };

describe("the finding", () => {
  it("names only values whose interval leaves indifference out", () => {
    const said = finding(measures(arm("unsteered", { care: is(0.3, 0.1, 0.5), power: is(-0.2, -0.3, -0.1), fame: is(0.4, -0.1, 0.9) })));
    expect(said).toBe("The answers lean to care and away from power, beyond their intervals; 1 other value cannot be told from indifference.");
  });

  it("says that nothing stands out", () => {
    expect(finding(measures(arm("unsteered", { care: is(0.3, -0.1, 0.5), power: is(0, -0.3, 0.3) })))).toBe(
      "None of the 2 values stands out: every interval holds indifference.",
    );
  });

  it("claims no order where even the outermost intervals overlap", () => {
    const near = finding(measures(arm("unsteered", { care: is(3.6, 3.4, 3.8), power: is(3.4, 3.3, 3.5) }), { battery: mean }));
    expect(near).toMatch(/^The 2 values do not differ beyond their intervals: even those of the highest \(care\) and the lowest \(power\)/);
    const far = finding(measures(arm("unsteered", { care: is(4.6, 4.4, 4.8), power: is(3.4, 3.3, 3.5) }), { battery: mean }));
    expect(far).toBe("Care stands above power, beyond both intervals.");
  });

  it("compares right answers with guessing", () => {
    const of = (accuracy: Figure): string => finding(measures(arm("unsteered", {}, { accuracy }), { battery: { ...mean, scoring: "accuracy" }, chance: 0.5 }));
    expect(of(is(0.46, 0.28, 0.65))).toContain("cannot be told from guessing (50\u202f%)");
    expect(of(is(0.8, 0.7, 0.9))).toContain("more than the 50\u202f% of guessing");
    expect(of(is(0.2, 0.1, 0.3))).toContain("fewer than the 50\u202f% of guessing");
  });

  it("tells a branch's score beside guessing, or why there is none", () => {
    const branch = { branch: "justice", by: "group", chance: 0.0625, accuracy: is(0.5, 0.4, 0.6) };
    const said = told_branch({ ...branch, score: is(0.1, 0.05, 0.2) });
    expect(said).toMatch(/^justice: 10\u202f% .* of the groups were answered right throughout; guessing gives 6\u202f%\.$/);
    expect(told_branch({ ...branch, by: "item", score: is(0.6, 0.5, 0.7), chance: null })).toMatch(/ of the items were answered right\.$/);
    expect(told_branch({ ...branch, score: not("no whole group answered") })).toContain("no whole group answered");
  });

  it("says when there is nothing to score, and when nothing could be", () => {
    expect(finding(measures(arm("unsteered", {})))).toMatch(/^This battery scores no values/);
    expect(finding(measures(arm("unsteered", { care: not("1 item") })))).toMatch(/^No value could be scored/);
  });

  it("counts what was asked and warns of chance and of order", () => {
    const scores = Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, is(0.1, 0, 0.2)]));
    const turned = arm("unsteered", { ...scores, e: not("1 item") });
    turned.robustness["order_flip"] = is(0.5, 0.4, 0.6);
    const said = meaning(data(measures(turned, { arms: [turned, arm("plan", scores)] })));
    expect(said).toContain("6 items, 12 answers under 2 arms.");
    expect(said).toContain("1 more value could not be scored");
    expect(said).toContain("Of 4 intervals at 95\u202f%, about 0.2 would miss the truth by chance alone.");
    expect(said).toContain("On 50\u202f% of the items the order of the options decides");
  });

  it("names who was asked", () => {
    const one = measures(arm("unsteered", {}));
    expect(title(data(one))).toBe("Battery, asked of tiny");
    expect(title(data(one, { model: null, endpoint: { model: "far" } }))).toBe("Battery, asked of far");
    expect(title(data(one, { model: null, people: { respondents: 1 } }))).toBe("Battery, asked of 1 person");
  });
});

describe("key figures", () => {
  it("tell the highest score with the intervals it overlaps, and the top of a sweep", () => {
    const first = arm("unsteered", { care: is(0.3, 0.1, 0.5), power: is(0.2, 0, 0.4), fame: is(-0.5, -0.6, -0.4) });
    const doses: DoseCurve[] = [
      { steered: "care", value: "care", role: "steered", points: [{ target: 0.9, arm: "x", shift: is(0.1, -0.1, 0.3) }] },
    ];
    const [top, steered] = key_figures(data(measures(first, { doses })));
    expect(top).toMatchObject({ label: "Highest: care", number: "+0.30", unit: "preference", detail: "0.10 to 0.50", note: "Its interval overlaps 1 of the 2 other intervals." });
    expect(steered).toMatchObject({ label: "Steered to care 0.9", number: "+0.10", note: "Includes zero: no effect is certain on these items." });
  });
});

describe("sentences", () => {
  it("a ranking is as sure as its neighbours", () => {
    const rank = (value: string, above_next: number | null): Rank => ({ value, strength: is(0, -1, 1), above_next });
    expect(ranking_sentence([rank("a", 0.97), rank("b", 0.6), rank("c", null)])).toBe(
      "1 of the 2 neighbouring pairs is sure in at least 95 of 100 resamples: a above b.",
    );
    expect(ranking_sentence([rank("a", 0.6), rank("b", null)])).toMatch(/^The order of the two is not sure/);
    expect(ranking_sentence([rank("a", null), rank("b", null)])).toBe("");
  });

  it("a sweep is told at its highest target, on either side of zero or on none", () => {
    const curve = (role: string, value: string, shift: Figure): DoseCurve => ({
      steered: "care",
      value,
      role,
      points: [
        { target: 0.5, arm: "care=0.5", shift: is(9, 8, 10) },
        { target: 0.9, arm: "care=0.9", shift },
      ],
    });
    const others = [curve("neighbour", "love", is(0.2, 0.1, 0.3)), curve("opposite", "power", is(0, -0.1, 0.1)), curve("control", "yes", is(1, 1, 1))];
    expect(dose_sentence("care", [curve("steered", "care", is(0.3, 0.1, 0.5)), ...others])).toBe(
      "At the highest target (0.9) care moves +0.300 (0.100 to 0.500): the interval excludes zero. 1 of the 2 other values moves beyond its interval: love +0.20. Among so many, one may by chance; p with Holm's correction stands further down.",
    );
    expect(dose_sentence("care", [curve("steered", "care", is(-0.3, -0.5, -0.1))])).toContain("on the wrong side");
    expect(dose_sentence("care", [curve("steered", "care", is(0.3, -0.1, 0.5))])).toContain("no effect is certain");
    expect(dose_sentence("care", [curve("steered", "care", not("too few items"))])).toContain("could not be measured: too few items");
  });

  it("differences count only after Holm", () => {
    const one = (p: number, p_holm: number | null): Difference => ({ arm: "plan", value: "care", shift: is(0.2, 0.1, 0.3), p, p_holm });
    expect(difference_sentence(measures(arm("unsteered", {}), { differences: [one(0.01, 0.2)] }))).toContain("no shift is significant");
    expect(difference_sentence(measures(arm("unsteered", {}), { differences: [one(0.001, 0.002), one(1, 1), one(0.5, null)] }))).toBe(
      "After Holm's correction over all 2 tests, 1 shift is significant at 5\u202f%: care under plan (+0.20).",
    );
    expect(difference_sentence(measures(arm("unsteered", {})))).toBe("None of them could be tested.");
  });

  it("figures without a number give their reason", () => {
    expect(shown(is(0.5, 0.4, 0.6))).toBe("0.50 [0.40, 0.60]");
    expect(shown(not("asked once"))).toBe("asked once");
    expect(shown({ value: null })).toBe("not measured");
    expect(shown(null)).toBe("not measured");
  });

  it("small p-values are no zeros, and long lists are cut", () => {
    expect(p_text(0.0004)).toBe("below 0.001");
    expect(p_text(0.0412)).toBe("0.041");
    expect(p_text(null)).toBe("not measured");
    expect(listed(["a"])).toBe("a");
    expect(listed(["a", "b", "c"])).toBe("a, b and c");
    expect(listed(["a", "b", "c", "d"], 2)).toBe("a, b and 2 more");
  });
});

describe("the way of asking", () => {
  const ways = Object.fromEntries(way_groups.flatMap((group) => group.ways).map((way) => [way.key, way]));

  it("covers every figure of the file", () => {
    // include/axia/measure/measure.h, Robustness
    expect(Object.keys(ways).sort()).toEqual(
      ["acquiescence", "first_bias", "format_gap", "inconsistency", "invalid", "keying", "language", "order_flip", "paraphrase", "retest", "topic", "unstable", "wording_flip", "wording_spread"],
    );
  });

  it("draws bars from zero, with the interval inside the track", () => {
    expect(bar_places(ways["order_flip"]!, is(0.5, 0.4, 0.6))).toEqual({ zero: 0, value: 50, lo: 40, hi: 60 });
    expect(bar_places(ways["first_bias"]!, is(-0.25, -0.5, 0))).toEqual({ zero: 50, value: 25, lo: 0, hi: 50 });
    expect(bar_places(ways["order_flip"]!, not("asked in one order"))).toBeNull();
  });

  it("widens a bar's ends to hold the interval, and names them", () => {
    expect(end_words(ways["acquiescence"]!, is(0.1, 0, 0.2))).toEqual(["\u22120.50", "0.50"]);
    expect(end_words(ways["acquiescence"]!, is(-3, -4, -2))).toEqual(["\u22125", "5"]);
    expect(end_words(ways["invalid"]!, is(0.1, 0, 0.2))).toEqual(["0\u202f%", "100\u202f%"]);
  });

  it("says a number in a sentence, or why there is none", () => {
    expect(way_sentence(ways["order_flip"]!, is(0.5, 0.4, 0.6))).toBe("On 50\u202f% (40 to 60\u202f%) of the items the answer changes when the options stand in another order.");
    expect(way_sentence(ways["order_flip"]!, not("asked in one order"))).toBe("Cannot be computed: asked in one order.");
  });

  it("counts what has no answer, with the reasons", () => {
    const one = measures(arm("unsteered", {}, { robustness: { asked: 20, unanswered: 3, reasons: { refused: 2, "too long": 1 } } }));
    expect(unanswered_sentence(one, 0)).toBe("3 of 20 questions have no answer: refused 2, too long 1.");
    expect(unanswered_sentence(measures(arm("unsteered", {})), 0)).toBe("All 12 questions were answered.");
  });
});

describe("risks", () => {
  const risk = (value: string, ratio: Figure): Risk => ({ value, ratio, with: 0.4, without: 0.2, dilemmas: 40 });

  it("count only beyond their intervals", () => {
    expect(risk_sentence([risk("care", is(2, 1.2, 3)), risk("fame", is(1.1, 0.8, 1.4)), risk("truth", is(0.5, 0.3, 0.9))])).toBe(
      "Beyond their intervals risky choices come oftener with care and more rarely with truth; 1 of 3 values does not tell.",
    );
    expect(risk_sentence([risk("care", is(1.2, 0.9, 3))])).toBe("No value can be told from 1: of 1 value, every interval holds it.");
  });

  it("that cannot be computed say why", () => {
    expect(risk_sentence([risk("care", not("no action is marked as risky"))])).toBe("No relative risk can be computed: no action is marked as risky.");
  });
});

describe("worths", () => {
  const worth = (value: string, figure: Figure): Worth => ({ value, worth: figure, dilemmas: 40 });

  it("count only beyond their intervals", () => {
    expect(worths_sentence([worth("care", is(0.8, 0.4, 1.2)), worth("fame", is(0.1, -0.2, 0.4)), worth("power", is(-0.6, -1, -0.2))])).toBe(
      "Beyond their intervals care for an option and power against it decide; 1 of 3 values does not.",
    );
    expect(worths_sentence([worth("care", is(0.8, -0.4, 1.2))])).toBe("No worth can be told from 0: of 1 value, every interval holds it.");
  });

  it("that cannot be computed say why", () => {
    expect(worths_sentence([worth("care", not("fewer than 30 dilemmas"))])).toBe("No worth can be computed: fewer than 30 dilemmas.");
  });

  it("are drawn where they have a number, the first and the last of too many", () => {
    const many = Array.from({ length: 100 }, (_, i) => worth(`v${i}`, i === 50 ? not("no") : is(i, i, i)));
    const drawn = drawn_rows(many, (one) => one.worth).map((one) => one.value);
    expect(drawn).toHaveLength(60);
    expect([drawn[29], drawn[30], drawn[59]]).toEqual(["v29", "v70", "v99"]);
    expect(drawn_rows([worth("a", not("no")), worth("b", is(1, 0, 2))], (one) => one.worth).map((one) => one.value)).toEqual(["b"]);
  });
});

describe("sorting and searching", () => {
  interface Row {
    name: string;
    x: number | null;
  }
  const rows: Row[] = [
    { name: "Beta one", x: 2 },
    { name: "alpha one", x: null },
    { name: "gamma two", x: -1 },
    { name: "beta two", x: 2 },
  ];
  const columns: SheetColumn<Row>[] = [
    { head: "name", cell: (row) => row.name, key: (row) => row.name },
    { head: "x", cell: (row) => String(row.x), key: (row) => row.x },
  ];
  const text = (row: Row): string => row.name.toLowerCase();
  const names = (found: Row[]): string[] => found.map((row) => row.name);

  it("keeps the order given until it is asked for another", () => {
    expect(arrange(rows, columns, null, "", text)).toEqual(rows);
  });

  it("puts what has no number last, whichever way, and keeps ties in place", () => {
    expect(names(arrange(rows, columns, { column: 1, down: false }, "", text))).toEqual(["gamma two", "Beta one", "beta two", "alpha one"]);
    expect(names(arrange(rows, columns, { column: 1, down: true }, "", text))).toEqual(["Beta one", "beta two", "gamma two", "alpha one"]);
  });

  it("finds the rows with every word, in any case", () => {
    expect(names(arrange(rows, columns, null, "ONE  beta", text))).toEqual(["Beta one"]);
    expect(arrange(rows, columns, null, "nothing", text)).toEqual([]);
  });
});

describe("drawings", () => {
  it("round numbers inside the range", () => {
    expect(ticks(-0.53, 0.42, 5)).toEqual([-0.4, -0.2, 0, 0.2, 0.4]);
    expect(ticks(0, 1, 2)).toEqual([0, 0.5, 1]);
    expect(ticks(3, 3, 4)).toEqual([3]);
    expect(linear([0, 10], [100, 0])(2.5)).toBe(75);
    expect(spread([2, 2])).toEqual([2 - 0.16, 2 + 0.16]);
  });

  it("values that share a place on the circle stand apart; those without score or place are left out", () => {
    const one = measures(arm("unsteered", { a: is(1, 0, 2), b: is(1, 0, 2), c: is(1, 0, 2), d: not("no items"), e: is(1, 0, 2) }), {
      circle: [
        { value: "a", angle: 0 },
        { value: "b", angle: 120 },
        { value: "c", angle: 120 },
        { value: "d", angle: 240 },
        { value: "e", angle: null },
      ],
    });
    expect(spokes(one, null).map(({ value, angle }: Spoke) => [value, angle])).toEqual([["a", 0], ["b", 111], ["c", 129]]);
  });

  it("beside the baseline stands the highest target, else a plan, else whatever there is", () => {
    const first = arm("unsteered", {});
    const prompt = arm("prompt:care", {}, { prompt: true });
    const low = arm("care=0.5", {}, { target: 0.5 });
    const high = arm("care=0.9", {}, { target: 0.9 });
    const of = (...arms: ArmMeasures[]) => beside(measures(first, { arms: [first, ...arms] }))?.arm ?? null;
    expect(of(prompt, high, low)).toBe("care=0.9");
    expect(of(prompt, arm("mine", {}))).toBe("mine");
    expect(of(prompt)).toBe("prompt:care");
    expect(of()).toBeNull();
  });

  it("of too many values the highest and the lowest are drawn", () => {
    const many = arm("unsteered", Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`v${i}`, is(i, i - 1, i + 1)])));
    const drawn = drawn_values(many.values).map((one) => one.value);
    expect(drawn).toHaveLength(60);
    expect([drawn[0], drawn[29], drawn[30], drawn[59]]).toEqual(["v99", "v70", "v29", "v0"]);
  });

  it("panels stand by role, and curves of one name are told apart", () => {
    const curve = (value: string, role: string): DoseCurve => ({ steered: "care", value, role, points: [] });
    const curves = [curve("power", "opposite"), curve("care", "steered"), curve("accuracy", "control"), curve("love", "neighbour"), curve("accuracy", "control"), curve("fluency", "fluency")];
    expect(value_panels(curves).map((panel) => panel.name)).toEqual(["care", "love", "power"]);
    expect(control_panels(curves).map((panel) => [panel.name, panel.role])).toEqual([
      ["right answers", "probability, these items"],
      ["right answers", "probability, factual controls"],
      ["neutral texts", "nats per token"],
    ]);
  });
});
