// The playground as a person uses it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

export const question = "A friend wants to leave a steady job to start a small company. What would you say?";
const texts = (locator) => locator.evaluateAll((all) => all.map((one) => one.textContent));

export async function ask(page, text = question) {
  await page.getByRole("textbox", { name: /question/i }).fill(text);
  await page.keyboard.press("Enter");
  await answered(page);
}

export async function answered(page) {
  await page.locator("[role=status]", { hasText: /^Answered/ }).waitFor({ timeout: 120_000 });
}

export async function set_value(page, name, target) {
  const field = page.getByRole("textbox", { name: new RegExp(`^${name}: probability`) });
  await field.fill(String(target));
  await field.blur();
}

async function few_tokens(page, count = 24) {
  await page.getByText("How it is steered and answered").click();
  await page.getByLabel("Tokens at most").fill(String(count));
  await page.getByLabel("Tokens at most").press("Tab");
}

export function playground_tests({ open, url, accessible, fits, wait_for }) {
  const at = (options, use) => open(url, "#/playground", options, use);
  return {
    async "first view: at most 400 kB, gzip ready made"() {
      await at({}, async (page) => {
        await page.getByRole("slider", { name: "Security" }).waitFor();
        const sizes = await page.evaluate(() => performance.getEntries().filter((one) => one.encodedBodySize).map((one) => [one.name, one.encodedBodySize, one.transferSize]));
        const sum = sizes.reduce((all, [, size]) => all + size, 0);
        console.log(`        ${(sum / 1000).toFixed(0)} kB in ${sizes.length} answers`);
        assert.ok(sum <= 400_000, JSON.stringify(sizes));
        const again = await page.goto(`${url}/`);
        assert.equal(again.headers()["content-encoding"], "gzip");
        assert.match(again.headers()["content-security-policy"], /^default-src 'none'; script-src 'self';/);
      });
      const plain = await fetch(`${url}/`, { headers: { "Accept-Encoding": "identity" } });
      assert.match(await plain.text(), /^<!doctype html>/);
      const tag = plain.headers.get("etag");
      assert.equal((await fetch(`${url}/`, { headers: { "If-None-Match": tag } })).status, 304);
      const script = (await (await fetch(`${url}/`)).text()).match(/src="(\/studio\/[^"]+)"/)[1];
      assert.match((await fetch(url + script)).headers.get("cache-control"), /immutable/);
      assert.equal((await fetch(`${url}/studio/none.js`)).status, 404);
      assert.equal((await fetch(`${url}/studio/..%2Findex.html`)).status, 404);
    },

    async "two columns stream, what differs is marked, the next turn keeps each column's own history"() {
      await at({}, async (page) => {
        await set_value(page, "Security", 0.999);
        await few_tokens(page);
        await ask(page);
        assert.deepEqual(await texts(page.locator(".turn .answer h3")), ["Unsteered", "Steered"]);
        const first = await texts(page.locator(".turn .answer .text"));
        assert.ok(first.every((text) => text.length > 10), JSON.stringify(first));
        assert.ok((await page.locator(".answer.steered mark").count()) > 0);
        assert.match(await page.locator(".answer.steered").innerText(), /shifts, over rows and layers; plan [0-9a-f]{8}/);
        const requests = [];
        page.on("request", (request) => request.url().endsWith("/chat/completions") && requests.push(request.postDataJSON()));
        await ask(page, "And if it fails?");
        assert.equal(await page.locator(".turn").count(), 2);
        assert.deepEqual(requests.map((one) => one.axia.compare), [["unsteered"], ["steered"]]);
        assert.deepEqual(requests.map((one) => one.messages[1].content), first);
        await accessible(page);
        await fits(page);
      });
    },

    async "what is shown is what was streamed"() {
      await at({}, async (page) => {
        await set_value(page, "Security", 0.999);
        await few_tokens(page, 12);
        await page.evaluate(() => {
          const plain = globalThis.fetch;
          globalThis.fetch = async (...given) => {
            const response = await plain(...given);
            globalThis.streamed = response.clone().text();
            return response;
          };
        });
        await ask(page);
        const streamed = ["", ""];
        for (const [, data] of (await page.evaluate(() => globalThis.streamed)).matchAll(/^data: (\{.*\})$/gm)) {
          for (const choice of JSON.parse(data).choices) streamed[choice.index] += choice.delta.content ?? "";
        }
        assert.deepEqual(await texts(page.locator(".turn .answer .text")), streamed);
      });
    },

    async "the page adds little to the time of a turn"() {
      await at({}, async (page) => {
        await set_value(page, "Security", 0.99);
        await few_tokens(page, 12);
        const extra = [];
        for (let i = 0; i < 12; ++i) {
          await page.getByRole("textbox", { name: /question/i }).fill(`Say ${i}.`);
          extra.push(
            await page.evaluate(async (turn) => {
              performance.clearResourceTimings();
              const asked = performance.now();
              document.querySelector(".composer").requestSubmit();
              const shown = await new Promise((resolve) => {
                const done = () => {
                  const columns = document.querySelectorAll(".turn")[turn]?.querySelectorAll(".answer") ?? [];
                  return columns.length === 2 && [...columns].every((one) => one.getAttribute("aria-busy") === "false");
                };
                const watch = new MutationObserver(() => {
                  if (!done()) return;
                  watch.disconnect();
                  resolve(performance.now());
                });
                watch.observe(document.body, { subtree: true, childList: true, attributes: true });
              });
              await new Promise((resolve) => setTimeout(resolve, 50)); // the entries come late
              const calls = performance.getEntriesByType("resource").filter((one) => one.name.endsWith("/chat/completions"));
              return Math.min(...calls.map((one) => one.fetchStart)) - asked + shown - Math.max(...calls.map((one) => one.responseEnd));
            }, i),
          );
          await page.locator("[role=status]", { hasText: /^Answered/ }).waitFor();
        }
        extra.sort((x, y) => x - y);
        console.log(`        extra time of a turn: median ${extra[6].toFixed(1)} ms, largest of 12 ${extra[11].toFixed(1)} ms`);
        assert.ok(extra.every(Number.isFinite));
      });
    },

    async "the probe token by token, with its layers, by keyboard"() {
      await at({}, async (page) => {
        await set_value(page, "Security", 0.999);
        await few_tokens(page, 12);
        await ask(page);
        await page.getByLabel("Show", { exact: true }).selectOption("probe");
        const tokens = page.locator(".answer.steered .token");
        assert.ok((await tokens.count()) >= 12);
        await tokens.first().focus();
        await page.keyboard.press("ArrowRight");
        assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), /mean over layers \d\.\d{3} before, \d\.\d{3} after/);
        assert.ok(await page.locator(".answer.steered .layer-lines").isVisible());
        await page.getByLabel("Layer", { exact: true }).selectOption({ index: 1 });
        await page.locator(".answer.steered summary").click();
        const after = await texts(page.locator(".answer.steered tbody td:nth-child(3)"));
        // held to p0 = 0.999 at the layers that are steered
        assert.ok(after.filter((p) => Number(p) >= 0.998).length >= after.length - 1, after.join(" "));
        await accessible(page);
      });
    },

    async "a link restores everything, and a broken one says so"() {
      let link = "";
      let shown = [];
      await at({}, async (page) => {
        await set_value(page, "Security", -0.9);
        await few_tokens(page, 10);
        await ask(page);
        shown = await texts(page.locator(".turn .answer .text"));
        await page.getByRole("button", { name: /Copy a link/ }).click();
        link = await wait_for(() => page.evaluate(() => navigator.clipboard.readText()));
      });
      await open(url, link.slice(url.length + 1), {}, async (page) => {
        await page.locator(".turn").waitFor();
        assert.deepEqual(await texts(page.locator(".turn .answer .text")), shown);
        assert.equal(await page.getByRole("textbox", { name: /^Security: probability/ }).inputValue(), "-0.9");
      });
      await open(url, `${link.slice(url.length + 1, -7)}`, {}, async (page) => {
        await page.getByText(/This link cannot be read/).waitFor();
      });
    },

    async "taken away: a request that runs, a report that stands alone"() {
      await at({}, async (page) => {
        await set_value(page, "Security", 0.99);
        await few_tokens(page, 10);
        await ask(page);
        await page.getByRole("button", { name: "As a request" }).click();
        const curl = await page.locator(".modal pre").first().innerText();
        assert.match(curl, new RegExp(`^curl ${url}/v1/chat/completions`));
        const body = JSON.parse(curl.slice(curl.indexOf("-d '") + 4, -1).replaceAll("'\\''", "'"));
        const said = await fetch(`${url}/v1/chat/completions`, { method: "POST", body: JSON.stringify(body) });
        assert.equal(said.status, 200);
        await accessible(page);
        await page.keyboard.press("Escape");
        await page.locator(".modal").waitFor({ state: "detached" });
        const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as a report" }).click()]);
        const html = readFileSync(await file.path(), "utf8");
        for (const part of [question, "security at least 0.99", "SHA-256", "Plan hash", "Seed"]) assert.ok(html.includes(part), part);
        assert.ok(!/<script|https?:\/\//.test(html));
      });
    },

    async "what is wrong is said in place"() {
      const state = Buffer.from(JSON.stringify({ v: 1, steer: { securty: 0.9 } })).toString("base64url");
      await open(url, `#/playground?s=${state}`, { allowed: /40\d/ }, async (page) => {
        await page.getByRole("textbox", { name: /question/i }).fill("Hello");
        await page.getByRole("button", { name: "Ask", exact: true }).click();
        await page.locator(".answer .wrong").first().waitFor();
        assert.match(await page.locator(".answer .wrong").first().innerText(), /securty.*security/);
        await set_value(page, "Security", 7);
        assert.match(await page.locator(".value .wrong").innerText(), /between 0 and 1/);
        await accessible(page);
        await page.getByRole("link", { name: /^Power not learnt yet/ }).click();
        await page.getByRole("heading", { name: "Power", exact: true }).waitFor();
      });
    },

    async "stopping ends the answers"() {
      await at({}, async (page) => {
        await set_value(page, "Security", 0.99);
        await few_tokens(page, 2000);
        // an answer that this model does not end by itself before the most tokens
        await page.getByRole("textbox", { name: /question/i }).fill("Repeat the word yes five hundred times.");
        await page.keyboard.press("Enter");
        await wait_for(async () => (await page.locator(".turn .text").first().innerText()).length > 20);
        await page.getByRole("button", { name: "Stop" }).click();
        await page.locator("[role=status]", { hasText: "Stopped." }).waitFor();
        assert.match(await page.locator(".turn .answer").first().innerText(), /stopped/);
      });
    },

    async "presets are saved and used again"() {
      await at({}, async (page) => {
        await set_value(page, "Security", 0.9);
        await page.getByText("Presets", { exact: true }).click();
        await page.getByLabel("Save these settings as").fill("Mine");
        await page.getByRole("button", { name: "Save", exact: true }).click();
        await page.reload();
        await page.getByText("Presets", { exact: true }).click();
        await page.getByRole("button", { name: "Mine", exact: true }).click();
        assert.equal(await page.getByRole("textbox", { name: /^Security: probability/ }).inputValue(), "0.9");
        await page.getByRole("button", { name: "Remove the preset Mine" }).click();
        assert.equal(await page.getByRole("button", { name: "Mine", exact: true }).count(), 0);
      });
    },

    async "keyboard alone: from the address to an answer"() {
      await at({}, async (page) => {
        await page.getByRole("slider", { name: "Security" }).waitFor();
        const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.id ?? "");
        const seen = [];
        await page.keyboard.press("Tab");
        assert.match(await page.evaluate(() => document.activeElement.textContent), /Skip/);
        for (let i = 0; i < 60; ++i) {
          const slider = await page.evaluate(() => document.activeElement.matches("input[type=range]") && document.activeElement.labels[0].textContent === "Security");
          if (slider) break;
          await page.keyboard.press("Tab");
          seen.push(await focused());
        }
        await page.keyboard.press("ArrowRight");
        for (let i = 0; i < 15; ++i) await page.keyboard.press("ArrowRight");
        assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-valuetext")), "at least 0.982");
        for (let i = 0; i < 60 && (await focused()) !== "question"; ++i) await page.keyboard.press("Tab");
        assert.equal(await focused(), "question", seen.join(", "));
        await page.keyboard.type("Hi");
        await page.keyboard.press("Enter");
        await answered(page);
        assert.equal(await focused(), "question");
      });
    },
  };
}
