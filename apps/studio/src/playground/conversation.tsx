// Questions and, below each, one answer per column.
import { useMemo, useState } from "react";
import type { Arm, ModelInfo } from "../api/types";
import { Choice } from "../shell/parts";
import { differing_count, differing_words } from "./diff";
import { Heat } from "./heat";
import { arm_names } from "./settings";
import type { Answer, Turn } from "./request";

export type View = "words" | "probe" | "plain";

const endings: Record<string, string> = {
  length: "cut at the most tokens allowed",
  "stopped here": "stopped",
  "from a link": "from a link: not made again here",
};

function Notes({ answer, arm }: { answer: Answer; arm: Arm }) {
  const { note } = answer;
  const parts: string[] = [];
  if (answer.finish && endings[answer.finish]) parts.push(endings[answer.finish]!);
  if (note && arm.includes("steered") && arm !== "unsteered") {
    if (note.gate && !note.gate.open) parts.push("gate closed: this request is not about the value, nothing was steered");
    else if (note.rows_shifted === 0) parts.push("no row had to be moved: all read the target already");
    else if (note.rows_shifted) parts.push(`${note.rows_shifted} shifts, over rows and layers`);
    if (note.plan && note.plan !== "none") parts.push(`plan ${note.plan.slice(0, 8)}`);
  }
  return parts.length > 0 ? <p className="note">{parts.join("; ")}</p> : null;
}

interface ColumnProps {
  turn: Turn;
  arm: Arm;
  view: View;
  probe: string;
  layer: number | null;
}

function Column({ turn, arm, view, probe, layer }: ColumnProps) {
  const answer = turn.answers[arm];
  const base = turn.answers.unsteered;
  const compared = view === "words" && arm !== "unsteered" && answer?.finish != null && base?.finish != null && !answer.error;
  const pieces = useMemo(() => (compared ? differing_words(base!.text, answer!.text) : null), [compared, base, answer]);
  const told = pieces && differing_count(pieces);
  const trace = answer?.note?.trace;
  return (
    <article className={`answer ${arm === "unsteered" ? "" : "steered"}`} aria-label={arm_names[arm]} aria-busy={answer?.finish == null}>
      <h3>{arm_names[arm]}</h3>
      {answer?.error ? (
        <>
          {answer.text && <p className="text">{answer.text}</p>}
          <p className="wrong" role="alert">
            {answer.error}
          </p>
        </>
      ) : view === "probe" && trace ? (
        <Heat trace={trace} value={trace.values.includes(probe) ? probe : (trace.values[0] ?? probe)} layer={layer} name={arm_names[arm]} />
      ) : (
        <p className="text">
          {pieces
            ? pieces.map((piece, i) => (piece.differs ? <mark key={i}>{piece.text}</mark> : <span key={i}>{piece.text}</span>))
            : answer?.text}
          {answer?.finish == null && <span className="cursor" aria-hidden="true" />}
        </p>
      )}
      {told && <p className="note">{told.differ === 0 ? "the same words as unsteered" : `${told.differ} of ${told.all} words differ from unsteered`}</p>}
      {answer && <Notes answer={answer} arm={arm} />}
    </article>
  );
}

interface ConversationProps {
  turns: readonly Turn[];
  probe: string;
  model: ModelInfo | null;
}

export function Conversation({ turns, probe }: ConversationProps) {
  const [view, set_view] = useState<View>("words");
  const [layer, set_layer] = useState<number | null>(null);
  const traces = turns.flatMap((turn) => turn.arms.flatMap((arm) => turn.answers[arm]?.note?.trace ?? []));
  const layers = traces[0]?.layers ?? [];
  const values = traces[0]?.values ?? [];
  const read = values.includes(probe) ? probe : (values[0] ?? probe);
  if (turns.length === 0) return null;
  return (
    <div className="conversation">
      <div className="view-choice">
        <Choice
          label="Show"
          value={view}
          change={(now) => set_view(now as View)}
          options={[
            ["words", "words that differ from unsteered"],
            ["probe", "what the probe reads, token by token"],
            ["plain", "plain text"],
          ]}
        />
        {view === "probe" && layers.length > 0 && (
          <>
            <Choice
              label="Layer"
              value={layer === null ? "" : String(layer)}
              change={(now) => set_layer(now === "" ? null : Number(now))}
              options={[["", "mean over layers"], ...layers.map((one): [string, string] => [String(one), `layer ${one}`])]}
            />
            <p className="scale">
              <span className="unseen">Colours: probability that the state shows {read}, from </span>0 <span className="ramp" aria-hidden="true" /> 1 <span>p of {read}</span>
            </p>
          </>
        )}
      </div>
      {view === "probe" && traces.length === 0 && <p className="note">Nothing was read along these answers. Choose a value to read on the left, then ask again.</p>}
      {turns.map((turn, i) => (
        <section className="turn" key={i} aria-label={`Question ${i + 1}`}>
          <h2 className="question">{turn.question}</h2>
          <div className={`columns of-${turn.arms.length}`}>
            {turn.arms.map((arm) => (
              <Column key={arm} turn={turn} arm={arm} view={view} probe={read} layer={layer} />
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}
