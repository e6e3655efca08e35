// The page of a measurement in Chromium; see report_test.mjs.
import assert from "node:assert/strict";
import { join } from "node:path";
import { broken_measure, read_measured, reason } from "./runs.mjs";

export function measure_tests({ open, open_all, accessible, fits, folder, refused }) {
  const measures = read_measured("measures.json");
  const texts = (locator) => locator.evaluateAll((all) => all.map((one) => one.textContent));
  const shown_items = (page) => texts(page.locator("#item-table tbody bdi:first-child"));
  const sort_by = (page, head) => page.locator("#item-table .sort", { hasText: head });

  return {
    async "a measurement: sections in order, every chart as a table"() {
      await open("measured", {}, async (page) => {
        assert.equal(await page.title(), "Dilemmas between two of the ten basic values, asked of smollm2: axia report");
        const ids = await page.locator("main > section").evaluateAll((all) => all.map((one) => one.id));
        assert.deepEqual(ids, ["profile", "ranking", "doses", "differences", "asking", "items", "provenance", "words"]);
        const rows = await page.evaluate(() =>
          Object.fromEntries([...document.querySelectorAll("figure.chart")].map((one) => [one.id, one.querySelectorAll("tbody tr").length])),
        );
        const points = (wanted) => measures.doses.filter(({ role }) => ["control", "fluency"].includes(role) === wanted).flatMap((curve) => curve.points).length;
        assert.deepEqual(rows, {
          "chart-circle": measures.circle.length,
          "chart-scores": measures.arms[0].values.length,
          "chart-ranking": measures.arms[0].ranking.length,
          "chart-dose-0": points(false),
          "chart-controls-0": points(true),
        });
        const heads = await texts(page.locator("#chart-scores thead th"));
        for (const { arm } of measures.arms) assert.ok(heads.includes(arm), arm);
        const security = measures.arms[0].values.find((one) => one.value === "security").score;
        const row = page.locator("#chart-scores tbody tr", { has: page.locator("th", { hasText: "security" }) });
        assert.equal(await row.locator("td").first().textContent(), `${security.value.toFixed(3)} [\u2212${Math.abs(security.lo).toFixed(3)}, ${security.hi.toFixed(3)}]`);
      });
    },

    async "a measurement: the title says what was asked of whom, how often, and no more than was found"() {
      await open("measured", {}, async (page) => {
        const text = await page.locator("header.title").innerText();
        const clear = measures.arms[0].values.filter(({ score }) => score.lo > 0 || score.hi < 0).map(({ value }) => value);
        const lead = await page.locator(".lead").innerText();
        for (const value of clear) assert.ok(lead.includes(value), value);
        for (const part of ["smollm2", "120 items, 4,320 answers under 6 arms", `${measures.arms[0].values.length - clear.length} other values cannot be told from indifference`,
          "Turned by order", "Includes zero: no effect is certain"]) {
          assert.ok(text.includes(part), `${part} in ${text}`);
        }
      });
    },

    async "a measurement: another arm is drawn beside the baseline"() {
      await open("measured", {}, async (page) => {
        const beside = page.getByLabel("Beside unsteered, show");
        const legend = () => texts(page.locator("#chart-circle .legend li"));
        const dots = () => page.locator("#chart-circle svg.plot > circle[r='4']").count();
        assert.deepEqual(await legend(), ["unsteered", "security=0.9999"]);
        assert.equal(await dots(), measures.circle.length);
        await beside.selectOption("prompt:security");
        assert.deepEqual(await legend(), ["unsteered", "prompt:security"]);
        assert.match(await page.locator("#chart-circle thead th").last().textContent(), /^prompt:security/);
        await beside.selectOption("nothing");
        assert.deepEqual(await legend(), ["unsteered"]);
        assert.equal(await dots(), 0);
      });
    },

    async "a measurement: charts can be read with the keyboard"() {
      await open("measured", {}, async (page) => {
        for (const [id, said] of [["chart-circle", /^self-direction\. unsteered \u22120\.\d\d \[/], ["chart-ranking", /^1\. [\w-]+\. strength .*above the next in \d+/],
          ["chart-dose-0", /^security\. steered\. target 0\.5\. shift /]]) {
          await page.locator(`#${id} .stage`).focus();
          await page.keyboard.press("Home");
          assert.match(await page.locator(`#${id} [role=status]`).textContent(), said);
        }
      });
    },

    async "a measurement: items are sorted with the keyboard, and searched"() {
      await open("measured", {}, async (page) => {
        assert.deepEqual(await shown_items(page), measures.rows.map((row) => row.item));
        await sort_by(page, "unsteered").focus();
        for (const [way, down] of [["descending", true], ["ascending", false]]) {
          await page.keyboard.press("Enter");
          assert.equal(await page.locator("#item-table th", { hasText: "unsteered" }).getAttribute("aria-sort"), way);
          const wanted = [...measures.rows].sort((a, b) => (a.number.unsteered - b.number.unsteered) * (down ? -1 : 1));
          assert.deepEqual(await shown_items(page), wanted.map((row) => row.item));
        }
        const { item, text } = measures.rows[7];
        await page.getByLabel("Search items").fill(text.split(" ").slice(0, 8).join(" ").toUpperCase());
        assert.deepEqual(await shown_items(page), [item]);
        assert.equal(await page.locator("#items .sheet-count").textContent(), `1 of ${measures.rows.length} items`);
        await page.getByLabel("Search items").fill("no item says this");
        assert.deepEqual(await shown_items(page), []);
      });
    },

    async "a measurement: five thousand rows come as they are scrolled to"() {
      await open("large_measured", {}, async (page) => {
        const count = () => page.locator("#item-table tbody tr").count();
        assert.equal(await count(), 100);
        assert.equal(await page.locator("#item-table table").getAttribute("aria-rowcount"), "5001");
        await page.locator("#item-table .scroll").evaluate((box) => (box.scrollTop = box.scrollHeight));
        await page.waitForFunction(() => document.querySelectorAll("#item-table tbody tr").length >= 200);
        await sort_by(page, "unsteered").click();
        assert.equal(await count(), 100);
        assert.equal((await shown_items(page))[0], "item-2321"); // 2321 * 7919 mod 5000 = 4999
        assert.equal(await page.locator("#item-table tbody tr").last().getAttribute("aria-rowindex"), "101");
      });
    },

    async "a measurement: what could not be computed says why"() {
      await open("plain_measured", {}, async (page) => {
        assert.match(await page.locator("h1").innerText(), /asked of 12 people$/);
        const ids = await page.locator("main > section").evaluateAll((all) => all.map((one) => one.id));
        assert.deepEqual(ids, ["profile", "asking", "items", "provenance", "words"]);
        assert.deepEqual(await page.locator("figure.chart").evaluateAll((all) => all.map((one) => one.id)), ["chart-scores"]);
        const asking = await page.locator("#asking").innerText();
        assert.equal(asking.split(`Cannot be computed: ${reason}.`).length - 1, 12);
        assert.ok(asking.includes("3 of 720 questions have no answer: refused 2, no such option 1."));
        assert.equal(await page.locator("#asking .way-bar").count(), 0);
        await open_all(page);
        assert.equal(await page.locator("#chart-scores td", { hasText: "fewer than two items" }).count(), 8);
        assert.equal(await page.locator("#item-table tbody tr").first().locator("td").last().textContent(), "\u2013not measured");
        await accessible(page);
      });
    },

    async "a measurement: no rule of accessibility is broken, light and dark, wide and narrow, hostile and plain"() {
      for (const [width, scheme] of [[1280, "light"], [1280, "dark"], [360, "light"], [360, "dark"]]) {
        await open("measured", { width, scheme }, accessible);
      }
      await open("hostile_measured", { width: 360 }, async (page) => {
        assert.equal(await page.evaluate(() => globalThis.pwned), undefined);
        assert.equal(await page.evaluate(() => document.querySelectorAll("#page :is(script, img, iframe, link, object, embed, form)").length), 0);
        await accessible(page);
      });
    },

    async "a measurement: nothing breaks out sideways, at any width"() {
      for (const name of ["measured", "hostile_measured", "plain_measured"]) {
        for (const width of [1440, 768, 360]) {
          await open(name, { width }, async (page) => {
            await open_all(page);
            await fits(page);
          });
        }
      }
    },

    async "a measurement that is malformed is refused in one line"() {
      const cases = [
        ["arms[1].values[0].score.value", "is not a number", (m) => (m.arms[1].values[0].score.value = "high")],
        ["arms[0].robustness.order_flip", "is missing", (m) => delete m.arms[0].robustness.order_flip],
        ["doses[0].points[1].target", "is not a number", (m) => (m.doses[0].points[1].target = null)],
        ["circle[0].value", "is not text", (m) => (m.circle[0].value = 1)],
        ["rows", "has more than 5000 entries", (m) => (m.rows = Array(5001).fill(m.rows[0]))],
        ["arms", "nothing was measured", (m) => (m.arms = [])],
        ["schema", "not 'axia.measures'", (m) => (m.schema = "axia.effect")],
      ];
      cases.forEach(([field, what, change], i) => {
        const { status, said } = refused(broken_measure(join(folder, `broken-${i}`), change));
        assert.equal(status, 2, said);
        assert.ok(said.includes(`measures.json: ${field}`) && said.includes(what), said);
        assert.equal(said.trimEnd().split("\n").length, 1);
      });
    },
  };
}
