// A real `axia serve` with a store of its own.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

export function store(program, model) {
  const axia = resolve(program);
  const folder = mkdtempSync(join(tmpdir(), "axia-studio-"));
  const environment = {
    PATH: process.env.PATH, HOME: folder, LANG: "C.UTF-8", AXIA_SHARE: root, AXIA_DATA: join(folder, "data"),
    AXIA_CACHE: join(folder, "cache"), AXIA_WEIGHTS: "file", AXIA_THREADS: "1",
  };
  const servers = [];
  return {
    folder,
    run(...args) {
      const done = spawnSync(axia, args, { env: environment, cwd: folder, encoding: "utf8" });
      assert.equal(done.status, 0, `axia ${args.join(" ")}: ${done.stderr}`);
      return done.stdout;
    },
    learn(value) {
      return this.run("learn", value, "--model", model);
    },
    /// Its address.
    async serve(...args) {
      const child = spawn(axia, ["serve", "--model", model, "--port", "0", ...args], { env: environment, cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
      servers.push(child);
      let said = "";
      child.stderr.on("data", (piece) => (said += piece));
      const url = await new Promise((done, reject) => {
        child.stdout.once("data", (line) => done(String(line).trim()));
        child.once("exit", () => reject(new Error(`axia serve did not start: ${said}`)));
      });
      return { url, stop: () => stop(child) };
    },
    async end() {
      await Promise.all(servers.map(stop));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await gone;
  clearTimeout(late);
}
