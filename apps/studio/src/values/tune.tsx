// Looking for the plan with the largest effect within a cost, drawn while it runs.
import { useCallback, useState } from "react";
import { is_over, useJob } from "../api/job";
import { reload, useResource } from "../api/resource";
import type { FrontierPoint } from "../api/types";
import { JobView } from "../shell/job_view";
import { Drawn } from "../shell/parts";
import { frontier_chart } from "./charts";

export function Tune({ value, title, has_plan }: { value: string; title: string; has_plan: boolean }) {
  const path = `/axia/plans/${encodeURIComponent(value)}`;
  const stored = useResource<{ frontier?: FrontierPoint[] }>(has_plan ? path : null);
  const [budget, set_budget] = useState("0.05");
  const job = useJob(() => reload("/axia/plans"));
  const running = job.job !== null && !is_over(job.job);
  const cost = Number(budget);
  const wrong = !(cost > 0 && cost <= 1);
  const live = job.points.length > 0 && (running || !stored.data?.frontier?.length);
  const points = live ? job.points : (stored.data?.frontier ?? []);
  const key = JSON.stringify(points);
  const make = useCallback(() => frontier_chart(title, JSON.parse(key) as FrontierPoint[], wrong ? null : cost), [title, key, cost, wrong]);
  return (
    <div>
      <p>
        The tuner tries directions, layers and amounts on the learning pairs and keeps what moves the model furthest while neutral text gets no less likely than the cost you allow. Up and to the left is
        better.
      </p>
      <form
        className="line"
        onSubmit={(event) => {
          event.preventDefault();
          if (!wrong) void job.start({ kind: "tune", value, budget: cost });
        }}
      >
        <label htmlFor="budget">Cost allowed, nats per token</label>
        <input id="budget" type="text" inputMode="decimal" size={6} value={budget} aria-invalid={wrong || undefined} onChange={(event) => set_budget(event.target.value)} />
        <button type="submit" className="button" disabled={running || wrong}>
          {has_plan ? `Tune ${title} again` : `Tune ${title}`}
        </button>
        <span className="note">{wrong ? "A number above 0 and at most 1." : "minutes on a small model; it may be cancelled and goes on later"}</span>
      </form>
      <JobView followed={job} what={`Tuning ${title}`} />
      {points.length > 0 && (
        <>
          <Drawn make={make} />
          <p className="note">
            These numbers are from the pairs the tuner works on; the best of many looks a little better here than it is. Measure the plan on held-out pairs before you trust it.
          </p>
        </>
      )}
      {has_plan && (
        <p>
          <a href={`#/playground?plan=${encodeURIComponent(value)}`}>Try the plan in the playground</a>
        </p>
      )}
    </div>
  );
}
