// report_test.mjs RENDERER: the report in Chromium. AXIA_SCREENSHOTS=FOLDER keeps pictures of it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { measure_tests } from "./measure_tests.mjs";
import { method_runs, method_tests } from "./method_tests.mjs";
import { bare_run, hostile_answer, hostile_measure, hostile_run, large_measure, measured, plain_measure, read, sample, sparse_run } from "./runs.mjs";

const app = fileURLToPath(new URL("../../../apps/report_page/", import.meta.url));
const template = join(app, "dist/report.html");
const browser_path = process.env.AXIA_CHROMIUM ?? "/usr/bin/chromium";
for (const [file, remedy] of [
  [template, "npm ci && npm run build in apps/report_page"],
  [join(app, "node_modules/playwright-core"), "npm ci in apps/report_page"],
  [browser_path, "apt-get install chromium"],
]) {
  if (!existsSync(file)) {
    console.log(`skipped: no ${file}; ${remedy}`);
    process.exit(77);
  }
}
const renderer = process.argv[2];
const require = createRequire(join(app, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const folder = mkdtempSync(join(tmpdir(), "axia-report-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function render(run, name) {
  const page = join(folder, name);
  const done = spawnSync(renderer, [run, template, page], { encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
  return page;
}

/// What the renderer says of a run that it refuses.
function refused(run) {
  const page = join(folder, "refused.html");
  const done = spawnSync(renderer, [run, template, page], { encoding: "utf8" });
  assert.ok(!existsSync(page));
  return { status: done.status, said: done.stderr };
}

const pages = {
  ...Object.fromEntries(Object.entries(method_runs(folder)).map(([name, run]) => [name, render(run, `${name}.html`)])),
  sample: render(sample, "sample.html"),
  measured: render(measured, "measured.html"),
  hostile_measured: render(hostile_measure(join(folder, "hostile-measure")), "hostile-measured.html"),
  plain_measured: render(plain_measure(join(folder, "plain-measure")), "plain-measured.html"),
  large_measured: render(large_measure(join(folder, "large-measure")), "large-measured.html"),
  hostile: render(hostile_run(join(folder, "hostile")), "hostile.html"),
  sparse: render(sparse_run(join(folder, "sparse")), "sparse.html"),
  bare: render(bare_run(join(folder, "bare")), "bare.html"),
  template,
};

const browser = await chromium.launch({
  executablePath: browser_path,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

/// Opens a page; when `work` is done, nothing may have been asked of any host or complained of.
async function open(name, { width = 1280, scheme = "light" }, work) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme });
  const page = await context.newPage();
  const complaints = [];
  const requests = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.stack));
  page.on("dialog", (dialog) => complaints.push(`dialog ${dialog.message()}`));
  const url = pathToFileURL(pages[name]).href;
  context.on("request", (request) => {
    if (request.url() !== url && !request.url().startsWith("data:")) requests.push(request.url());
  });
  await page.goto(url);
  await page.evaluate(() => document.fonts.ready);
  await work(page);
  assert.deepEqual(complaints, []);
  assert.deepEqual(requests, []);
  await context.close();
}

const open_all = (page) =>
  page.evaluate(() => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
  });

async function accessible(page) {
  await open_all(page);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  const found = violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  assert.deepEqual(found, []);
}

async function fits(page) {
  const [content, view] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= view, `content is ${content} px wide in ${view}`);
  const outside = await page.evaluate(() =>
    [...document.querySelectorAll("main *")]
      .filter((one) => !one.closest(".scroll, .tip, .unseen") && one.getBoundingClientRect().right > innerWidth + 1)
      .map((one) => one.outerHTML.slice(0, 120)),
  );
  assert.deepEqual(outside.slice(0, 3), []);
}

