// A server that wants keys.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ask, set_value } from "./playground_tests.mjs";

export function keys_tests({ open, accessible, store, wait_for }) {
  return {
    async "a key is asked for, kept in the tab, and never in a link or an export"() {
      const key = store.run("keys", "create", "studio").trim();
      const narrow = store.run("keys", "create", "narrow", "--scopes", "chat").trim();
      const { url, stop } = await store.serve("--require-key");
      const use = async (page, text) => {
        await page.getByLabel("Key", { exact: true }).fill(text);
        await page.getByRole("button", { name: "Use this key" }).click();
      };
      const allowed = /40[13]/;
      try {
        await open(url, "#/playground", { allowed }, async (page) => {
          await page.getByRole("heading", { name: "This server wants a key" }).waitFor();
          assert.equal(await page.evaluate(() => document.activeElement.type), "password");
          await accessible(page);
          await use(page, "axia-wrong");
          await page.getByText("The last one was refused").waitFor();
          await use(page, key);
          await page.getByRole("slider", { name: "Security" }).waitFor();
          await set_value(page, "Security", 0.99);
          await page.getByText("How it is steered and answered").click();
          await page.getByLabel("Tokens at most").fill("6");
          await page.getByLabel("Tokens at most").press("Tab");
          await ask(page, "Hello");
          await page.getByRole("button", { name: /Copy a link/ }).click();
          const link = await wait_for(() => page.evaluate(() => navigator.clipboard.readText()));
          assert.ok(link.startsWith(`${url}/#/playground?`));
          const state = Buffer.from(link.split("=")[1], "base64url").toString();
          await page.getByRole("button", { name: "As a request" }).click();
          const requests = await page.locator(".modal").innerText();
          assert.ok(requests.includes("$AXIA_KEY") && requests.includes('os.environ["AXIA_KEY"]'));
          await page.keyboard.press("Escape");
          const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save as a report" }).click()]);
          for (const text of [link, state, requests, readFileSync(await file.path(), "utf8"), await page.evaluate(() => JSON.stringify(localStorage))]) assert.ok(!text.includes(key.slice(5)));
          await page.reload();
          await page.getByRole("slider", { name: "Security" }).waitFor();
          await page.getByRole("link", { name: "Measure", exact: true }).click();
          const [report] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Save the report of first" }).click()]);
          assert.match(readFileSync(await report.path(), "utf8"), /axia-run/);
        });
        await open(url, "#/values", { allowed }, async (page) => {
          await use(page, narrow);
          await page.locator(".values-page .notice", { hasText: /The values could not be read: .*scope/ }).waitFor();
        });
      } finally {
        await stop();
      }
    },
  };
}
