// The left side of the playground: values, columns, and what else a request can say.
import { Checkbox, NumberField, Input, Label, CheckboxGroup } from "react-aria-components";
import { useResource } from "../api/resource";
import { all_arms, type Arm, type Estimate, type PlanInfo, type ValueList } from "../api/types";
import { Choice, Notice } from "../shell/parts";
import { arm_meanings, arm_names, choices, type Settings } from "./settings";
import { probe_of } from "./request";
import { ValueRow } from "./value_row";

interface PanelProps {
  settings: Settings;
  change: (change: Partial<Settings>) => void;
}

/// A number of a plan with its interval.
function estimate(found: Estimate | null | undefined): string {
  if (found === null || found === undefined) return "not measured";
  if (typeof found === "number") return found.toFixed(3);
  const ci = found.ci ?? (found.lo !== undefined && found.hi !== undefined ? [found.lo, found.hi] : null);
  return `${(found.value ?? found.mean ?? NaN).toFixed(3)}${ci ? ` [${ci[0]!.toFixed(3)}, ${ci[1]!.toFixed(3)}]` : ""}`;
}

function plan_in_words(plan: PlanInfo): string {
  const held = plan.values.map((one) => one.value).join(", ");
  return `${held || "no value"}, ${plan.layers?.length === 1 ? "layer" : "layers"} ${plan.layers?.join(", ") ?? "?"}: effect ${estimate(plan.effect)}, cost ${estimate(plan.cost)} nats per token, on the pairs it was tuned on`;
}

const own: [string, string] = ["", "the plan's own"];

function Values({ settings, change }: PanelProps) {
  const { data, error, reload } = useResource<ValueList>("/axia/values");
  const values = data?.values ?? []; // in the order of the circle
  const on = Object.keys(settings.steer).length;
  return (
    <fieldset className="values" disabled={settings.plan !== ""}>
      <legend>
        Values
        {on > 0 && settings.plan === "" && (
          <button type="button" className="plain" onClick={() => change({ steer: {} })}>
            all off
          </button>
        )}
      </legend>
      {settings.plan !== "" && <p className="note">The plan {settings.plan} says which values are held.</p>}
      {error && <Notice again={reload}>The values could not be read: {error}.</Notice>}
      {!data && !error && <div className="value-space" />}
      <ul>
        {values.map((value) => (
          <ValueRow
            key={value.name}
            value={value}
            target={settings.steer[value.name]}
            change={(target) => {
              const steer = { ...settings.steer };
              if (target === undefined) delete steer[value.name];
              else steer[value.name] = target;
              change({ steer });
            }}
          />
        ))}
      </ul>
      <p className="note">
        To the right a value is raised, to the left lowered; in the middle it is left alone. The number is p0, the probability that the probe is to read at the least (with a minus
        sign: 1 - p0 at the most).
      </p>
    </fieldset>
  );
}

function Columns({ settings, change }: PanelProps) {
  return (
    <CheckboxGroup className="columns-choice" value={settings.arms} onChange={(arms) => change({ arms: all_arms.filter((arm) => arms.includes(arm)) as Arm[] })}>
      <Label className="legend-like">Columns</Label>
      {all_arms.map((arm) => (
        <Checkbox key={arm} value={arm} className="check" isDisabled={settings.plan !== "" && arm.startsWith("prompt")}>
          <span className="box" aria-hidden="true" />
          <span>
            {arm_names[arm]} <span className="note">{arm_meanings[arm]}</span>
          </span>
        </Checkbox>
      ))}
    </CheckboxGroup>
  );
}

interface NumberProps {
  label: string;
  value: number;
  low: number;
  high: number;
  step: number;
  change: (value: number) => void;
}

function NumberChoice({ label, value, low, high, step, change }: NumberProps) {
  return (
    <NumberField className="field" value={value} minValue={low} maxValue={high} step={step} formatOptions={{ useGrouping: false }} onChange={(now) => !Number.isNaN(now) && change(now)}>
      <Label>{label}</Label>
      <Input />
    </NumberField>
  );
}

