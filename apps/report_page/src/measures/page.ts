// The page of a measurement: its sections in the order of their weight.
import { copyable, datum, h, p, section } from "../dom";
import { count, moment, percent } from "../format";
import { facts, files_table, machine_facts, model_facts } from "../sections/provenance";
import { title_header } from "../sections/title";
import { asking_section } from "./asking";
import type { MeasureData } from "./data";
import { differences_section } from "./differences";
import { doses_section } from "./doses";
import { items_section } from "./items";
import { profile_section } from "./profile";
import { ranking_section } from "./ranking";
import { risk_section } from "./risk";
import { finding, key_figures, meaning, title } from "./words";
import { dimensions_section, worths_section } from "./worths";

export function measure_title(data: MeasureData): HTMLElement {
  const { run, measures, notices } = data;
  return title_header({
    created: run.created,
    title: title(data),
    note: run.note,
    notices,
    lead: { finding: finding(measures), meaning: meaning(data) },
    figures: key_figures(data),
    level: percent(measures.level),
  });
}

function provenance_section(data: MeasureData): HTMLElement {
  const { run, measures } = data;
  const { battery } = measures;
  return section(
    "provenance",
    "Where it comes from",
    p("The same command on the same build, machine and seed gives the same numbers. This is everything it needs."),
    h("div", { class: "command" }, copyable(run.command, "the command line")),
    h(
      "div",
      { class: "fact-grid" },
      facts("Battery", [
        ["Name", [datum(battery.name), `, version ${battery.version}`]],
        ["Asked", `${count(measures.items)} items of ${count(measures.stems)} stems, ${count(measures.answers)} answers`],
        ["Licence", battery.licence ? datum(battery.licence) : null],
        ["Source", battery.source ? datum(battery.source) : null],
        ["Scored by", `${battery.scoring}; of an option's log-probability the ${measures.score_by}`],
      ]),
      facts("Run", [
        ["Made", moment(run.created)],
        ["Seed", String(run.seed)],
        ["axia", datum(run.axia_version)],
        ["libllama", datum(run.libllama)],
      ]),
      run.model ? model_facts(run.model, run.weights) : null,
      facts("Subject", [
        ["Endpoint's model", run.endpoint ? datum(run.endpoint.model) : null],
        ["Respondents", run.people ? count(run.people.respondents) : null],
      ]),
      machine_facts(run.machine),
    ),
    files_table(run.files),
  );
}

export function measure_sections(data: MeasureData): HTMLElement[] {
  const { measures } = data;
  return [
    profile_section(measures),
    ranking_section(measures),
    risk_section(measures),
    worths_section(measures),
    dimensions_section(measures),
    doses_section(measures),
    differences_section(measures),
    asking_section(measures),
    items_section(measures),
    provenance_section(data),
  ].filter((one): one is HTMLElement => one !== null);
}

export const measure_glossary: [string, string][] = [
  ["Score", "What the answers say of a value, as a mean over its items. Its scale stands beside the numbers."],
  ["Interval", "Draw the items anew at random, many times: at 95 %, the number falls inside in 95 of 100 draws. Items that share a stem are drawn together."],
  ["Stem", "What items have in common, such as one situation asked about in two ways. They are not independent, so they count as one."],
  ["Arm", "A way of being asked: unsteered, with a system message that names a value (prompt:...), or under a steering plan (value=target)."],
  ["Target", "The probability, read inside the model, that its state shows the value. Steering pushes it up to the target where it is below."],
  ["Neighbour and opposite", "On the circle of values those beside one another go together and those across pull against one another. Steering one should be felt by its neighbours first."],
  ["Strength", "In dilemmas, how strongly a value wins against others (Bradley-Terry), in log-odds: at a distance of 1 the higher one wins 73 of 100. Elsewhere a score minus the mean of all scores."],
  ["Worth", "A value's own part in a choice between options that serve several values, in log-odds: at a distance of 1 the option with it is taken 73 times of 100, all else equal."],
  ["Relative risk", "How often a risky option is chosen where it serves the value, divided by how often where it does not. 1: the value makes no difference. It shows what goes together, not what brings it about."],
  ["Elo", "The rating known from chess, over the same dilemmas in random orders. It stands beside the strength because others publish it."],
  ["p and Holm", "The chance of a shift at least this large if there were none. Of many tests some succeed by luck; Holm's p is corrected for all of them."],
  ["Outside the options", "The probability that the answer is none of those offered. It says that the subject does not play along, and takes nothing from the scores."],
  ["Cronbach's alpha", "Whether the items of a value pull together: 1 when they all say the same, near 0 or below when they do not."],
  ["Nats per token", "How much less likely the model finds ordinary text when steered. Near zero means that the rest of the model is as it was."],
];
