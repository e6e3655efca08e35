import "./style/page.css";
import "./style/parts.css";
import "./style/measures.css";
import "./style/media.css";
import { read_run, type RunData } from "./data";
import { h, p, section } from "./dom";
import type { MeasureData } from "./measures/data";
import { measure_glossary, measure_sections, measure_title } from "./measures/page";
import { title as measure_name } from "./measures/words";
import type { MethodData } from "./methods/data";
import { method_glossary, method_header, method_sections } from "./methods/page";
import { method_title } from "./methods/words";
import { answers_section } from "./sections/answers";
import { checks_section } from "./sections/checks";
import { effects_section } from "./sections/effects";
import { frontier_section } from "./sections/frontier";
import { probes_section } from "./sections/probes";
import { provenance_section } from "./sections/provenance";
import { shifts_section } from "./sections/shifts";
import { title_block } from "./sections/title";
import { title } from "./summary";
import { glossary } from "./words";

function words_section(words: [string, string][]): HTMLElement {
  return section(
    "words",
    "What the words mean",
    h("dl", { class: "words" }, words.map(([word, meaning]) => h("div", {}, h("dt", {}, word), h("dd", {}, meaning)))),
  );
}

function contents(sections: readonly HTMLElement[]): HTMLElement {
  return h(
    "nav",
    { class: "contents", "aria-label": "Contents" },
    h(
      "ol",
      {},
      sections.map((one) => h("li", {}, h("a", { href: `#${one.id}` }, one.querySelector("h2")!.textContent!))),
    ),
  );
}

/// Marks the section in view in the list of contents.
function follow(nav: HTMLElement, sections: readonly HTMLElement[]): void {
  const seen = new Set<string>();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) seen.add(entry.target.id);
        else seen.delete(entry.target.id);
      }
      const first = sections.find((one) => seen.has(one.id));
      for (const link of nav.querySelectorAll("a")) {
        if (first && link.getAttribute("href") === `#${first.id}`) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-15% 0px -60% 0px" },
  );
  for (const one of sections) observer.observe(one);
}

function effect_sections(data: RunData): HTMLElement[] {
  return [
    checks_section(data),
    probes_section(data),
    frontier_section(data),
    effects_section(data),
    shifts_section(data),
    answers_section(data),
    provenance_section(data),
    words_section(glossary),
  ];
}

type Data = RunData | MeasureData | MethodData;

/// Title, header and sections of what the page is about.
function parts(data: Data): [string, HTMLElement, HTMLElement[]] {
  if ("measures" in data) return [measure_name(data), measure_title(data), [...measure_sections(data), words_section(measure_glossary)]];
  if ("result" in data) return [method_title(data), method_header(data), [...method_sections(data), words_section(method_glossary(data))]];
  return [title(data), title_block(data), effect_sections(data)];
}

function page(data: Data): Node[] {
  const [name, header, sections] = parts(data);
  document.title = `${name}: axia report`;
  const nav = contents(sections);
  follow(nav, sections);
  return [
    h("a", { class: "skip", href: "#report" }, "Skip to the report"),
    h(
      "div",
      { class: "frame" },
      nav,
      h("main", { id: "report", tabindex: -1 }, header, sections),
    ),
  ];
}

function message(heading: string, text: string): Node {
  return h("main", { class: "message" }, h("h1", {}, heading), p(text));
}

const root = document.getElementById("page")!;
try {
  const data = read_run(document.getElementById("axia-run")!.textContent!);
  root.replaceChildren(
    ...(data ? page(data) : [message("An empty report", "This is the template of axia report. axia report RUN fills it with a run.")]),
  );
} catch (error) {
  root.replaceChildren(message("This report cannot be read", error instanceof Error ? error.message : String(error)));
}
