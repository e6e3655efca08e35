import { expect, test } from "vitest";
import type { Measures } from "@report/measures/data";
import { measure_request, side_by_side, targets_from } from "../src/measure/runs";
import { level, readings_of, tint } from "../src/playground/trace";
import { about_of, about_request, groups_of, nothing_said } from "../src/values/own";
import { check_in_words, csv_rows, pairs_from_file } from "../src/values/pairs";

test("CSV with quotes, commas and line ends inside", () => {
  expect(csv_rows('a,"b ""c"", d"\r\n"two\nlines",x\n')).toEqual([["a", 'b "c", d'], ["two\nlines", "x"]]);
  expect(csv_rows('a,"b')).toBeNull();
});

test("pairs from files, and what is wrong where", () => {
  expect(pairs_from_file("\ufeffScene,Positive,Negative\ns,p,n\n", "a.csv")).toEqual({ pairs: [{ scene: "s", positive: "p", negative: "n" }], wrong: [] });
  const read = pairs_from_file('{"positive":"p","negative":"n","split":"heldout"}\n\n{"positive":"p"}\nnonsense\n[1]\n', "b.jsonl");
  expect(read.pairs).toEqual([{ scene: "", positive: "p", negative: "n", split: "heldout" }]);
  expect(read.wrong).toEqual(['b.jsonl, line 3: there is no text "negative"', "b.jsonl, line 4: is not JSON", "b.jsonl, line 5: is no JSON object; each line is one pair in braces"]);
  expect(pairs_from_file("text\nx\n", "c.csv").wrong[0]).toMatch(/first line must name the columns/);
  expect(pairs_from_file("", "d.jsonl").wrong).toHaveLength(1);
});

test("the data check in words: chance is good, more is told", () => {
  const good = check_in_words({ problems: [], values: [{ pairs: 100, learn: 60, heldout: 40, length_only: { accuracy: 0.5, ci: [0.43, 0.57] }, bag_of_words: { accuracy: 0.57, ci: [0.5, 0.64] } }] });
  expect(good.problems).toEqual([]);
  expect(good.told.join(" ")).toMatch(/100 pairs: 60 to learn from, 40 held out.*no better than chance.*little enough/);
  const bad = check_in_words({ problems: ["row 3: same texts"], values: [{ problems: ["row 3: same texts"], length_only: { accuracy: 0.9, ci: [0.8, 0.95] }, bag_of_words: { accuracy: 0.9, ci: [0.8, 0.95] }, cues: [{ word: "safe" }] }] });
  expect(bad.problems).toEqual(["row 3: same texts"]);
  expect(bad.told.join(" ")).toMatch(/even out the lengths.*\(safe\)/);
});

test("targets and the request of a measurement", () => {
  expect(targets_from("0.99, 0.9 0.9")).toEqual([0.9, 0.99]);
  for (const wrong of ["", "1", "0", "x", "0.9,high"]) expect(targets_from(wrong)).toBeNull();
  const wish = { battery: "b", way: "sweep" as const, value: "security", targets: "0.9", plans: [], prompts: 2, limit: "12", run: "mine" };
  expect(measure_request(wish)).toEqual({ kind: "measure", battery: "b", prompts: 2, steer: { security: [0.9] }, limit: 12, run: "mine" });
  expect(measure_request({ ...wish, targets: "2" })).toMatch(/^Targets are/);
  expect(measure_request({ ...wish, limit: "few" })).toMatch(/whole number/);
  expect(measure_request({ ...wish, run: "../up" })).toMatch(/letters, digits/);
  expect(measure_request({ ...wish, way: "plans" })).toMatch(/at least one plan/);
});

test("runs side by side: the second run's own baseline is drawn beside the first", () => {
  const run = (name: string, unit: string): Measures => ({ battery: { name: "b" }, unit, baseline: "unsteered", arms: [{ arm: "unsteered", target: 0 }, { arm: name, target: 0.9 }] }) as unknown as Measures;
  const together = side_by_side([{ name: "one", measures: run("x", "u") }, { name: "two", measures: run("y", "u") }])!;
  expect(together.baseline).toBe("one: unsteered");
  expect([...together.arms].sort((a, b) => b.target - a.target)[0]!.arm).toBe("two: unsteered");
  expect(side_by_side([{ name: "one", measures: run("x", "u") }, { name: "two", measures: run("y", "v") }])).toBeNull();
});

test("readings of a trace, at a layer and over all", () => {
  const trace = { layers: [3, 5], values: ["a", "b"], tokens: [{ text: "x", in_prompt: true, p_before: [[0.1, 0.3], [0.5, 0.7]], p_after: [[0.9, null], [0.6, 0.8]], shift: [0.1, 0] }] };
  const [reading] = readings_of(trace, "b")!;
  expect(reading).toEqual({ text: "x", in_prompt: true, before: [0.5, 0.7], after: [0.6, 0.8], shift: [0.1, 0] });
  expect(level(reading!.before, trace.layers, null)).toBeCloseTo(0.6);
  expect(level(reading!.before, trace.layers, 5)).toBe(0.7);
  expect(level(readings_of(trace, "a")![0]!.after, trace.layers, null)).toBe(0.9);
  expect(readings_of(trace, "c")).toBeNull();
  expect([tint(null), tint(0.5), tint(1), tint(0)]).toEqual([0, 0, 1, -1]);
});

test("what is said of a value of one's own", () => {
  expect(about_request(nothing_said)).toEqual({});
  expect(about_request({ title: " Thrift ", definition: "Wasting\nnothing", group: "conservation", order: "0" })).toEqual({ title: "Thrift", definition: "Wasting nothing", group: "conservation", order: 0 });
  const own = { name: "thrift", title: "thrift", definition: "d", group: "", order: 4, own: true, learnt: true };
  expect(about_of(own)).toEqual({ title: "", definition: "d", group: "", order: "4" });
  expect(about_of({ name: "x", title: "X", learnt: false })).toEqual({ title: "X", definition: "", group: "", order: "" });
  expect(groups_of([{ ...own, own: false, group: "a" }, { ...own, own: false, group: "b" }, { ...own, own: false, group: "a" }, { ...own, group: "c" }])).toEqual(["a", "b"]);
});
