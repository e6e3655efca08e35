// One question put to every column: the requests it takes, and what their streams say.
import { ApiError, message_of, stream } from "../api/client";
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

interface Chunk {
  choices?: { index?: number; delta?: { content?: string | null }; finish_reason?: string | null; axia?: Note }[];
  error?: { message?: string };
}

/// Calls `change` for every piece of an answer. Resolves when all have ended, whichever way.
export async function run_wishes(
  all: readonly Wish[],
  change: (arm: Arm, change: (answer: Answer) => Answer) => void,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    all.map(async (wish) => {
      const open = new Set<Arm>(wish.arms);
      const end = (finish: string, error?: string): void => {
        for (const arm of open) change(arm, (answer) => ({ ...answer, finish, ...(error ? { error } : {}) }));
        open.clear();
      };
      try {
        for await (const event of stream("/v1/chat/completions", { body: wish.body, signal })) {
          if (event.data === "[DONE]") break;
          const chunk = JSON.parse(event.data) as Chunk;
          if (chunk.error) throw new ApiError(500, chunk.error.message ?? "the answer broke off");
          for (const choice of chunk.choices ?? []) {
            const arm = wish.arms[choice.index ?? 0];
            if (!arm) continue;
            const piece = choice.delta?.content ?? "";
            const finish = choice.finish_reason ?? null;
            if (finish) open.delete(arm);
            if (piece || finish || choice.axia) {
              change(arm, (answer) => ({
                ...answer,
                text: answer.text + piece,
                finish: finish ?? answer.finish,
                ...(choice.axia ? { note: choice.axia } : {}),
              }));
            }
          }
        }
        end("error", "the answer broke off: the connection ended early");
      } catch (error) {
        if (signal.aborted) end("stopped here");
        else end("error", message_of(error));
      }
    }),
  );
}
