// Hashed files under /studio/, and beside them studio.pack: all of them, gzip ready made, for the program to hold.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const types: Record<string, string> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  woff2: "font/woff2",
};

/// The faces of the first view load beside the script, not after the style.
function preload_fonts(): Plugin {
  return {
    name: "axia-preload-fonts",
    enforce: "post",
    transformIndexHtml(_html, { bundle }) {
      return Object.keys(bundle ?? {})
        .filter((name) => name.endsWith(".woff2"))
        .map((name) => ({
          tag: "link",
          attrs: { rel: "preload", as: "font", type: "font/woff2", href: `/${name}`, crossorigin: "" },
          injectTo: "head" as const,
        }));
    },
  };
}

function pack(): Plugin {
  return {
    name: "axia-pack",
    enforce: "post",
    writeBundle(options, bundle) {
      const lines: string[] = [];
      const bodies: Buffer[] = [];
      for (const name of Object.keys(bundle).sort()) {
        const file = bundle[name]!;
        const body = Buffer.from(file.type === "chunk" ? file.code : file.source);
        const type = types[name.slice(name.lastIndexOf(".") + 1)];
        if (!type) throw new Error(`no media type for ${name}`);
        const gzip = type.startsWith("text/") ? gzipSync(body, { level: 9 }) : Buffer.alloc(0);
        const tag = createHash("sha256").update(body).digest("hex").slice(0, 16);
        lines.push([name === "index.html" ? "/" : `/${name}`, type, tag, body.length, gzip.length].join("\t"));
        bodies.push(body, gzip);
      }
      writeFileSync(join(options.dir!, "studio.pack"), Buffer.concat([Buffer.from(`axia-studio 1\n${lines.join("\n")}\n\n`), ...bodies]));
    },
  };
}

export default defineConfig({
  plugins: [react(), preload_fonts(), pack()],
  resolve: {
    alias: [
      { find: "@report", replacement: here("../report_page/src") },
      { find: /^@observablehq\/plot$/, replacement: here("node_modules/@observablehq/plot") },
      { find: /^@fontsource-variable\//, replacement: here("node_modules/@fontsource-variable/") },
    ],
  },
  server: { proxy: { "^/(v1|axia|tokenize|detokenize|health)": process.env["AXIA_SERVER"] ?? "http://127.0.0.1:8080" } },
  build: {
    assetsDir: "studio",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
});
