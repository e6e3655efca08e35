import type { Answer, RunData } from "../data";
import { absent, datum, fold, h, p, section, table } from "../dom";
import { counted, is_number, num, percent, probability } from "../format";
import { arm_words } from "../words";

function gate_line(gate: NonNullable<Answer["gate"]>): HTMLElement {
  const place = `score ${num(gate.score)}, threshold ${is_number(gate.threshold) ? num(gate.threshold) : "out of reach"}`;
  return h(
    "p",
    { class: "gate" },
    gate.open ? `Gate open: the request is about the value (${place}).` : `Gate closed: the plan was not applied (${place}).`,
  );
}

function card(answer: Answer, question: number): HTMLElement {
  const words = arm_words(answer.arm);
  return h(
    "article",
    { class: answer.arm === "plan" ? "answer steered" : "answer", "aria-label": `${words.name}, question ${question}` },
    h("h4", {}, datum(words.name)),
    answer.text.trim() === ""
      ? h("p", { class: "absent" }, "The model said nothing.")
      : h("blockquote", { dir: "auto" }, answer.text),
    answer.finish === "length"
      ? h("p", { class: "gate" }, is_number(answer.tokens) ? `Cut off after ${counted(answer.tokens, "token")}.` : "Cut off at its longest.")
      : null,
    answer.gate ? gate_line(answer.gate) : null,
    answer.trace && answer.trace.length > 0
      ? fold(
          `What was pushed, ${answer.trace.length} ${answer.trace.length === 1 ? "layer" : "layers"}`,
          table(
            `${words.name}: readings and pushes, question ${question}`,
            [
              { head: "Layer", numeric: true, cell: (row) => String(row.layer) },
              { head: "Value", cell: (row) => datum(row.value) },
              { head: "p before", numeric: true, cell: (row) => probability(row.p_before) },
              { head: "p after", numeric: true, cell: (row) => probability(row.p_after) },
              { head: "Push d", numeric: true, cell: (row) => num(row.d) },
              { head: "Push", unit: "of the state's length", numeric: true, cell: (row) => percent(row.shift_share, 1) },
            ],
            answer.trace,
          ),
        )
      : null,
  );
}

export function answers_section(data: RunData): HTMLElement {
  const id = "answers";
  const heading = "In its own words";
  const questions = data.answers?.questions ?? [];
  if (questions.length === 0) {
    return absent(id, heading, "This run has no answers.json, so there is nothing to read side by side. axia ask with --compare makes answers.");
  }
  return section(
    id,
    heading,
    p(
      "The same question, answered by each arm. Single answers show the manner of a change, not its size; for the size, see the effects above. The text is the model's, unedited.",
    ),
    questions.map((item, i) =>
      h(
        "div",
        { class: "question" },
        h("h3", { dir: "auto" }, item.question),
        h("div", { class: "cards" }, item.arms.map((answer) => card(answer, i + 1))),
      ),
    ),
  );
}