function Advanced({ settings, change }: PanelProps) {
  const named = (options: readonly string[], names: Record<string, string>): [string, string][] => options.map((one) => (one === "" ? own : [one, names[one] ?? one]));
  return (
    <details className="advanced">
      <summary>How it is steered and answered</summary>
      <Choice
        label="Direction"
        value={settings.direction}
        change={(direction) => change({ direction: direction as Settings["direction"] })}
        options={named(choices.direction, { probe: "probe: shortest way", whitened: "whitened: along the data's spread", mean: "mean: difference of the sides" })}
      />
      <Choice
        label="Amount"
        value={settings.amount}
        change={(amount) => change({ amount: amount as Settings["amount"] })}
        options={named(choices.amount, { row: "measured at every row", prompt: "measured once, at the prompt's end", constant: "constant" })}
      />
      <Choice
        label="Rows"
        value={settings.rows}
        change={(rows) => change({ rows: rows as Settings["rows"] })}
        options={named(choices.rows, { all: "prompt and answer", onward: "from the last prompt row on" })}
      />
      <Choice
        label="Gate"
        value={settings.gate}
        change={(gate) => change({ gate: gate as Settings["gate"] })}
        options={named(choices.gate, { learned: "learned: only where the request is about the value", always: "always open", never: "never open" })}
      />
      <div className="field">
        <label htmlFor="system">System message</label>
        <textarea id="system" rows={2} value={settings.system} onChange={(event) => change({ system: event.target.value })} />
      </div>
      <div className="triple">
        <NumberChoice label="Temperature" value={settings.temperature} low={0} high={2} step={0.1} change={(temperature) => change({ temperature })} />
        <NumberChoice label="Seed" value={settings.seed} low={0} high={4294967295} step={1} change={(seed) => change({ seed })} />
        <NumberChoice label="Tokens at most" value={settings.max_tokens} low={1} high={4096} step={1} change={(max_tokens) => change({ max_tokens })} />
      </div>
    </details>
  );
}

export function Panel({ settings, change }: PanelProps) {
  const plans = useResource<{ plans: PlanInfo[] }>("/axia/plans");
  const values = useResource<ValueList>("/axia/values");
  const learnt = (values.data?.values ?? []).filter((value) => value.learnt);
  const names = (plans.data?.plans ?? []).map((plan) => plan.name);
  const chosen = plans.data?.plans.find((plan) => plan.name === settings.plan);
  if (settings.plan !== "" && !names.includes(settings.plan)) names.push(settings.plan);
  return (
    <form className="panel" aria-label="What to hold the model to" onSubmit={(event) => event.preventDefault()}>
      <Choice
        label="Plan"
        value={settings.plan}
        change={(plan) => change({ plan })}
        options={[["", "from the values below"], ...names.map((name): [string, string] => [name, name])]}
        {...(plans.error ? { note: `Stored plans could not be read: ${plans.error}.` } : chosen ? { note: plan_in_words(chosen) } : {})}
      />
      <Values settings={settings} change={change} />
      <Columns settings={settings} change={change} />
      <fieldset>
        <legend>Probe along the answer</legend>
        <Checkbox className="check" isSelected={settings.trace} onChange={(trace) => change({ trace })}>
          <span className="box" aria-hidden="true" />
          <span>Read a value at every token</span>
        </Checkbox>
        {settings.trace && (
          <Choice
            label="Value read"
            value={probe_of(settings) || ""}
            change={(probe) => change({ probe })}
            options={[...(probe_of(settings) ? [] : [["", "none yet"] as [string, string]]), ...learnt.map((value): [string, string] => [value.name, value.title ?? value.name])]}
          />
        )}
      </fieldset>
      <Advanced settings={settings} change={change} />
    </form>
  );
}
