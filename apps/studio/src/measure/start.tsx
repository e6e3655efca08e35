// What to ask of the model, and under what.
import { useState } from "react";
import { Checkbox, CheckboxGroup, Label } from "react-aria-components";
import { type FollowedJob, is_over } from "../api/job";
import { useResource } from "../api/resource";
import type { Battery, ModelInfo, PlanInfo, ValueList } from "../api/types";
import { JobView } from "../shell/job_view";
import { Choice, Notice } from "../shell/parts";
import { measure_request, type MeasureWish } from "./runs";

const first_wish: MeasureWish = { battery: "", way: "none", value: "", targets: "0.9, 0.99", plans: [], prompts: 5, limit: "", run: "" };

function TextChoice({ id, label, value, change, note }: { id: string; label: string; value: string; change: (value: string) => void; note: string }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} type="text" value={value} aria-describedby={`${id}-note`} onChange={(event) => change(event.target.value)} />
      <p className="note" id={`${id}-note`}>
        {note}
      </p>
    </div>
  );
}

export function StartRun({ job }: { job: FollowedJob }) {
  const batteries = useResource<{ batteries: Battery[] }>("/axia/batteries");
  const plans = useResource<{ plans: PlanInfo[] }>("/axia/plans");
  const values = useResource<ValueList>("/axia/values");
  const model = useResource<ModelInfo>("/axia/model");
  const [wish, set_wish] = useState(first_wish);
  const [tried, set_tried] = useState(false);
  const change = (part: Partial<MeasureWish>): void => set_wish((now) => ({ ...now, ...part }));
  const learnt = (values.data?.values ?? []).filter((value) => value.learnt);
  const full: MeasureWish = { ...wish, battery: wish.battery || (batteries.data?.batteries[0]?.name ?? ""), value: wish.value || (learnt[0]?.name ?? "") };
  const battery = batteries.data?.batteries.find((one) => one.name === full.battery);
  const request = measure_request(full);
  const running = job.job !== null && !is_over(job.job);
  return (
    <form
      className="start-run"
      onSubmit={(event) => {
        event.preventDefault();
        set_tried(true);
        if (typeof request !== "string") void job.start(request);
      }}
    >
      {batteries.error && <Notice again={batteries.reload}>The batteries could not be read: {batteries.error}.</Notice>}
      <div className="grid-fields">
        <Choice
          label="Battery"
          value={full.battery}
          change={(name) => change({ battery: name })}
          options={(batteries.data?.batteries ?? []).map((one): [string, string] => [one.name, one.title ?? one.name])}
          note={battery ? `${battery.items ?? "?"} items${battery.kinds ? `, ${battery.kinds.join(" and ")}` : ""}; licence ${battery.licence ?? "not said"}` : " "}
        />
        <Choice label="Model" value="served" change={() => undefined} options={[["served", model.data?.name ?? "the one served here"]]} note="the one this server holds" />
        <Choice
          label="Beside the unsteered model"
          value={wish.way}
          change={(way) => change({ way: way as MeasureWish["way"] })}
          options={[
            ["none", "nothing"],
            ["sweep", "a value held to rising targets"],
            ["plans", "stored plans"],
          ]}
          note="every arm is asked the same items"
        />
        {wish.way === "sweep" && (
          <>
            <Choice label="Value" value={full.value} change={(value) => change({ value })} options={learnt.map((one): [string, string] => [one.name, one.title ?? one.name])} note="only learnt ones can be held" />
            <TextChoice id="targets" label="Targets" value={wish.targets} change={(targets) => change({ targets })} note="probabilities p0, with commas" />
          </>
        )}
        <Choice
          label="Wordings of each item"
          value={String(wish.prompts)}
          change={(prompts) => change({ prompts: Number(prompts) })}
          options={[1, 2, 3, 4, 5].map((n): [string, string] => [String(n), String(n)])}
          note="more tell how much is the way of asking"
        />
        <TextChoice id="limit" label="Items at most" value={wish.limit} change={(limit) => change({ limit })} note="empty: all of them" />
        <TextChoice id="run-name" label="Name of the run" value={wish.run} change={(run) => change({ run })} note="empty: one is made" />
      </div>
      {wish.way === "plans" && (
        <CheckboxGroup value={wish.plans} onChange={(chosen) => change({ plans: chosen })}>
          <Label className="legend-like">Plans</Label>
          {(plans.data?.plans ?? []).map((plan) => (
            <Checkbox key={plan.name} value={plan.name} className="check">
              <span className="box" aria-hidden="true" />
              <span>{plan.name}</span>
            </Checkbox>
          ))}
          {plans.data?.plans.length === 0 && (
            <p className="note">
              There is none yet: <a href="#/values">tune a value</a> first.
            </p>
          )}
        </CheckboxGroup>
      )}
      {tried && typeof request === "string" && (
        <p className="wrong" role="alert">
          {request}
        </p>
      )}
      <p className="actions">
        <button type="submit" className="button main" disabled={running}>
          Start
        </button>
        <span className="note">Cancelled or cut off, a run of the same name goes on where it stopped.</span>
      </p>
      <JobView followed={job} what="Measuring" />
    </form>
  );
}
