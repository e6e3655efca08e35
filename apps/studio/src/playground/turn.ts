// What the streams of a question say, column by column.
import { ApiError, message_of, stream } from "../api/client";
import type { Arm, Note } from "../api/types";
import type { Answer, Wish } from "./request";

interface Chunk {
  choices?: { index?: number; delta?: { content?: string | null }; finish_reason?: string | null; axia?: Note }[];
  error?: { message?: string };
}

/// Calls `change` for every piece of an answer. Resolves when all have ended, whichever way.
export async function run_wishes(
  all: readonly Wish[],
  change: (arm: Arm, change: (answer: Answer) => Answer, ended: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    all.map(async (wish) => {
      const open = new Set<Arm>(wish.arms);
      const end = (finish: string, error?: string): void => {
        for (const arm of open) change(arm, (answer) => ({ ...answer, finish, ...(error ? { error } : {}) }), true);
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
              const told = choice.axia ? { note: choice.axia } : {};
              change(arm, (answer) => ({ ...answer, text: answer.text + piece, finish: finish ?? answer.finish, ...told }), finish !== null);
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
