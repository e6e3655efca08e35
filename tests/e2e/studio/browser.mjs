// Chromium, and what every page must hold: no error, no other host, nothing sideways, no rule of accessibility broken.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const app = fileURLToPath(new URL("../../../apps/studio/", import.meta.url));
const browser_path = process.env.AXIA_CHROMIUM ?? "/usr/bin/chromium";

export function what_is_missing() {
  return [
    [join(app, "dist/studio.pack"), "./run build"],
    [join(app, "node_modules/playwright-core"), "npm ci in apps/studio"],
    [browser_path, "apt-get install chromium"],
  ].find(([file]) => !existsSync(file));
}

export async function browser() {
  const require = createRequire(join(app, "package.json"));
  const { chromium } = require("playwright-core");
  const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  const chrome = await chromium.launch({ executablePath: browser_path, args: ["--no-sandbox"] });

  /// Calls `use` with a fresh page of `url`; `allowed` is what the console may say.
  async function open(url, hash, { width = 1280, height = 900, scheme = "light", allowed = null, motion = "reduce" } = {}, use) {
    const context = await chrome.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: motion, acceptDownloads: true });
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
    const page = await context.newPage();
    const errors = [];
    const hosts = new Set();
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !(allowed && allowed.test(message.text()))) errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url())) hosts.add(new URL(request.url()).origin);
    });
    await page.addInitScript(() => {
      globalThis.shifts = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifts.push(entry.value);
      }).observe({ type: "layout-shift", buffered: true });
    });
    try {
      await page.goto(`${url}/${hash}`);
      await use(page);
      assert.deepEqual(errors, []);
      assert.deepEqual([...hosts], [url]);
    } finally {
      await context.close();
    }
  }

  async function accessible(page) {
    await page.evaluate(axe);
    const broken = await page.evaluate(async () => {
      const found = await globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] });
      return found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
    });
    assert.deepEqual(broken, []);
  }

  async function fits(page) {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `the page is ${wide} px wider than the window`);
  }

  /// The largest sum of shifts without input is what web vitals call the layout shift; ours sums all.
  async function still(page) {
    const shift = await page.evaluate(() => globalThis.shifts.reduce((sum, x) => sum + x, 0));
    assert.ok(shift < 0.1, `layout shift ${shift}`);
    return shift;
  }

  return { open, accessible, fits, still, close: () => chrome.close() };
}
