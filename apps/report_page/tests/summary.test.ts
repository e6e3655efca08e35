import { describe, expect, it } from "vitest";
import type { Arm, RunData } from "../src/data";
import { read_run } from "../src/data";
import { bias_index, comparison, figures, hold_sentence, lead, verdict } from "../src/summary";

const arm = (name: string, effect: number, lo: number, hi: number): Arm => ({ arm: name, effect, ci: [lo, hi] });

function run(plan: Arm, ...others: Arm[]): RunData {
  return {
    schema: "axia.report-data",
    version: 1,
    run: {
      value: "security",
      created: "",
      command: "",
      seed: 1,
      axia_version: "",
      libllama: "",
      model: { name: "tiny", sha256: "" },
    },
    check: null,
    vector: null,
    tune: null,
    plan: null,
    plan_hash: null,
    effect: { arms: [plan, ...others], pairs: 30 },
    answers: null,
    notices: [],
  };
}

describe("the finding", () => {
  it("claims an effect only when the interval excludes zero", () => {
    const sure = lead(run(arm("plan", 0.2, 0.1, 0.3)));
    expect(sure.finding).toContain("leans 0.20 nats per token further towards security");
    expect(sure.finding).toContain("0.10 to 0.30");
    expect(sure.meaning).toContain("excludes zero");
    expect(sure.meaning).toContain("1.22 times"); // exp(.2) = 1.2214
    const unsure = lead(run(arm("plan", 0.2, -0.01, 0.4)));
    expect(unsure.finding).toMatch(/^No effect is certain/);
    expect(unsure.meaning).toContain("includes zero");
    const away = lead(run(arm("plan", -0.2, -0.3, -0.1)));
    expect(away.finding).toContain("leans 0.20 nats per token away from security");
  });
  it("counts an interval that ends at zero as including it", () => {
    expect(verdict([0, 0.3])).toBe("open");
    expect(verdict([0.01, 0.3])).toBe("towards");
    expect(verdict([-0.3, -0.01])).toBe("away");
    expect(verdict(null)).toBe("open");
  });
  it("claims nothing without an effect", () => {
    expect(lead({ ...run(arm("plan", 0, 0, 0)), effect: null }).finding).toContain("no effect");
  });
});

describe("holding other values", () => {
  const moved = (name: string, effect: number, cross: number, lo: number, hi: number): Arm => ({
    ...arm(name, effect, 0, 1),
    cross,
    cross_ci: [lo, hi],
  });
  it("is told beside the plan, whichever of the two holds", () => {
    const added = run(moved("plan", 0.2, 0.09, 0.07, 0.11), moved("plan+hold", 0.15, 0.02, 0, 0.04)).effect!;
    expect(hold_sentence(added, "security")).toBe(
      "With the other values' readings held, their pairs move +0.02 instead of +0.09 nats per token, and those of security +0.15 instead of +0.20.",
    );
    const taken = run(moved("plan", 0.15, 0.02, 0, 0.08), moved("plan-hold", 0.2, 0.09, 0.07, 0.11)).effect!;
    expect(hold_sentence(taken, "security")).toContain("move +0.02 instead of +0.09");
    expect(hold_sentence(taken, "security")).toContain("does not settle");
  });
  it("gives the reason when it was left out, and nothing when it is not known", () => {
    const effect = run(arm("plan", 0.2, 0.1, 0.3)).effect!;
    expect(hold_sentence({ ...effect, left_out: { "plan+hold": "a reason" } }, "x")).toContain("left out: a reason.");
    expect(hold_sentence(effect, "x")).toBe("");
  });
});

describe("comparisons", () => {
  it("leaves the order open where intervals overlap", () => {
    expect(comparison(arm("plan", 0.2, 0.1, 0.3), arm("caa", 0.15, 0.05, 0.25))).toContain("does not settle");
    expect(comparison(arm("plan", 0.2, 0.15, 0.3), arm("caa", 0.1, 0.05, 0.12))).toContain("do not overlap");
    expect(comparison(arm("plan", 0.1, 0, 0.2), arm("caa", 0.15, 0, 0.25))).toContain("0.05 less");
  });
  it("shows baselines and surface bias beside the effect", () => {
    const plan = { ...arm("plan", 0.2, 0.1, 0.3), cross: 0.05, cost_nll: 0.04 };
    const data = run(plan, arm("prompt", 0, -0.1, 0.1), arm("caa", 0.1, 0, 0.2));
    data.effect!.bag_of_words = 0.62;
    const labels = figures(data).map((figure) => figure.label);
    expect(labels).toEqual([
      "Effect of the plan",
      "Cost on neutral text",
      "CAA, the common method",
      "System prompt alone",
      "Other values moved",
      "Bag-of-words index",
    ]);
    expect(figures(data)[4]!.note).toContain("25");
    expect(bias_index(data)).toEqual({ accuracy: 0.62, ci: null });
  });
});

describe("the data block", () => {
  it("knows the bare template and other versions", () => {
    expect(read_run("@@AXIA" + "_RUN@@")).toBeNull();
    expect(() => read_run('{"schema":"axia.report-data","version":2}')).toThrow(/version/);
    expect(() => read_run("{")).toThrow();
  });
});
