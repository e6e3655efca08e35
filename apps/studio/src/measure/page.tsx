// Asking a battery of questions, and what came out: on the circle, along targets, runs side by side.
import "@report/style/measures.css";
import "../values/values.css";
import "./measure.css";
import { moment } from "@report/format";
import { differences_section } from "@report/measures/differences";
import { doses_section } from "@report/measures/doses";
import { profile_section } from "@report/measures/profile";
import { ranking_section } from "@report/measures/ranking";
import type { Measures } from "@report/measures/data";
import { useCallback, useEffect, useMemo, useState } from "react";
import { call, get, has_key, message_of } from "../api/client";
import { useJob } from "../api/job";
import { reload, useResource } from "../api/resource";
import type { RunInfo } from "../api/types";
import { Drawn, Notice, save_file } from "../shell/parts";
import { type NamedRun, side_by_side } from "./runs";
import { StartRun } from "./start";

const most_beside = 4;

function RunTable({ runs, chosen }: { runs: readonly RunInfo[]; chosen: readonly string[] }) {
  const [wrong, set_wrong] = useState("");
  // a box shows at once what was chosen; the address, and `chosen` with it, follow a moment later
  const [marked, set_marked] = useState(chosen);
  const address = chosen.join(",");
  useEffect(() => set_marked(address === "" ? [] : address.split(",")), [address]);
  const choose = (name: string, on: boolean): void => {
    const next = on ? [...marked, name].slice(-most_beside) : marked.filter((one) => one !== name);
    set_marked(next);
    location.hash = next.length > 0 ? `#/measure?runs=${next.map(encodeURIComponent).join(",")}` : "#/measure";
  };
  const report = async (name: string): Promise<void> => {
    try {
      save_file(`${name}.html`, "text/html", await (await call(`/axia/runs/${encodeURIComponent(name)}/report`)).text());
      set_wrong("");
    } catch (error) {
      set_wrong(`The report of ${name} could not be had: ${message_of(error)}.`);
    }
  };
  return (
    <>
      <div className="scroll" tabIndex={0} role="region" aria-label="Table of runs">
        <table>
          <caption className="unseen">Runs of this machine; choose up to {most_beside} to see them side by side</caption>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <th scope="col">Battery</th>
              <th scope="col">Plans</th>
              <th scope="col" className="numeric">
                Answers
              </th>
              <th scope="col">Made</th>
              <th scope="col">Report</th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => {
              const whole = run.state === "finished";
              return (
                <tr key={run.name}>
                  <th scope="row">
                    <label className="pick">
                      <input type="checkbox" checked={marked.includes(run.name)} disabled={!whole} onChange={(event) => choose(run.name, event.target.checked)} /> {run.name}
                    </label>
                    {!whole && <span className="item-text">{run.state}: start it again under this name and it goes on</span>}
                  </th>
                  <td>{run.battery}</td>
                  <td>
                    {run.plans?.map((plan) => (
                      <span key={plan.name} className="run-plan">
                        {plan.name} <code>{plan.hash.slice(0, 8)}</code>
                      </span>
                    ))}
                    {run.plans?.length === 0 && "none"}
                  </td>
                  <td className="numeric">{!whole && run.asked ? `${run.answers} of ${run.asked}` : run.answers}</td>
                  <td>{run.created ? moment(run.created) : ""}</td>
                  <td>
                    {run.report &&
                      (has_key() ? (
                        <button type="button" className="plain" aria-label={`Save the report of ${run.name}`} onClick={() => void report(run.name)}>
                          save
                        </button>
                      ) : (
                        <a href={`/axia/runs/${encodeURIComponent(run.name)}/report`} target="_blank" rel="noreferrer" aria-label={`Open the report of ${run.name} in a new tab`}>
                          open
                        </a>
                      ))}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {wrong && <Notice>{wrong}</Notice>}
    </>
  );
}

function Results({ names }: { names: readonly string[] }) {
  const [runs, set_runs] = useState<NamedRun[]>([]);
  const [wrong, set_wrong] = useState("");
  const key = names.join(",");
  useEffect(() => {
    const control = new AbortController();
    set_wrong("");
    void (async () => {
      try {
        const found = await Promise.all(
          key.split(",").map(async (name) => ({ name, measures: await get<Measures>(`/axia/runs/${encodeURIComponent(name)}`, control.signal) })),
        );
        set_runs(found);
      } catch (error) {
        if (!control.signal.aborted) set_wrong(message_of(error));
      }
    })();
    return () => control.abort();
  }, [key]);
  const together = useMemo(() => side_by_side(runs), [runs]);
  const make = useCallback((): Node | null => {
    if (!together) return null;
    const all = document.createElement("div");
    const sections = runs.length > 1 ? [profile_section(together)] : [profile_section(together), ranking_section(together), doses_section(together), differences_section(together)];
    all.append(...sections.filter((one): one is HTMLElement => one !== null));
    return all;
  }, [together, runs.length]);
  if (wrong) return <Notice>The run could not be read: {wrong}.</Notice>;
  return (
    <div className="results" aria-live="polite">
      {runs.length > 1 && !together && (
        <Notice>
          {runs.map((one) => one.name).join(" and ")} asked different batteries or scored them otherwise, so they cannot stand on one scale. Choose runs of one battery, or look at one of them.
        </Notice>
      )}
      <Drawn make={make} />
    </div>
  );
}

export default function MeasurePage({ query }: { query: URLSearchParams }) {
  const runs = useResource<{ runs: RunInfo[] }>("/axia/runs");
  const chosen = (query.get("runs") ?? "").split(",").filter((name) => name !== "");
  const job = useJob(() => reload("/axia/runs"));
  return (
    <div className="narrow measure-page">
      <h1>Measure</h1>
      <p className="lead">Ask a battery of questions and see what the model values, how surely, and how much of that is the way of asking.</p>
      <StartRun job={job} />
      <section aria-labelledby="runs-title">
        <h2 id="runs-title">Runs</h2>
        {runs.error && <Notice again={runs.reload}>The runs could not be read: {runs.error}.</Notice>}
        {runs.data?.runs.length === 0 && <p>There is none yet. Start one above; with a few items at most it takes a minute on a small model.</p>}
        {runs.data && runs.data.runs.length > 0 && <RunTable runs={runs.data.runs} chosen={chosen} />}
      </section>
      {chosen.length > 0 && <Results names={chosen} />}
    </div>
  );
}
