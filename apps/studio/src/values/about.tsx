// Saying what a value of one's own means, and where it stands.
import { useId, useState } from "react";
import { message_of, post } from "../api/client";
import { reload } from "../api/resource";
import type { Value } from "../api/types";
import { Choice, Notice } from "../shell/parts";
import { type About, about_of, about_request, groups_of } from "./own";

export function AboutFields({ about, change, values }: { about: About; change: (part: Partial<About>) => void; values: readonly Value[] }) {
  const id = useId();
  const places = values.filter((value) => !value.own && value.order !== undefined);
  return (
    <div className="grid-fields about-fields">
      <div className="field">
        <label htmlFor={`${id}-title`}>Title</label>
        <input id={`${id}-title`} type="text" value={about.title} maxLength={50} aria-describedby={`${id}-title-note`} onChange={(event) => change({ title: event.target.value })} />
        <p className="note" id={`${id}-title-note`}>
          empty: its name
        </p>
      </div>
      <div className="field">
        <label htmlFor={`${id}-meaning`}>What it means</label>
        <textarea id={`${id}-meaning`} rows={2} value={about.definition} maxLength={600} aria-describedby={`${id}-meaning-note`} onChange={(event) => change({ definition: event.target.value })} />
        <p className="note" id={`${id}-meaning-note`}>
          a sentence, for people
        </p>
      </div>
      <Choice
        label="Group"
        value={about.group}
        change={(group) => change({ group })}
        options={[["", "none"], ...groups_of(values).map((group): [string, string] => [group, group.replaceAll("-", " ")])]}
        note="the higher-order value it belongs to"
      />
      <Choice
        label="Place on the circle"
        value={about.order}
        change={(order) => change({ order })}
        options={[["", "last"], ...places.map((value): [string, string] => [String(value.order), `after ${value.title ?? value.name}`])]}
        note="where it stands among the others"
      />
    </div>
  );
}

/// Changes what is said of a value that was brought.
export function Describe({ value, values }: { value: Value; values: readonly Value[] }) {
  const [about, set_about] = useState(() => about_of(value));
  const [state, set_state] = useState<"" | "saving" | "Saved">("");
  const [wrong, set_wrong] = useState("");
  const save = async (): Promise<void> => {
    set_state("saving");
    set_wrong("");
    try {
      await post(`/axia/values/${encodeURIComponent(value.name)}`, about_request(about));
      reload("/axia/values");
      set_state("Saved");
    } catch (error) {
      set_wrong(message_of(error));
      set_state("");
    }
  };
  return (
    <details className="describe">
      <summary>What it means and where it stands</summary>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <AboutFields
          about={about}
          change={(part) => {
            set_about((now) => ({ ...now, ...part }));
            set_state("");
          }}
          values={values}
        />
        {wrong && <Notice>It could not be saved: {wrong}.</Notice>}
        <p className="actions">
          <button type="submit" className="button" disabled={state === "saving"}>
            Save
          </button>
          <span role="status">{state === "Saved" && "Saved"}</span>
        </p>
      </form>
    </details>
  );
}
