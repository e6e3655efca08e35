// Learning a value: of the system with its own pairs, or a new one from pairs uploaded or typed in.
import { useState } from "react";
import { FileTrigger, Button } from "react-aria-components";
import { message_of, post } from "../api/client";
import { is_over, useJob } from "../api/job";
import { reload } from "../api/resource";
import type { Value } from "../api/types";
import { JobView } from "../shell/job_view";
import { Notice } from "../shell/parts";
import { AboutFields } from "./about";
import { type About, about_request, nothing_said } from "./own";
import { type Check, check_in_words, type Pair, pairs_from_file } from "./pairs";

const empty: Pair = { scene: "", positive: "", negative: "" };
const most_rows = 40;

function learnt(): void {
  reload("/axia/values", "/axia/vectors", "/axia/plans");
}

/// A value whose pairs are there: shipped with the system, or brought before.
export function LearnKnown({ value, title, own, again }: { value: string; title: string; own: boolean; again: boolean }) {
  const job = useJob(learnt);
  return (
    <div>
      <p className="actions">
        <button type="button" className={`button${again ? "" : " main"}`} disabled={job.job !== null && !is_over(job.job)} onClick={() => void job.start({ kind: "learn", value })}>
          {again ? `Learn ${title} again` : `Learn ${title}`}
        </button>
        <span className="note">from the pairs that {own ? "you brought" : "come with axia"}; some seconds on a small model</span>
      </p>
      <JobView followed={job} what={`Learning ${title}`} />
    </div>
  );
}

function Told({ check }: { check: Check }) {
  return (
    <div className={check.problems.length > 0 ? "notice" : "told"}>
      {check.problems.length > 0 && (
        <>
          <p>A vector learnt from these pairs would learn this too, and what it then does could not be told from the value. Better put it right first:</p>
          <ul>
            {check.problems.slice(0, 12).map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
          {check.problems.length > 12 && <p>and {check.problems.length - 12} more.</p>}
        </>
      )}
      <ul>
        {check.told.map((line) => (
          <li key={line}>{line}</li>
        ))}
        {check.warnings.slice(0, 8).map((line) => (
          <li key={line}>Look at: {line}</li>
        ))}
      </ul>
    </div>
  );
}

export function LearnNew({ wished, values }: { wished: string; values: readonly Value[] }) {
  const [name, set_name] = useState(wished);
  const [pairs, set_pairs] = useState<Pair[]>([empty, empty, empty]);
  const [about, set_about] = useState<About>(nothing_said);
  const [uploaded, set_uploaded] = useState<{ name: string; pairs: Pair[] } | null>(null);
  const [wrong, set_wrong] = useState<string[]>([]);
  const [check, set_check] = useState<Check | null>(null);
  const [busy, set_busy] = useState(false);
  const job = useJob(learnt);
  const all = uploaded?.pairs ?? pairs.filter((pair) => pair.positive.trim() !== "" || pair.negative.trim() !== "");
  const change = (at: number, field: keyof Pair, text: string): void => {
    set_check(null);
    set_pairs((now) => now.map((pair, i) => (i === at ? { ...pair, [field]: text } : pair)));
  };
  const look = async (): Promise<void> => {
    set_busy(true);
    set_wrong([]);
    try {
      set_check(check_in_words(await post("/axia/check", { value: name.trim(), pairs: all })));
    } catch (error) {
      set_check(null);
      set_wrong([message_of(error)]);
    }
    set_busy(false);
  };
  const ready = name.trim() !== "" && all.length > 0;
  return (
    <div className="learn-new">
      <p>
        A pair is two replies to the same scene that differ in the value alone: same length, same mood, the other side moved by something else. Twenty pairs show something, eighty are better; a fifth is
        held out to test.
      </p>
      <div className="field short">
        <label htmlFor="new-name">Name of the value</label>
        <input id="new-name" type="text" value={name} maxLength={60} onChange={(event) => (set_name(event.target.value), set_check(null))} />
      </div>
      <AboutFields about={about} change={(part) => set_about((now) => ({ ...now, ...part }))} values={values} />
      <p className="actions">
        <FileTrigger
          acceptedFileTypes={[".jsonl", ".csv", "text/csv", "application/jsonl", "application/json"]}
          onSelect={(files) => {
            const file = files?.item(0);
            if (!file) return;
            void file.text().then((text) => {
              const read = pairs_from_file(text, file.name);
              set_wrong(read.wrong);
              set_check(null);
              set_uploaded(read.pairs.length > 0 ? { name: file.name, pairs: read.pairs } : null);
            });
          }}
        >
          <Button className="button small">Take pairs from a file</Button>
        </FileTrigger>
        <span className="note">
          {uploaded ? `${uploaded.pairs.length} pairs from ${uploaded.name}` : "JSONL or CSV with the fields positive, negative and, if you have it, scene"}
          {uploaded && (
            <button type="button" className="plain" onClick={() => (set_uploaded(null), set_check(null))}>
              type them instead
            </button>
          )}
        </span>
      </p>
      {wrong.length > 0 && (
        <Notice>
          {wrong.slice(0, 5).join(". ")}
          {wrong.length > 5 ? `, and ${wrong.length - 5} more.` : ""}
        </Notice>
      )}
      {!uploaded && (
        <>
          <div className="scroll" tabIndex={0} role="region" aria-label="Pairs to learn from">
            <table className="pair-table">
              <caption className="unseen">Pairs to learn from, one a row</caption>
              <thead>
                <tr>
                  <th scope="col">Pair</th>
                  <th scope="col">Scene, if there is one</th>
                  <th scope="col">Moved by the value</th>
                  <th scope="col">Moved by something else</th>
                </tr>
              </thead>
              <tbody>
                {pairs.map((pair, i) => (
                  <tr key={i}>
                    <th scope="row">{i + 1}</th>
                    {(["scene", "positive", "negative"] as const).map((field) => (
                      <td key={field}>
                        <textarea rows={2} aria-label={`Pair ${i + 1}: ${field}`} value={pair[field]} maxLength={4000} onChange={(event) => change(i, field, event.target.value)} />
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className="actions">
            <button type="button" className="button small" disabled={pairs.length >= most_rows} onClick={() => set_pairs((now) => [...now, empty])}>
              Add a pair
            </button>
            {pairs.length >= most_rows && <span className="note">For more than {most_rows} pairs a file is the better way.</span>}
          </p>
        </>
      )}
      <p className="actions">
        <button type="button" className="button" disabled={!ready || busy} onClick={() => void look()}>
          Check the pairs
        </button>
        <button
          type="button"
          className="button main"
          disabled={!ready || check === null || (job.job !== null && !is_over(job.job))}
          onClick={() => void job.start({ kind: "learn", value: name.trim(), pairs: all, ...(values.some((one) => one.name === name.trim() && !one.own) ? {} : { about: about_request(about) }) })}
        >
          Learn {name.trim() || "it"}
          {check && check.problems.length > 0 ? " all the same" : ""}
        </button>
        {ready && check === null && <span className="note">The check comes first; nothing is stored by it.</span>}
      </p>
      <div aria-live="polite">{check && <Told check={check} />}</div>
      <JobView followed={job} what={`Learning ${name.trim()}`} />
    </div>
  );
}
