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
    if (key === "schema" || key === "kind") return json;
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

/// A measurement whose every text is hostile, values and arms alike.
export function hostile_measure(folder) {
  const run = { ...spoil(read_measured("run.json")), files: { [attacks[0] + long_word]: attacks[1] + long_word } };
  return write_measure(folder, run, spoil(read_measured("measures.json")));
}

function write_measure(folder, run, measures) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/run.json`, JSON.stringify(run));
  writeFileSync(`${folder}/measures.json`, JSON.stringify(measures));
  return folder;
}

export const reason = "asked in one way alone";

/// People's answers to a battery without a circle, a sweep or a ranking, and little that could be computed.
export function plain_measure(folder) {
  const { model, weights, machine, files, ...run } = read_measured("run.json");
  const measures = read_measured("measures.json");
  const arm = measures.arms[0];
  arm.arm = measures.baseline = "people";
  arm.values = arm.values.map((one, i) => ({ ...one, score: i < 2 ? one.score : { reason: "fewer than two items" } }));
  arm.ranking = [];
  for (const [name, figure] of Object.entries(arm.robustness)) {
    if (typeof figure === "object" && name !== "reasons") arm.robustness[name] = { reason };
  }
  arm.robustness.unanswered = 3;
  arm.robustness.reasons = { refused: 2, "no such option": 1 };
  return write_measure(folder, { ...run, people: { respondents: 12 } }, {
    ...measures,
    circle: [],
    arms: [arm],
    differences: [],
    doses: [],
    how: { person: measures.answers },
    rows: measures.rows.slice(0, 3).map((row) => ({ ...row, number: { people: 0.5 }, flip: null, spread: null, invalid: null })),
  });
}

/// The most rows that a run keeps; the number of row i is (i * 7919 mod 5000) / 5000.
export function large_measure(folder) {
  const measures = read_measured("measures.json");
  const rows = Array.from({ length: 5000 }, (_, i) => ({
    ...measures.rows[i % measures.rows.length],
    item: `item-${String(i).padStart(4, "0")}`,
    number: { unsteered: ((i * 7919) % 5000) / 5000 },
  }));
  return write_measure(folder, read_measured("run.json"), { ...measures, rows, items: 5000 });
}

/// The sample with one field of its measures changed.
export function broken_measure(folder, change) {
  const measures = read_measured("measures.json");
  change(measures);
  return write_measure(folder, read_measured("run.json"), measures);
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
