// What can be kept and taken away: presets, a link, a request, a report.
import { useState } from "react";
import { Button, Dialog, DialogTrigger, Heading, Modal, ModalOverlay } from "react-aria-components";
import { has_key } from "../api/client";
import type { ModelInfo } from "../api/types";
import { CopyButton, save_file } from "../shell/parts";
import { as_curl, as_python, as_report } from "./export";
import { pack_link } from "./link";
import { type Preset, save_presets, saved_presets, shipped } from "./presets";
import { difference, type Settings } from "./settings";
import { type Turn, wishes } from "./request";

interface ShelfProps {
  settings: Settings;
  turns: readonly Turn[];
  question: string;
  model: ModelInfo | null;
  use: (preset: Preset) => void;
}

export function Presets({ settings, turns, question, use }: ShelfProps) {
  const [saved, set_saved] = useState(saved_presets);
  const [name, set_name] = useState("");
  const [said, set_said] = useState("");
  const keep = (presets: Preset[], done: string): void => {
    try {
      save_presets(presets);
      set_saved(presets);
      set_said(done);
    } catch {
      set_said("This browser keeps nothing for this page; use the link instead.");
    }
  };
  return (
    <details className="presets">
      <summary>Presets</summary>
      <ul>
        {[...shipped, ...saved].map((preset) => (
          <li key={`${preset.shipped ? "s" : "o"} ${preset.name}`}>
            <button type="button" className="button small" onClick={() => use(preset)}>
              {preset.name}
            </button>
            {!preset.shipped && (
              <button type="button" className="plain" aria-label={`Remove the preset ${preset.name}`} onClick={() => keep(saved.filter((one) => one !== preset), `Removed ${preset.name}.`)}>
                remove
              </button>
            )}
          </li>
        ))}
      </ul>
      <form
        className="line"
        onSubmit={(event) => {
          event.preventDefault();
          const plain = name.trim();
          if (plain === "") return;
          keep([...saved.filter((one) => one.name !== plain), { name: plain, question: question || (turns[0]?.question ?? ""), settings: difference(settings) }], `Saved ${plain}.`);
          set_name("");
        }}
      >
        <label htmlFor="preset-name">Save these settings as</label>
        <input id="preset-name" value={name} maxLength={80} onChange={(event) => set_name(event.target.value)} />
        <button type="submit" className="button small" disabled={name.trim() === ""}>
          Save
        </button>
      </form>
      <p className="note" role="status">
        {said}
      </p>
    </details>
  );
}

export function Taking({ settings, turns, question, model }: ShelfProps) {
  const asked = question.trim() || turns.at(-1)?.question || "Your question";
  const before = question.trim() || turns.length === 0 ? turns : turns.slice(0, -1);
  const all = wishes(settings, before, asked, "");
  const [curl, python] = [as_curl(all, location.origin, has_key()), as_python(all, location.origin, has_key())];
  return (
    <div className="taking">
      <CopyButton
        text={async () => {
          const query = await pack_link({ settings, turns: [...turns] });
          history.replaceState(null, "", `#/playground?${query}`);
          return location.href;
        }}
      >
        Copy a link to all this
      </CopyButton>
      <DialogTrigger>
        <Button className="button small">As a request</Button>
        <ModalOverlay className="veil" isDismissable>
          <Modal className="modal wide">
            <Dialog>
              {({ close }) => (
                <>
                  <Heading slot="title">The same as a request</Heading>
                  <h3>For a shell</h3>
                  <pre tabIndex={0}>{curl}</pre>
                  <CopyButton text={curl}>Copy</CopyButton>
                  <h3>For Python, with the package openai</h3>
                  <pre tabIndex={0}>{python}</pre>
                  <CopyButton text={python}>Copy</CopyButton>
                  <p className="actions">
                    <Button className="button" onPress={close}>
                      Close
                    </Button>
                  </p>
                </>
              )}
            </Dialog>
          </Modal>
        </ModalOverlay>
      </DialogTrigger>
      <button
        type="button"
        className="button small"
        disabled={turns.length === 0}
        onClick={() => {
          const made = new Date();
          save_file(`axia-${made.toISOString().slice(0, 10)}.html`, "text/html", as_report(settings, turns, model, made.toUTCString()));
        }}
      >
        Save as a report
      </button>
    </div>
  );
}
