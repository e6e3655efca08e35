import { describe, expect, it } from "vitest";
import { layer_list, moment, num, percent, probability, range, seconds, signed, trimmed } from "../src/format";

describe("numbers", () => {
  it("uses a true minus and never a negative zero", () => {
    expect(num(-0.126)).toBe("\u22120.13");
    expect(num(-0.001)).toBe("0.00");
    expect(signed(0.004)).toBe("0.00");
    expect(signed(0.1)).toBe("+0.10");
    expect(range([-0.02, 0.3])).toBe("\u22120.02 to 0.30");
  });
  it("says what was not measured", () => {
    for (const x of [null, undefined, NaN, Infinity]) expect(num(x)).toBe("not measured");
    expect(range(null)).toBe("not measured");
  });
  it("drops digits that say nothing", () => {
    expect(trimmed(0.05)).toBe("0.05");
    expect(trimmed(2)).toBe("2");
    expect(trimmed(100)).toBe("100");
    expect(num(1234.5)).toBe("1235");
    expect(num(12345678)).toBe("1.23e+7");
    expect(percent(0.966, 1)).toBe("96.6\u202f%");
  });
  it("never rounds a probability to 0 or 1", () => {
    expect(probability(0.99995)).toBe("above 0.999");
    expect(probability(1e-7)).toBe("below 0.001");
    expect(probability(0.5)).toBe("0.500");
    expect(probability(1)).toBe("1.000");
  });
});

describe("words", () => {
  it("joins runs of three layers or more", () => {
    expect(layer_list([14, 15, 16, 20])).toBe("14 to 16, 20");
    expect(layer_list([3, 4, 9])).toBe("3, 4, 9");
    expect(layer_list([])).toBe("");
  });
  it("writes times and moments", () => {
    expect(seconds(71.4)).toBe("1\u00a0min 11\u00a0s");
    expect(seconds(120)).toBe("2\u00a0min");
    expect(seconds(3.21)).toBe("3.2\u00a0s");
    expect(moment("2026-01-31T08:05:00Z")).toBe("31 January 2026, 08:05 UTC");
    expect(moment("yesterday")).toBe("yesterday");
  });
});
