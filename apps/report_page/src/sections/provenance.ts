import type { Run, RunData } from "../data";
import { type Child, code, copyable, datum, h, p, section, table } from "../dom";
import { count, gibibytes, is_number, layer_list, moment, num, probability, trimmed } from "../format";
import { amount_words, context_words, direction_words, rows_words } from "../words";

export type Facts = [string, Child][];

export function facts(title: string, entries: Facts): HTMLElement | null {
  const known = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  if (known.length === 0) return null;
  return h(
    "div",
    { class: "facts" },
    h("h3", {}, title),
    h("dl", {}, known.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))),
  );
}

function plan_facts(data: RunData): HTMLElement | null {
  const { plan } = data;
  if (!plan) return null;
  const targets = plan.values.map((one) => {
    const rule = one.rule === "hold" ? "held" : one.rule === "at_most" ? "at most" : "at least";
    const odds = is_number(one.log_odds) ? `log-odds ${num(one.log_odds, 1)}, p ${probability(1 / (1 + Math.exp(-one.log_odds)))}` : "";
    const goal = plan.amount === "constant" ? `strength ${num(one.strength ?? 1)}` : odds;
    return h("div", {}, datum(one.value), rule === "held" ? ": held where it is" : `: ${plan.amount === "constant" ? "" : `${rule} `}${goal}`);
  });
  return facts("Plan", [
    ["Name", plan.name ? datum(plan.name) : null],
    ["Layers", layer_list(plan.layers)],
    ["Values", targets],
    ["Direction", plan.direction ? `${plan.direction}: ${direction_words(plan.direction)}` : null],
    ["Amount", plan.amount ? `${plan.amount}: ${amount_words(plan.amount)}${plan.below ? ", only below the target" : ""}` : null],
    ["Rows", plan.rows ? `${plan.rows}: ${rows_words(plan.rows)}` : null],
    ["Learnt from", plan.context ? `${plan.context}: ${context_words(plan.context)}` : null],
    ["Gate", plan.gate ? `${plan.gate}${plan.gate === "learned" && is_number(plan.alpha) ? `, opens by mistake at most ${num(plan.alpha * 100, 0)} times in 100` : ""}` : null],
    ["Hash", data.plan_hash ? copyable(data.plan_hash, "the hash of the plan") : null],
  ]);
}

export function model_facts(model: Run["model"], weights: Run["weights"]): HTMLElement | null {
  return facts("Model", [
    ["Name", datum(model.name)],
    ["Architecture", model.architecture ? datum(model.architecture) : null],
    ["Shape", is_number(model.layers) && is_number(model.width) ? `${count(model.layers)} layers, ${count(model.width)} wide` : null],
    ["SHA-256", copyable(model.sha256, "the SHA-256 of the model")],
    ["Weights used", weights ? datum(weights.format) : null],
    ["Their distance", weights && is_number(weights.mean_kl) ? `mean KL ${num(weights.mean_kl, 4)} nats per token to the file as downloaded` : null],
    ["Their speed", weights && is_number(weights.prompt_speedup) ? `${num(weights.prompt_speedup)} times that of the file as downloaded, on prompts` : null],
  ]);
}

export function machine_facts(machine: Run["machine"]): HTMLElement | null {
  return facts("Machine", [
    ["Processor", machine ? datum(machine.processor) : null],
    ["Cores", machine ? count(machine.cores) : null],
    ["Memory", machine ? gibibytes(machine.memory_bytes) : null],
  ]);
}

export function files_table(files: Run["files"]): Child {
  const rows = Object.entries(files ?? {});
  if (rows.length === 0) return null;
  return [
    h("h3", {}, "Files"),
    table(
      "Files of the run and their SHA-256",
      [
        { head: "File", cell: ([name]) => code(name) },
        { head: "SHA-256", cell: ([name, hash]) => copyable(hash, `the SHA-256 of ${name}`) },
      ],
      rows,
    ),
  ];
}

export function provenance_section(data: RunData): HTMLElement {
  const { run, vector, tune } = data;
  return section(
    "provenance",
    "Where it comes from",
    p("The same command on the same build, machine and seed gives the same numbers. This is everything it needs."),
    h("div", { class: "command" }, copyable(run.command, "the command line")),
    h(
      "div",
      { class: "fact-grid" },
      facts("Run", [
        ["Made", moment(run.created)],
        ["Value", datum(run.value)],
        ["Seed", String(run.seed)],
        ["axia", datum(run.axia_version)],
        ["libllama", datum(run.libllama)],
      ]),
      model_facts(run.model, run.weights),
      facts("Value vector", [
        ["Learnt from", vector?.data?.name ? datum(vector.data.name) : null],
        ["Pairs", vector && is_number(vector.data?.learn_pairs) ? `${count(vector.data.learn_pairs)} learnt, ${count(vector.data.heldout_pairs)} held out` : null],
        ["Data SHA-256", vector?.data?.sha256 ? copyable(vector.data.sha256, "the SHA-256 of the data") : null],
        ["Texts", vector ? `${vector.context}: ${context_words(vector.context)}` : null],
        ["Penalty C", is_number(vector?.C) ? trimmed(vector.C) : null],
        ["Seed", is_number(vector?.seed) ? String(vector.seed) : null],
        ["Operation", vector?.operation ? datum(vector.operation) : null],
        ["Tool", vector?.tool_version ? datum(vector.tool_version) : null],
      ]),
      plan_facts(data),
      facts("Tuning", [
        ["Budget", tune ? `${trimmed(tune.budget)} nats per token` : null],
        ["Tokens", tune ? `${count(tune.tokens)} of ${count(tune.token_budget)}` : null],
        ["Plan made", tune?.plan_hash ? copyable(tune.plan_hash, "the hash of the tuned plan") : null],
      ]),
      machine_facts(run.machine),
    ),
    files_table(run.files),
  );
}
