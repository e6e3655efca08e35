// Values, Measure, and what holds for every page.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, set_value } from "./playground_tests.mjs";

const texts = (locator) => locator.evaluateAll((all) => all.map((one) => one.textContent));
const over = { timeout: 240_000 };

/// The shipped pairs of security under another name: pairs that pass the check.
function pairs() {
  const file = new URL("../../../values/schwartz/pairs/security.jsonl", import.meta.url);
  return readFileSync(file, "utf8").trim().split("\n").map((line) => {
    const { scene, positive, negative, split } = JSON.parse(line);
    return JSON.stringify({ scene, positive, negative, split });
  });
}

export function pages_tests({ open, url, accessible, fits, still, wait_for }) {
  return {
    async "values: what is learnt, with intervals, as chart and as table"() {
      const { vectors } = await (await fetch(`${url}/axia/vectors`)).json();
      const security = vectors.find((one) => one.value === "security" && one.context === "chat");
      await open(url, "#/values", {}, async (page) => {
        const row = page.locator(".value-table tbody tr", { has: page.locator("th", { hasText: /^Security/ }) });
        await row.waitFor();
        const best = security.layers.find((one) => one.layer === security.best_layer);
        await wait_for(async () => (await row.innerText()).replace(/\s/g, " ").includes(`${(best.paired * 100).toFixed(0)} %`));
        assert.equal(await page.locator(".value-table tbody tr").count(), 10);
        await page.getByRole("button", { name: "Look at Security" }).click();
        await page.locator("#chart-layers").waitFor();
        assert.equal(await page.locator("#chart-layers tbody tr").count(), security.layers.length);
        await page.locator("#chart-layers .stage").focus();
        await page.keyboard.press("End");
        assert.match(await page.locator("#chart-layers [role=status]").textContent(), /^Layer 29.*shuffled labels/);
        assert.equal(await page.locator(".similarity tbody tr").count(), 2);
        await accessible(page);
      });
    },

    async "values: one of the system is learnt with progress, then held in the playground"() {
      await open(url, "#/values?learn=power", {}, async (page) => {
        await page.getByRole("button", { name: "Learn Power", exact: true }).last().click();
        await page.locator(".job .done").waitFor(over);
        await page.locator("#chart-layers").waitFor();
        await page.getByText("held-out pairs apart (95 % interval").waitFor();
        await page.getByRole("link", { name: "Playground" }).click();
        await page.getByRole("slider", { name: "Power" }).waitFor();
      });
    },

    async "values: a new one from a file, the check first"() {
      await open(url, "#/values", { allowed: /40\d/ }, async (page) => {
        await page.getByLabel("Name of the value").fill("caution");
        const choose = async (name, text) => {
          const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "Take pairs from a file" }).click()]);
          await chooser.setFiles({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
        };
        await choose("bad.jsonl", '{"positive": "only this"}\n');
        await page.getByText('bad.jsonl, line 1: there is no text "negative"').waitFor();
        await choose("caution.jsonl", pairs().join("\n"));
        await page.getByText("100 pairs from caution.jsonl").waitFor();
        assert.ok(await page.getByRole("button", { name: "Learn caution" }).isDisabled());
        await page.getByRole("button", { name: "Check the pairs" }).click();
        await page.getByText(/100 pairs: 60 to learn from, 40 held out/).waitFor();
        await accessible(page);
        await page.locator(".learn-new").getByLabel("What it means").fill("Looking before leaping");
        await page.locator(".learn-new").getByLabel("Group").selectOption("conservation");
        await page.locator(".learn-new").getByLabel("Place on the circle").selectOption({ label: "after Security" });
        await page.getByRole("button", { name: "Learn caution" }).click();
        await page.locator(".learn-new .job .done").waitFor(over);
        const names = () => page.locator(".value-table tbody th").evaluateAll((all) => all.map((one) => one.firstChild.textContent));
        await wait_for(async () => (await names()).includes("caution"));
        assert.equal((await names())[(await names()).indexOf("Security") + 1], "caution");
        await page.getByRole("button", { name: "Look at caution" }).click();
        await page.getByText("What it means and where it stands").click();
        const detail = page.locator(".detail");
        assert.equal(await detail.getByLabel("What it means").inputValue(), "Looking before leaping");
        await detail.getByLabel("Title").fill("Caution");
        await detail.getByLabel("Place on the circle").selectOption({ label: "last" });
        await detail.getByRole("button", { name: "Save" }).click();
        await detail.getByText("Saved").waitFor();
        await wait_for(async () => (await names()).at(-1) === "Caution");
        await accessible(page);
        const { vectors } = await (await fetch(`${url}/axia/vectors`)).json();
        assert.ok(vectors.some((one) => one.value === "caution"));
      });
    },

    async "values: tuning draws its points while it runs, and is cancelled"() {
      await open(url, "#/values?value=security", {}, async (page) => {
        await page.getByRole("button", { name: "Tune Security" }).click();
        await page.locator("#chart-frontier tbody tr").first().waitFor({ state: "attached", ...over });
        await page.getByRole("button", { name: "Cancel" }).click();
        await page.getByText(/Tuning Security was cancelled/).first().waitFor(over);
        assert.match(await page.locator("#chart-frontier tbody tr").first().textContent(), / to /);
        await accessible(page);
      });
    },

    async "measure: a run from start to the circle, then two side by side"() {
      await open(url, "#/measure", {}, async (page) => {
        for (const name of ["first", "second"]) {
          await page.getByLabel("Battery").selectOption("schwartz-portrait");
          await page.getByLabel("Wordings of each item").selectOption("1");
          await page.getByLabel("Items at most").fill("20");
          await page.getByLabel("Name of the run").fill(name);
          if (name === "second") {
            await page.getByLabel("Beside the unsteered model").selectOption("sweep");
            await page.getByLabel("Value", { exact: true }).selectOption("security");
            await page.getByLabel("Targets").fill("0.9");
          }
          await page.getByRole("button", { name: "Start" }).click();
          await page.getByRole("checkbox", { name, exact: true }).waitFor(over);
          await page.locator(".job .done").waitFor(over);
        }
        await page.getByRole("checkbox", { name: "second", exact: true }).check();
        await page.locator("#chart-circle").waitFor();
        await page.locator(".results h2", { hasText: "Cause and effect" }).waitFor();
        const { arms } = await (await fetch(`${url}/axia/runs/second`)).json();
        assert.deepEqual(await texts(page.locator("#chart-scores thead th")), ["Value", ...arms.map((one) => one.arm), "Items", "Cronbach's alpha"]);
        await accessible(page);
        await page.getByRole("checkbox", { name: "first", exact: true }).check();
        await page.locator("#chart-circle .legend", { hasText: "second: unsteered" }).waitFor();
        assert.deepEqual(await texts(page.locator("#chart-circle .legend li")), ["second: unsteered", "first: unsteered"]);
        const listed = (await (await fetch(`${url}/axia/runs`)).json()).runs;
        const [, held] = ["first", "second"].map((name) => listed.find((one) => one.name === name).plans);
        assert.deepEqual(held, arms.filter((one) => one.plan_hash !== "none").map((one) => ({ name: one.arm, hash: one.plan_hash })));
        assert.deepEqual(held.map((one) => one.name), ["security=0.9"]);
        const cell = (name) => page.locator(".measure-page tbody tr", { has: page.getByRole("checkbox", { name, exact: true }) }).locator("td").nth(1);
        assert.equal(await cell("first").innerText(), "none");
        assert.equal(await cell("second").innerText(), `security=0.9 ${held[0].hash.slice(0, 8)}`);
        const href = await page.getByRole("link", { name: "Open the report of first in a new tab" }).getAttribute("href");
        assert.match(await (await fetch(url + href)).text(), /axia-run/);
        await page.getByLabel("Items at most").fill("few");
        await page.getByRole("button", { name: "Start" }).click();
        await page.getByText("Items at most is a whole number").waitFor();
        await accessible(page);
      });
    },

    async "every page, wide and narrow, light and dark: accessible, fitting, still"() {
      let most = 0;
      for (const [width, scheme] of [[1280, "light"], [1280, "dark"], [360, "light"], [360, "dark"]]) {
        for (const [hash, ready] of [["#/playground", "slider"], ["#/values?value=security", "#chart-layers"], ["#/measure?runs=second", "#chart-circle"], ["#/nowhere", "h1:visible"]]) {
          await open(url, hash, { width, scheme }, async (page) => {
            await (ready === "slider" ? page.getByRole("slider", { name: "Security" }) : page.locator(ready).first()).waitFor();
            await page.waitForTimeout(300);
            most = Math.max(most, await still(page));
            for (const one of await page.locator("details > summary:visible").all()) await one.click();
            await fits(page);
            await accessible(page);
          });
        }
      }
      console.log(`        largest sum of layout shifts ${most.toFixed(3)}`);
    },

    async "the switch of colours wins over the system, and is kept"() {
      await open(url, "#/values", { scheme: "light" }, async (page) => {
        const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
        await page.getByLabel("Colours").selectOption("dark");
        assert.equal(await ground(), "rgb(19, 21, 24)");
        await page.reload();
        assert.equal(await ground(), "rgb(19, 21, 24)");
        await page.locator("h1:visible").waitFor();
        await accessible(page);
      });
    },
  };
}

/// Pictures to look at, and those of docs/studio.md.
export async function pictures({ open, url }, into) {
  mkdirSync(into, { recursive: true });
  const shoot = (page, name) => page.screenshot({ path: join(into, `${name}.png`), fullPage: true });
  for (const [name, width, scheme] of [["wide-light", 1280, "light"], ["wide-dark", 1280, "dark"], ["narrow-light", 360, "light"], ["narrow-dark", 360, "dark"]]) {
    await open(url, "#/playground", { width, scheme }, async (page) => {
      await set_value(page, "Security", 0.999);
      await ask(page);
      await shoot(page, `playground-${name}`);
      await page.getByLabel("Show", { exact: true }).selectOption("probe");
      await page.locator(".answer.steered .token").nth(5).focus();
      await shoot(page, `probe-${name}`);
    });
    for (const [hash, ready] of [["values?value=security", "#chart-layers"], ["measure?runs=second", "#chart-circle"]]) {
      await open(url, `#/${hash}`, { width, scheme }, async (page) => {
        await page.locator(ready).waitFor();
        await shoot(page, `${hash.split("?")[0]}-${name}`);
      });
    }
  }
}
