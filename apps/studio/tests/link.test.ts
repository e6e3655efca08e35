import { expect, test } from "vitest";
import { pack_link, unpack_link } from "../src/playground/link";
import { arms_of, defaults, difference, settings_from, strength_of_target, target_of_strength, target_words, trim } from "../src/playground/settings";
import type { Turn } from "../src/playground/request";

const turns: Turn[] = [
  { question: "Should I?", arms: ["unsteered", "steered"], answers: { unsteered: { text: "Yes.", finish: "stop" }, steered: { text: "No \u2013 never.", finish: "stop" } } },
];
const settings = settings_from({ steer: { security: 0.99, power: -0.9 }, temperature: 0.7, seed: 42, system: "Be brief." });

test("a link brings back settings, questions and answers", async () => {
  const back = await unpack_link(new URLSearchParams(await pack_link({ settings, turns })));
  expect(back!.settings).toEqual(settings);
  expect(back!.turns.map((turn) => [turn.question, turn.answers.unsteered!.text, turn.answers.steered!.text])).toEqual([["Should I?", "Yes.", "No \u2013 never."]]);
});

test("a long one is compressed", async () => {
  const long: Turn[] = [{ question: "Why?", arms: ["unsteered"], answers: { unsteered: { text: "because ".repeat(2000), finish: "stop" } } }];
  const query = await pack_link({ settings, turns: long });
  expect(query).toMatch(/^z=[\w-]+$/);
  expect(query.length).toBeLessThan(600);
  expect((await unpack_link(new URLSearchParams(query)))!.turns[0]!.answers.unsteered!.text).toBe("because ".repeat(2000));
});

test("a link that is cut, of another version or too large says so in one line", async () => {
  const query = await pack_link({ settings, turns });
  await expect(unpack_link(new URLSearchParams(query.slice(0, -9)))).rejects.toThrow(/^This link cannot be read: it was cut/);
  await expect(unpack_link(new URLSearchParams("s=eyJ2Ijo5fQ"))).rejects.toThrow(/another version/);
  await expect(unpack_link(new URLSearchParams("z=%%%"))).rejects.toThrow(/cut or changed/);
  const bomb = await pack_link({ settings, turns: [{ question: "q", arms: ["unsteered"], answers: { unsteered: { text: "0".repeat(3 << 20), finish: "stop" } } }] });
  await expect(unpack_link(new URLSearchParams(bomb))).rejects.toThrow(/more than a megabyte/);
  expect(await unpack_link(new URLSearchParams("plan=security"))).toBeNull();
});

test("what does not fit gives way to defaults", () => {
  expect(settings_from({ steer: { a: 2, b: "x", c: 0, d: 0.5 }, temperature: -1, arms: ["nonsense"], gate: "ajar", seed: 1.5, max_tokens: 1e9 })).toEqual({ ...defaults, steer: { d: 0.5 }, seed: 1 });
  expect(settings_from(null)).toEqual(defaults);
  expect(difference(settings_from({}))).toEqual({});
});

test("slider and number agree: p0 = 1 / (1 + exp(-strength))", () => {
  for (const strength of [-14, -4.5, -0.25, 0.25, 3, 9, 14]) expect(strength_of_target(target_of_strength(strength))).toBeCloseTo(strength, 0);
  expect(target_of_strength(0)).toBe(0);
  expect(strength_of_target(0.95)).toBeCloseTo(2.944, 3);
  expect(strength_of_target(-0.9)).toBeCloseTo(-2.197, 3);
});

test("targets in words", () => {
  expect(target_words(undefined)).toBe("off");
  expect(target_words(0.95)).toBe("at least 0.95");
  expect(target_words(-0.9)).toBe("at most 0.1");
  expect(trim(0.999999)).toBe("0.999999");
});

test("columns: only what can be asked", () => {
  expect(arms_of(settings_from({}))).toEqual(["unsteered"]);
  expect(arms_of(settings_from({ steer: { security: 0.9 }, arms: ["prompt+steered", "unsteered"] }))).toEqual(["unsteered", "prompt+steered"]);
  expect(arms_of(settings_from({ plan: "security", arms: ["prompt", "steered"] }))).toEqual(["steered"]);
});
