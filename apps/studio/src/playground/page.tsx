// One question, several columns: the model as it is beside the model held to values.
import { useCallback, useEffect, useRef, useState } from "react";
import { message_of } from "../api/client";
import { useResource } from "../api/resource";
import type { Arm, ModelInfo } from "../api/types";
import { Notice } from "../shell/parts";
import { Conversation } from "./conversation";
import { unpack_link } from "./link";
import { Panel } from "./panel";
import type { Preset } from "./presets";
import { arm_names, arms_of, type Settings, settings_from } from "./settings";
import { Presets, Taking } from "./shelf";
import { type Answer, probe_of, type Turn, wishes } from "./request";
import { run_wishes } from "./turn";

const waiting: Answer = { text: "", finish: null };

/// Answers change many times a frame; the page is drawn once a frame, and at an answer's end at once.
function useTurns(): [Turn[], (change: (turns: Turn[]) => Turn[], at_once?: boolean) => void] {
  const [turns, set_turns] = useState<Turn[]>([]);
  const now = useRef<Turn[]>([]);
  const frame = useRef(0);
  const change = useCallback((make: (turns: Turn[]) => Turn[], at_once = false) => {
    now.current = make(now.current);
    if (at_once) {
      cancelAnimationFrame(frame.current);
      frame.current = 0;
      set_turns(now.current);
      return;
    }
    frame.current ||= requestAnimationFrame(() => {
      frame.current = 0;
      set_turns(now.current);
    });
  }, []);
  return [turns, change];
}

export function PlaygroundPage({ query }: { query: URLSearchParams | null }) {
  const model = useResource<ModelInfo>("/axia/model");
  const [settings, set_settings] = useState<Settings>(() => settings_from({}));
  const [turns, change_turns] = useTurns();
  const [question, set_question] = useState("");
  const [running, set_running] = useState<AbortController | null>(null);
  const [said, set_said] = useState("");
  const [wrong, set_wrong] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);

  const link = query?.toString() ?? "";
  useEffect(() => {
    const from = new URLSearchParams(link);
    unpack_link(from)
      .then((shared) => {
        const plan = from.get("plan");
        if (plan) set_settings((now) => ({ ...now, plan }));
        if (!shared) return;
        set_settings(shared.settings);
        change_turns(() => shared.turns);
        set_wrong("");
      })
      .catch((error: unknown) => set_wrong(message_of(error)));
  }, [link, change_turns]);

  const arms = arms_of(settings);
  const ask = async (text: string, before: Turn[]): Promise<void> => {
    const all = wishes(settings, before, text, "");
    const turn: Turn = { question: text, arms, answers: Object.fromEntries(arms.map((arm) => [arm, waiting])) };
    const at = before.length;
    const control = new AbortController();
    set_running(control);
    set_wrong("");
    set_said(`Answering in ${arms.length} ${arms.length === 1 ? "column" : "columns"}.`);
    change_turns(() => [...before, turn]);
    const change = (arm: Arm, make: (answer: Answer) => Answer, ended: boolean): void =>
      change_turns((now) => now.map((one, i) => (i === at ? { ...one, answers: { ...one.answers, [arm]: make(one.answers[arm] ?? waiting) } } : one)), ended);
    await run_wishes(all, change, control.signal);
    set_running(null);
    set_said(control.signal.aborted ? "Stopped." : `Answered: ${arms.map((arm) => arm_names[arm]).join(", ")}.`);
    box.current?.focus({ preventScroll: true });
  };
  const send = (): void => {
    const text = question.trim();
    if (text === "" || running) return;
    set_question("");
    void ask(text, turns);
  };
  const use = (preset: Preset): void => {
    set_settings(settings_from(preset.settings));
    change_turns(() => []);
    set_question(preset.question);
    box.current?.focus();
  };
  const shelf = { settings, turns, question, model: model.data, use };
  const none = arms.length === 1 && arms[0] === "unsteered";
  return (
    <div className="playground">
      <h1 className="unseen">Playground</h1>
      <Panel settings={settings} change={(change) => set_settings((now) => ({ ...now, ...change }))} />
      <div className="stage-side">
        {wrong && <Notice>{wrong}</Notice>}
        {turns.length === 0 && (
          <div className="welcome">
            <h2>Ask once, see it side by side</h2>
            <p>
              Turn a value up or down and ask something. The same question goes to the model as it is and to the model held to the value, with the same seed; what differs is marked.
            </p>
          </div>
        )}
        <Conversation turns={turns} probe={probe_of(settings)} model={model.data} />
        <form
          className="composer"
          onSubmit={(event) => {
            event.preventDefault();
            send();
          }}
        >
          <label htmlFor="question">{turns.length === 0 ? "Question" : "Next question; every column goes on from its own answer"}</label>
          <textarea
            id="question"
            ref={box}
            rows={3}
            value={question}
            onChange={(event) => set_question(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
                event.preventDefault();
                send();
              }
            }}
          />
          <p className="actions">
            {running ? (
              <button type="button" className="button main" onClick={() => running.abort()}>
                Stop
              </button>
            ) : (
              <button type="submit" className="button main" disabled={question.trim() === ""}>
                Ask
              </button>
            )}
            {turns.length > 0 && !running && (
              <>
                <button type="button" className="button" onClick={() => void ask(turns.at(-1)!.question, turns.slice(0, -1))}>
                  Ask the last one again
                </button>
                <button type="button" className="button" onClick={() => change_turns(() => [])}>
                  Start anew
                </button>
              </>
            )}
            <span className="note" role="status">
              {said}
            </span>
          </p>
          {none && <p className="note">No value is on, so there is one column. Turn a value up or down to see a second one beside it.</p>}
        </form>
        <Presets {...shelf} />
        <Taking {...shelf} />
      </div>
    </div>
  );
}
