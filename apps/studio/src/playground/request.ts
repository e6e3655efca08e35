// One question put to every column: the requests it takes.
import type { Arm, Message, Note } from "../api/types";
import { arms_of, type Settings } from "./settings";

export interface Answer {
  text: string;
  finish: string | null; // null while it comes; "stop", "length", "stopped here", "error"
  error?: string;
  note?: Note;
}

export interface Turn {
  question: string;
  arms: Arm[];
  answers: Partial<Record<Arm, Answer>>;
}

export interface Wish {
  arms: Arm[];
  body: Record<string, unknown>;
}

export function probe_of(settings: Settings): string {
  return settings.probe || (Object.keys(settings.steer)[0] ?? "");
}

/// The field `axia`; null when nothing is asked of it.
export function axia_field(settings: Settings, arms: readonly Arm[]): Record<string, unknown> | null {
  const steered = settings.plan !== "" || Object.keys(settings.steer).length > 0;
  const field: Record<string, unknown> = {};
  if (settings.plan !== "") field["plan"] = settings.plan;
  else if (steered) field["steer"] = settings.steer;
  if (steered) {
    for (const name of ["direction", "amount", "rows", "gate"] as const) if (settings[name] !== "") field[name] = settings[name];
    field["compare"] = arms;
  }
  if (settings.trace) {
    const probe = probe_of(settings);
    if (probe !== "") field["read"] = [probe];
    if (probe !== "" || steered) field["trace"] = true;
  }
  return Object.keys(field).length > 0 ? field : null;
}

function messages_for(settings: Settings, turns: readonly Turn[], arm: Arm, question: string): Message[] {
  const messages: Message[] = settings.system === "" ? [] : [{ role: "system", content: settings.system }];
  for (const turn of turns) {
    const answer = turn.answers[arm] ?? turn.answers.unsteered;
    if (!answer || answer.text === "") continue;
    messages.push({ role: "user", content: turn.question }, { role: "assistant", content: answer.text });
  }
  messages.push({ role: "user", content: question });
  return messages;
}

/// The first turn is one call for all columns; later ones have a history of their own each, so a call each.
export function wishes(settings: Settings, turns: readonly Turn[], question: string, model: string): Wish[] {
  const arms = arms_of(settings);
  const histories = new Map<string, { arms: Arm[]; messages: Message[] }>();
  for (const arm of arms) {
    const messages = messages_for(settings, turns, arm, question);
    const same = histories.get(JSON.stringify(messages));
    if (same) same.arms.push(arm);
    else histories.set(JSON.stringify(messages), { arms: [arm], messages });
  }
  return [...histories.values()].map((one) => {
    const axia = axia_field(settings, one.arms);
    return {
      arms: one.arms,
      body: {
        ...(model ? { model } : {}),
        messages: one.messages,
        temperature: settings.temperature,
        seed: settings.seed,
        max_tokens: settings.max_tokens,
        stream: true,
        ...(axia ? { axia } : {}),
      },
    };
  });
}