const tests = {
  async "every chart has a table with its rows"() {
    await open("sample", {}, async (page) => {
      const charts = await page.evaluate(() =>
        [...document.querySelectorAll("figure.chart")].map((figure) => ({
          id: figure.id,
          rows: Number(figure.dataset.rows),
          table: figure.querySelectorAll("tbody tr").length,
          named: [...figure.querySelectorAll("tbody th")].every((head) => head.textContent.trim() !== ""),
          dots: figure.querySelectorAll(".canvas g[aria-label=dot] > *").length,
        })),
      );
      const by_id = Object.fromEntries(charts.map((chart) => [chart.id, chart]));
      const effect = read("effect.json");
      const tune = read("tune.json");
      const vector = read("vector.json");
      const wanted = {
        "chart-bias": [2, 2],
        "chart-probes": [vector.layers.length, vector.chosen.length],
        "chart-frontier": [tune.candidates.length, tune.candidates.length + 1],
        "chart-effects": [effect.arms.length, 2 * effect.arms.length],
        "chart-shifts": [effect.trace.length, 2 * effect.trace.length],
      };
      assert.deepEqual(Object.keys(by_id).sort(), Object.keys(wanted).sort());
      for (const [id, [rows, dots]] of Object.entries(wanted)) {
        assert.equal(by_id[id].rows, rows, id);
        assert.equal(by_id[id].table, rows, id);
        assert.equal(by_id[id].dots, dots, id);
        assert.ok(by_id[id].named, id);
      }
    });
  },

  async "the title block says what was found"() {
    await open("sample", {}, async (page) => {
      assert.equal(await page.title(), "Security in smollm2: axia report");
      const text = await page.locator("header.title").innerText();
      const plan = read("effect.json").arms.find((arm) => arm.arm === "plan");
      for (const part of [`leans ${plan.effect.toFixed(2)} nats per token`, plan.ci.map((x) => x.toFixed(2)).join(" to "),
        "excludes zero", "CAA", "System prompt alone", "Bag-of-words index", "62\u202f%", "Cost"]) {
        assert.ok(text.includes(part), part);
      }
      const arms = await page.locator("#chart-effects tbody tr").evaluateAll((rows) => rows.map((row) => row.children[1].textContent));
      assert.equal(arms[1], `+${plan.effect.toFixed(3)}`);
    });
  },

  async "holding the other values is told, or why it was not tried"() {
    const said = { sample: "pairs move 0.00 instead of +0.02", sparse: "is left out: nothing else is learnt." };
    for (const [run, words] of Object.entries(said)) {
      await open(run, {}, async (page) => {
        const text = await page.locator("#effects").innerText();
        assert.ok(text.includes(words), text);
        assert.ok(text.includes("Plan, others held"), run);
      });
    }
  },

  async "sections stand in the order of the work"() {
    await open("sample", {}, async (page) => {
      const ids = await page.locator("main > section").evaluateAll((all) => all.map((one) => one.id));
      assert.deepEqual(ids, ["data", "probes", "tuning", "effects", "readings", "answers", "provenance", "words"]);
      const levels = await page.locator("main h1, main h2").evaluateAll((all) => all.map((one) => one.tagName));
      assert.deepEqual(levels, ["H1", ...ids.map(() => "H2")]);
    });
  },

  async "no rule of accessibility is broken, light and dark, wide and narrow"() {
    for (const [width, scheme] of [[1280, "light"], [1280, "dark"], [360, "light"]]) {
      await open("sample", { width, scheme }, accessible);
    }
    await open("hostile", {}, accessible);
    await open("bare", { scheme: "dark" }, accessible);
  },

  async "charts can be read with the keyboard"() {
    await open("sample", {}, async (page) => {
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
      const stage = page.locator("#chart-probes .stage");
      await stage.focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      const said = page.locator("#chart-probes [role=status]");
      assert.match(await said.textContent(), /^Layer 1\./);
      await page.keyboard.press("End");
      assert.match(await said.textContent(), /^Layer 29\./);
      assert.ok(await page.locator("#chart-probes .tip").isVisible());
      await page.keyboard.press("Escape");
      assert.ok(!(await page.locator("#chart-probes .tip").isVisible()));
      const reachable = await page.evaluate(() => [...document.querySelectorAll(".stage, .scroll")].every((one) => one.tabIndex === 0));
      assert.ok(reachable);
    });
  },

  async "the pointer shows the nearest point"() {
    await open("sample", {}, async (page) => {
      const dots = page.locator("#chart-effects .canvas g[aria-label=dot]").last().locator("circle");
      await dots.nth(1).hover();
      const tip = page.locator("#chart-effects .tip");
      assert.ok(await tip.isVisible());
      assert.match(await tip.innerText(), /^The plan/);
    });
  },

  async "hashes and the command can be copied"() {
    await open("sample", {}, async (page) => {
      const button = page.getByRole("button", { name: "Copy the command line" });
      await button.click();
      await page.waitForFunction(() => document.querySelector(".command button").textContent === "Copied");
    });
  },

  async "nothing breaks out sideways, at any width"() {
    for (const name of ["sample", "hostile", "sparse", "bare"]) {
      for (const width of [1440, 768, 360]) {
        await open(name, { width }, async (page) => {
          await open_all(page);
          await fits(page);
        });
      }
    }
  },

  async "a window that changes its width redraws the charts"() {
    await open("sample", {}, async (page) => {
      await page.setViewportSize({ width: 400, height: 800 });
      await page.waitForFunction(() => {
        const stage = document.querySelector("#chart-effects .stage");
        return Number(stage.querySelector("svg").getAttribute("width")) === Math.floor(stage.clientWidth);
      });
      await fits(page);
    });
  },

  async "hostile words stay words"() {
    await open("hostile", {}, async (page) => {
      await page.waitForTimeout(300);
      const found = await page.evaluate(() => ({
        pwned: globalThis.pwned,
        scripts: document.querySelectorAll("script").length,
        foreign: document.querySelectorAll("#page :is(script, img, iframe, link, object, embed, form)").length,
        links: [...document.querySelectorAll("a")].filter((a) => !a.getAttribute("href").startsWith("#")).length,
        answer: document.querySelector("blockquote").textContent,
      }));
      assert.equal(found.pwned, undefined);
      assert.equal(found.scripts, 2);
      assert.equal(found.foreign, 0);
      assert.equal(found.links, 0);
      assert.equal(found.answer, hostile_answer);
    });
  },

  async "the page lets no other script run"() {
    await open("sample", {}, async (page) => {
      const policy = await page.locator("meta[http-equiv=Content-Security-Policy]").getAttribute("content");
      assert.match(policy, /default-src 'none'; script-src 'sha256-[\w+/=]+';/);
      assert.ok(!/script-src[^;]*unsafe/.test(policy));
    });
    const html = readFileSync(pages.sample, "utf8");
    assert.deepEqual(html.match(/(?:src|href)="(?!#|data:)[^"]*"/g), null);
  },

  async "what is missing is said"() {
    await open("bare", {}, async (page) => {
      assert.equal(await page.locator("figure.chart").count(), 0);
      assert.equal(await page.locator("p.absent").count(), 6);
      assert.match(await page.locator(".lead").innerText(), /no effect/);
    });
    await open("sparse", {}, async (page) => {
      assert.match(await page.locator(".lead").innerText(), /^No effect is certain here/);
      assert.match(await page.locator("#probes").innerText(), /None of them was tried/);
      assert.equal(await page.locator("#chart-probes td.missing").first().textContent(), "\u2013not measured");
    });
    await open("template", {}, async (page) => {
      assert.match(await page.locator("h1").innerText(), /An empty report/);
    });
  },

  async "paper gets the report without its controls"() {
    await open("sample", { scheme: "dark" }, async (page) => {
      await page.emulateMedia({ media: "print" });
      assert.ok(!(await page.locator(".contents").isVisible()));
      assert.ok(!(await page.locator(".copy").first().isVisible()));
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), "rgb(255, 255, 255)");
    });
  },

  ...measure_tests({ open, open_all, accessible, fits, folder, refused }),
  ...method_tests({ open, open_all, accessible, fits }),
};

async function pictures(into) {
  mkdirSync(into, { recursive: true });
  for (const run of ["sample", "measured"]) {
    for (const [name, width, scheme] of [["desktop-light", 1440, "light"], ["desktop-dark", 1440, "dark"], ["phone", 360, "light"]]) {
      await open(run, { width, scheme }, async (page) => {
        await page.screenshot({ path: join(into, `${run}-${name}.png`), fullPage: true });
      });
    }
  }
}

let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  try {
    await test();
    console.log(`ok      ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAILED  ${name}\n${error.stack}`);
  }
}
if (process.env.AXIA_SCREENSHOTS) await pictures(process.env.AXIA_SCREENSHOTS);
await browser.close();
console.log(failed === 0 ? `${Object.keys(tests).length} tests passed` : `${failed} of ${Object.keys(tests).length} tests failed`);
process.exit(failed === 0 ? 0 : 1);
