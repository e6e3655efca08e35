import { expect, test } from "vitest";
import { differing_count, differing_words, words_of } from "../src/playground/diff";

const marked = (base: string, text: string): string[] => differing_words(base, text).filter((one) => one.differs).map((one) => one.text);
const whole = (base: string, text: string): string => differing_words(base, text).map((one) => one.text).join("");

test("the same text differs nowhere", () => {
  expect(differing_words("keep the door shut", "keep the door shut")).toEqual([{ text: "keep the door shut", differs: false }]);
});

test("a word changed, put in, left out", () => {
  expect(marked("keep the door shut", "keep the gate shut")).toEqual(["gate"]);
  expect(marked("keep the door shut", "keep the old door shut")).toEqual(["old"]);
  expect(marked("keep the old door shut", "keep the door shut")).toEqual([]);
  expect(marked("a b c d", "x y")).toEqual(["x y"]);
});

test("nothing of the text is lost, white space included", () => {
  const text = "  one\n\ntwo   three\tfour ";
  expect(words_of(text).join("")).toBe(text);
  expect(whole("two four five", text)).toBe(text);
  expect(whole("", text)).toBe(text);
  expect(whole("two", "")).toBe("");
});

test("a mark ends with its word", () => {
  expect(differing_words("a c", "a b c")).toEqual([
    { text: "a ", differs: false },
    { text: "b", differs: true },
    { text: " c", differs: false },
  ]);
});

test("the longest run in common stays: by hand, 4 of 6 words", () => {
  expect(differing_count(differing_words("a b c d e", "b x c y d e"))).toEqual({ differ: 2, all: 6 });
});

test("very long texts are left unmarked instead of stopping the page", () => {
  const text = "word ".repeat(3001);
  expect(marked("other", text)).toEqual([]);
});
