import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { as_curl, as_python, as_report, python_literal } from "../src/playground/export";
import { settings_from } from "../src/playground/settings";
import { axia_field, type Turn, wishes } from "../src/playground/request";

const settings = settings_from({ steer: { security: 0.99 }, arms: ["unsteered", "prompt", "steered"], system: "It's \"late\"; $HOME \\ <b>" });
const question = "What's <i>next</i>?\n";

test("the first turn is one request for all columns", () => {
  const all = wishes(settings, [], question, "");
  expect(all).toHaveLength(1);
  expect(all[0]!.body["axia"]).toEqual({ steer: { security: 0.99 }, compare: ["unsteered", "prompt", "steered"], read: ["security"], trace: true });
});

test("later turns keep each column's own history", () => {
  const before: Turn[] = [{ question: "q", arms: ["unsteered", "prompt", "steered"], answers: { unsteered: { text: "a", finish: "stop" }, prompt: { text: "a", finish: "stop" }, steered: { text: "b", finish: "stop" } } }];
  const all = wishes(settings, before, question, "m");
  expect(all.map((one) => one.arms)).toEqual([["unsteered", "prompt"], ["steered"]]);
  expect(all[1]!.body["messages"]).toEqual([
    { role: "system", content: settings.system },
    { role: "user", content: "q" },
    { role: "assistant", content: "b" },
    { role: "user", content: question },
  ]);
});

test("nothing on, nothing asked of axia; a plan goes alone", () => {
  expect(axia_field(settings_from({}), ["unsteered"])).toBeNull();
  expect(axia_field(settings_from({ plan: "p", steer: { a: 0.9 }, trace: false, gate: "always" }), ["steered"])).toEqual({ plan: "p", gate: "always", compare: ["steered"] });
});

test("curl: a shell reads the very body back", () => {
  const curl = as_curl(wishes(settings, [], question, ""), "http://localhost:1", true);
  expect(curl).toContain('-H "Authorization: Bearer $AXIA_KEY"');
  const said = spawnSync("sh", ["-c", `curl() { for last; do :; done; printf %s "$last"; }\n${curl}`], { encoding: "utf8" }).stdout;
  const { stream: _, ...body } = wishes(settings, [], question, "")[0]!.body;
  expect(JSON.parse(said)).toEqual(body);
});

test("python: the literals mean the same JSON", () => {
  const value = { a: [true, false, null, -0.5, 1e-7], "k\"": "\u2028 \ud83d\ude00 \\ '", deep: { list: Array.from({ length: 30 }, (_, i) => i) }, none: {}, empty: [] };
  const said = spawnSync("python3", ["-c", `import json\nprint(json.dumps(${python_literal(value)}))`], { encoding: "utf8" });
  expect(JSON.parse(said.stdout)).toEqual(value);
  const program = as_python(wishes(settings, [], question, ""), "http://localhost:1", false);
  expect(spawnSync("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"], { input: program, encoding: "utf8" }).status).toBe(0);
  expect(program).toContain("extra_body=");
});

test("a report holds words as words, where it comes from, and no script", () => {
  const turns: Turn[] = [
    { question, arms: ["unsteered", "steered"], answers: { unsteered: { text: "Go <now>", finish: "stop" }, steered: { text: "Go <script>alert(1)</script>", finish: "length", note: { plan: "ab".repeat(32) } } } },
  ];
  const html = as_report(settings, turns, { name: "smollm2", hash: "12".repeat(32), version: "9.9" }, "today");
  expect(html).not.toContain("<script");
  expect(html).toContain("<mark>&lt;script&gt;alert(1)&lt;/script&gt;</mark>");
  for (const part of ["12".repeat(32), "ab".repeat(32), "9.9", "today", "security at least 0.99", "cut at the most tokens"]) expect(html).toContain(part);
});
