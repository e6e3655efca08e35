// Runs made from the sample: with hostile and endless words, and with almost nothing.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const sample = fileURLToPath(new URL("./sample_run/", import.meta.url));

const attacks = [
  "</script><script>window.pwned = 1</script>",
  "<img src=x onerror='window.pwned = 2'>",
  "<svg onload=window.pwned=3>",
  "<iframe src='javascript:window.pwned=4'></iframe>",
  "<style>* { display: none !important }</style>",
  "<a href='javascript:window.pwned=5'>x</a><!--",
  "\u202eright to left\u202d\u2028\u2029\u0000 {{7*7}} ${window.pwned=6} &lt;b&gt;",
];
export const long_word = "W".repeat(700);
export const hostile_answer = attacks.join("\n") + "\n" + long_word;

export const measured = fileURLToPath(new URL("./sample_measure/", import.meta.url));

export function read_measured(name) {
  return JSON.parse(readFileSync(measured + name, "utf8"));
}

export function read(name) {
  return JSON.parse(readFileSync(sample + name, "utf8"));
}

/// Every text of a value replaced, but for those that files must have.
function spoil(json, key = "") {
  if (typeof json === "string") {
    if (key === "schema") return json;
    if (key === "text" || key === "question") return hostile_answer;
    return attacks[json.length % attacks.length] + long_word.slice(0, 300) + json;
  }
  if (Array.isArray(json)) return json.map((entry) => spoil(entry, key));
  if (json && typeof json === "object") {
    return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, spoil(value, name)]));
  }
  return json;
}

export function hostile_run(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(sample)) {
    const run = spoil(read(name));
    if (name === "run.json") run.files = { [attacks[0] + long_word]: attacks[1] + long_word };
    if (name === "check.json") {
      run.values[0].problems = [attacks[0] + long_word, attacks[1]];
      run.problem_count = 2;
    }
    writeFileSync(`${folder}/${name}`, JSON.stringify(run));
  }
  return folder;
}

/// A measurement whose every text but the kind is hostile, values and arms alike.
export function hostile_measure(folder) {
  mkdirSync(folder, { recursive: true });
  const run = spoil(read_measured("run.json"));
  run.kind = "measure";
  run.files = { [attacks[0] + long_word]: attacks[1] + long_word };
  writeFileSync(`${folder}/run.json`, JSON.stringify(run));
  writeFileSync(`${folder}/measures.json`, JSON.stringify(spoil(read_measured("measures.json"))));
  return folder;
}

/// run.json alone.
export function bare_run(folder) {
  mkdirSync(folder, { recursive: true });
  const run = read("run.json");
  delete run.weights;
  delete run.machine;
  delete run.files;
  delete run.note;
  writeFileSync(`${folder}/run.json`, JSON.stringify(run));
  return folder;
}

/// Every measure that may be missing is missing, and the effect is not certain.
export function sparse_run(folder) {
  mkdirSync(folder, { recursive: true });
  const vector = read("vector.json");
  vector.layers = vector.layers.map(({ layer }) => ({ layer, paired_accuracy: null, paired_ci: null }));
  vector.gate = null;
  const effect = read("effect.json");
  effect.arms = effect.arms.map(({ arm, effect: size }) => ({ arm, effect: size, ci: [size - 0.5, size + 0.5] }));
  effect.trace = [];
  effect.caa = null;
  effect.left_out = { "plan+hold": "nothing else is learnt" };
  const tune = read("tune.json");
  tune.candidates = [{ ...tune.candidates[0], effect_se: null, on_frontier: false, chosen: false }];
  tune.chosen = null;
  const check = read("check.json");
  check.values[0].cues = [];
  for (const [name, json] of Object.entries({ run: read("run.json"), vector, effect, tune, check, answers: { schema: "axia.answers", version: 1, questions: [] } })) {
    writeFileSync(`${folder}/${name}.json`, JSON.stringify(json));
  }
  return folder;
}
