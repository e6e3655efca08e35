// The page of a measurement: its sections in the order of their weight.
import { type Child, code, copyable, datum, h, p, section, table } from "../dom";
import { count, gibibytes, is_number, moment, num } from "../format";
import { asking_section, items_section } from "./asking";
import type { MeasureData } from "./data";
import { differences_section, doses_section } from "./doses";
import { profile_section, ranking_section } from "./profile";
import { lead, title } from "./words";

export function measure_title(data: MeasureData): HTMLElement {
  const { finding, meaning } = lead(data);
  return h(
    "header",
    { class: "title" },
    h("p", { class: "eyebrow" }, h("span", { class: "mark" }, "axia"), h("span", {}, moment(data.run.created))),
    h("h1", {}, datum(title(data))),
    data.notices.length > 0
      ? h("div", { class: "notice" }, p(h("strong", {}, "Before you read on")), h("ul", {}, data.notices.map((notice) => h("li", {}, datum(notice)))))
      : null,
    h("p", { class: "lead" }, finding),
    h("p", { class: "meaning" }, meaning),
  );
}

function facts(heading: string, entries: [string, Child][]): HTMLElement | null {
  const known = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  if (known.length === 0) return null;
  return h("div", { class: "facts" }, h("h3", {}, heading), h("dl", {}, known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
}

function provenance(data: MeasureData): HTMLElement {
  const { run, measures } = data;
  const files = Object.entries(run.files ?? {});
  return section(
    "provenance",
    "Where it comes from",
    p("The same command on the same build, machine and seed gives the same numbers."),
    h("div", { class: "command" }, copyable(run.command, "the command line")),
    h(
      "div",
      { class: "fact-grid" },
      facts("Battery", [
        ["Name", `${measures.battery.name}, version ${measures.battery.version}`],
        ["Asked", `${count(measures.items)} items, ${count(measures.answers)} answers`],
        ["Licence", measures.battery.licence],
        ["Source", measures.battery.source ? datum(measures.battery.source) : null],
        ["Scored by", `${measures.battery.scoring}; options by the log-probability's ${measures.score_by}`],
      ]),
      facts("Run", [
        ["Made", moment(run.created)],
        ["Seed", String(run.seed)],
        ["axia", datum(run.axia_version)],
        ["libllama", datum(run.libllama)],
      ]),
      facts("Model", [
        ["Name", run.model ? datum(run.model.name) : null],
        ["Architecture", run.model?.architecture ? datum(run.model.architecture) : null],
        ["SHA-256", run.model ? copyable(run.model.sha256, "the SHA-256 of the model") : null],
        ["Weights used", run.weights ? datum(run.weights.format) : null],
        ["Their distance", is_number(run.weights?.mean_kl) ? `mean KL ${num(run.weights.mean_kl, 4)} nats per token to the file as downloaded` : null],
      ]),
      facts("Machine", [
        ["Processor", run.machine ? datum(run.machine.processor) : null],
        ["Cores", run.machine ? count(run.machine.cores) : null],
        ["Memory", run.machine ? gibibytes(run.machine.memory_bytes) : null],
      ]),
    ),
    files.length > 0
      ? [
          h("h3", {}, "Files"),
          table(
            "Files of the run and their SHA-256",
            [
              { head: "File", cell: ([name]) => code(name) },
              { head: "SHA-256", cell: ([name, hash]) => copyable(hash, `the SHA-256 of ${name}`) },
            ],
            files,
          ),
        ]
      : null,
  );
}

export function measure_sections(data: MeasureData): HTMLElement[] {
  const { measures } = data;
  return [
    profile_section(measures),
    asking_section(measures),
    ranking_section(measures),
    doses_section(measures),
    differences_section(measures),
    items_section(measures),
    provenance(data),
  ].filter((one): one is HTMLElement => one !== null);
}
