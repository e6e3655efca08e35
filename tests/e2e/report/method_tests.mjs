// The pages of methods that are no battery, and what a measurement says of worths, in Chromium; see report_test.mjs.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { hostile_answer, read_measured } from "./runs.mjs";

const figure = (value, lo, hi) => ({ value, lo, hi, n: 9 });
const because = { reason: "no triad was asked" };

const utilities = {
  schema: "axia.utilities", version: 1, pairs: 3, unanswered: 1, certain: 0, log_loss: 0.6,
  held_out_accuracy: { reason: "no pair is held out" }, cycles: because, cycles_expected: null,
  completeness: figure(0.51, 0.5, 0.52), first_bias: figure(0.4, 0.3, 0.5), invalid: figure(0.3, 0.2, 0.4),
  options: ["A friend is well again.", hostile_answer, "You lose your keys."].map((text, i) => ({
    id: `o${i}`, category: "", text, utility: i < 2 ? figure(1 - i, -i, 2 - i) : { reason: "never compared" }, variance: 1,
  })),
  goods: [], exchange: [{ one: "apple", is_worth: "pear", amount: { reason: "hardly changes" } }],
};
const level = (open, forcing, unstable) => ({
  forcing, open, asked: 6, valid: figure(0.9, 0.6, 1), agree: figure(0.5, 0.2, 0.8), agree_by_wording: [0, 1], flip: figure(0.2, 0.1, 0.4), unstable,
});
const opinions = {
  schema: "axia.opinions", version: 1, propositions: 3, wordings: 2, answers: 12,
  levels: [level(false, "hard", figure(0.4, 0.2, 0.6)), level(true, "", { reason: "asked in one wording alone" })],
  forcing_gaps: [], open_gap: { reason: "no proposition was asked both ways" }, weights_sha256: "0",
  axes: [{
    axis: "left to right", place: figure(0.1, -0.2, 0.4), range: [-1, 1], answers: 10, without: 2,
    wordings: [{ wording: "t1", place: figure(-0.3, -0.6, 0) }, { wording: hostile_answer, place: figure(0.4, 0.1, 0.7) }],
    forcings: [{ forcing: "hard", open: false, place: { reason: "no answer takes a side" } }],
  }],
};

function method_run(folder, name, result) {
  mkdirSync(folder, { recursive: true });
  const run = { ...read_measured("run.json"), kind: `measure-${name}` };
  delete run.files;
  writeFileSync(`${folder}/run.json`, JSON.stringify(run));
  writeFileSync(`${folder}/${name}.json`, JSON.stringify(result));
  return folder;
}

/// A measurement whose options serve several values, of which one has too few dilemmas, and groups that disagree.
function worths_run(folder) {
  mkdirSync(folder, { recursive: true });
  const measures = read_measured("measures.json");
  const arm = measures.arms[0];
  arm.worths = [
    { value: "security", worth: figure(0.8, 0.4, 1.2), dilemmas: 40 },
    { value: "power", worth: { reason: "fewer than 30 dilemmas" }, dilemmas: 4 },
  ];
  arm.risks = [
    { value: "security", ratio: figure(2, 1.2, 3), with: 0.4, without: 0.2, dilemmas: 40 },
    { value: "power", ratio: { reason: "4 dilemmas, fewer than 30" }, with: null, without: 0.3, dilemmas: 4 },
  ];
  arm.duels = [{ value: "security", other: "power", wins: figure(0.7, 0.5, 0.8), dilemmas: 12 }];
  arm.dimensions = [{ theory: "needs", dimension: "safety", score: figure(0.2, 0.1, 0.3), values: 2 }];
  arm.robustness.language = figure(0.3, 0.2, 0.4);
  arm.robustness.keying = because;
  arm.robustness.unsteady = [{ by: "language", stem: "work", item: "work-3", spread: 0.7, members: 4 }];
  writeFileSync(`${folder}/run.json`, JSON.stringify({ ...read_measured("run.json"), files: {} }));
  writeFileSync(`${folder}/measures.json`, JSON.stringify({ ...measures, spread: "pairwise", arms: [arm] }));
  return folder;
}

const ideals = {
  schema: "axia.pull", version: 1, counted: 1, toward: figure(1, 0.2, 1), sign_p: 1, wilcoxon_p: null, lambda: { reason: "one concept alone is counted" },
  concepts: [
    { id: "a", domain: "", text: "hours of sleep", average: 7, ideal: 8, sample: 7.5, alpha: figure(0.5, -1, 1), numbers: [3, 3, 3], asked: [3, 3, 3] },
    { id: "b", domain: "", text: "hours of work", average: null, ideal: 8, sample: 7, alpha: { reason: "0 of 3 answers for the average are numbers" }, numbers: [0, 3, 3], asked: [3, 3, 3], dropped: "x" },
  ],
};
const perceptions = {
  schema: "axia.profile", version: 1, sentences: ["I help."], valence_agreement: because, relevance_agreement: because, unanswered: 0,
  values: [{ value: "benevolence", score: figure(0.5, 0.1, 0.9), relevant: 1, scored: 1, evidence: [{ sentence: 0, score: 0.5 }] }],
};

