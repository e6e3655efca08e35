// Small parts that every page uses.
import { type ReactNode, useEffect, useId, useRef, useState } from "react";

/// What is wrong and what can be done, in place.
export function Notice({ children, again }: { children: ReactNode; again?: () => void }) {
  return (
    <div className="notice" role="alert">
      <p>{children}</p>
      {again && (
        <p>
          <button type="button" className="button small" onClick={again}>
            Try again
          </button>
        </p>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[]; // value, name
  change: (value: string) => void;
  note?: string;
  disabled?: boolean;
}

export function Choice({ label, value, options, change, note, disabled }: ChoiceProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} disabled={disabled} aria-describedby={note ? `${id}-note` : undefined} onChange={(event) => change(event.target.value)}>
        {options.map(([one, name]) => (
          <option key={one} value={one}>
            {name}
          </option>
        ))}
      </select>
      {note && (
        <p className="note" id={`${id}-note`}>
          {note}
        </p>
      )}
    </div>
  );
}

/// A drawing made outside React (the report's charts), made anew when `key` of its parent changes.
export function Drawn({ make }: { make: () => Node | null }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const made = make();
    place.current?.replaceChildren(...(made ? [made] : []));
  }, [make]);
  return <div ref={place} />;
}

export async function copy_text(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not allowed here: the text is shown to be copied by hand
  }
}

export function CopyButton({ text, children }: { text: string | (() => Promise<string>); children: ReactNode }) {
  const [state, set_state] = useState<"" | "Copied" | "Not allowed here">("");
  return (
    <button
      type="button"
      className="button small"
      onClick={() =>
        void (async () => {
          set_state((await copy_text(typeof text === "string" ? text : await text())) ? "Copied" : "Not allowed here");
          setTimeout(() => set_state(""), 1800);
        })()
      }
    >
      {children}
      <span role="status">{state && ` \u2013 ${state}`}</span>
    </button>
  );
}

export function save_file(name: string, type: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
