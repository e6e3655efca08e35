// One file out: script, style and fonts inside the HTML, under a policy that lets nothing else run.
import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

function oneFile(): Plugin {
  return {
    name: "axia-one-file",
    enforce: "post",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle);
      const page = files.find((file) => file.fileName === "report.html");
      if (page?.type !== "asset") throw new Error("report.html was not built");
      let html = String(page.source);
      for (const file of files) {
        if (file === page) continue;
        if (file.type === "chunk") {
          // no "</script" or "<!--" may stand inside an inline script
          const code = file.code.replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
          const hash = createHash("sha256").update(`\n${code}\n`).digest("base64");
          const tag = new RegExp(`<script type="module"[^>]*src="[^"]*${file.fileName}"[^>]*></script>`);
          if (!tag.test(html)) throw new Error(`no tag for ${file.fileName}`);
          html = html
            .replace(tag, () => `<script type="module">\n${code}\n</script>`)
            .replace("'sha256-PAGE'", () => `'sha256-${hash}'`);
        } else {
          const tag = new RegExp(`<link rel="stylesheet"[^>]*href="[^"]*${file.fileName}"[^>]*>`);
          if (!tag.test(html)) throw new Error(`no tag for ${file.fileName}`);
          html = html.replace(tag, () => `<style>\n${String(file.source)}\n</style>`);
        }
        delete bundle[file.fileName];
      }
      if (html.includes("sha256-PAGE")) throw new Error("the script's hash is not in the policy");
      page.source = html;
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [oneFile()],
  build: {
    assetsInlineLimit: 1 << 22,
    cssCodeSplit: false,
    modulePreload: false,
    target: "es2022",
    rollupOptions: { input: "report.html" },
  },
});