export const method_runs = (folder) => ({
  utilities: method_run(`${folder}/utilities`, "utilities", utilities),
  opinions: method_run(`${folder}/opinions`, "opinions", opinions),
  ideals: method_run(`${folder}/ideals`, "ideals", ideals),
  perceptions: method_run(`${folder}/perceptions`, "perceptions", perceptions),
  worths: worths_run(`${folder}/worths`),
});

export function method_tests({ open, open_all, accessible, fits }) {
  const sections = (page) => page.locator("main > section").evaluateAll((all) => all.map((one) => one.id));
  return {
    async "utilities: every option in the table, no order claimed, and reasons where there is no number"() {
      await open("utilities", {}, async (page) => {
        assert.equal(await page.title(), "Utilities from pairs, asked of smollm2: axia report");
        assert.deepEqual(await sections(page), ["utilities", "coherence", "exchange", "provenance", "words"]);
        assert.match(await page.locator(".lead").innerText(), /^Even the intervals of the highest and the lowest option overlap\./);
        await open_all(page);
        assert.equal(await page.locator("#chart-utilities tbody tr").count(), 3);
        assert.equal(await page.locator("#chart-utilities .canvas g[aria-label=dot] > *").count(), 2);
        const text = await page.locator("main").innerText();
        for (const why of ["no triad was asked", "no pair is held out", "never compared", "hardly changes"]) {
          assert.match(text, new RegExp(`annot be computed: ${why}`));
        }
        assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
        await accessible(page);
      });
      await open("utilities", { width: 360 }, fits);
    },

    async "opinions: the way of asking stands beside what came out"() {
      await open("opinions", {}, async (page) => {
        assert.deepEqual(await sections(page), ["stances", "asking", "axes", "provenance", "words"]);
        assert.match(await page.locator("#axes").innerText(), /The place moves from \u22120\.30 to 0\.40 over wordings/);
        assert.equal(await page.locator("#chart-axis-0 .canvas g[aria-label=dot] > *").count(), 3);
        assert.match(await page.locator(".lead").innerText(), /^Other words turn the stance on 40\u202f% of the propositions/);
        assert.match(await page.locator("main").innerText(), /annot be computed: no proposition was asked both ways/);
        assert.equal(await page.locator("#chart-unstable .canvas g[aria-label=dot] > *").count(), 1);
        await accessible(page);
      });
      await open("opinions", { width: 360 }, fits);
    },

    async "ideals and perceptions: what is left out says why, and a reader that contradicts itself is not believed"() {
      await open("ideals", {}, async (page) => {
        await open_all(page);
        assert.match(await page.locator(".lead").innerText(), /Lambda cannot be computed: one concept alone is counted\./);
        assert.match(await page.locator("#chart-ideals tbody tr").last().innerText(), /annot be computed: 0 of 3 answers for the average/);
        await accessible(page);
      });
      await open("perceptions", {}, async (page) => {
        assert.match(await page.locator(".lead").innerText(), /this profile says more of the reader than of the text/);
        assert.match(await page.locator("#evidence").innerText(), /I help\./);
        await accessible(page);
      });
    },

    async "a measurement: worths, dimensions, languages and the groups answered least alike"() {
      await open("worths", {}, async (page) => {
        const ids = await sections(page);
        assert.deepEqual(ids.slice(ids.indexOf("ranking"), ids.indexOf("ranking") + 4), ["ranking", "risk", "worths", "dimensions"]);
        assert.match(await page.locator("#risk").innerText(), /risky choices come oftener with security; 0 of 1 value do not tell/);
        assert.match(await page.locator("#worths").innerText(), /Beyond their intervals security for an option decide/);
        await open_all(page);
        assert.match(await page.locator("#ranking").innerText(), /security\s+power\s+0\.700 \[0\.500, 0\.800\]\s+12/);
        assert.match(await page.locator("#chart-risk tbody tr").first().innerText(), /security\s+2\.000 \[1\.200, 3\.000\]\s+40\u202f%\s+20\u202f%\s+40/);
        assert.match(await page.locator("#chart-risk tbody tr").last().innerText(), /4 dilemmas, fewer than 30/);
        assert.match(await page.locator("#chart-worths tbody tr").last().innerText(), /fewer than 30 dilemmas/);
        assert.equal(await page.locator("#way-language .way-bar").count(), 1);
        assert.match(await page.locator("#way-keying").innerText(), /Cannot be computed: no triad was asked/);
        assert.match(await page.locator("#asking").innerText(), /measured between two answers, over all pairs/);
        assert.match(await page.locator("#asking").innerText(), /work-3\s+4 languages/);
        await accessible(page);
      });
    },
  };
}
