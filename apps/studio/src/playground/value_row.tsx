// One value of the playground: off, raised or lowered, by slider or by number.
import { useEffect, useId, useState } from "react";
import type { Value } from "../api/types";
import { most_strength, strength_of_target, target_of_strength, target_words, trim } from "./settings";

interface ValueRowProps {
  value: Value;
  target: number | undefined; // undefined: off
  change: (target: number | undefined) => void;
}

/// "0.95", "-0.9", "" -> a target; null for what is none.
export function target_from(text: string): number | undefined | null {
  const plain = text.trim().replace("\u2212", "-").replace(",", ".");
  if (plain === "" || plain === "off") return undefined;
  const number = Number(plain);
  return Number.isFinite(number) && Math.abs(number) > 0 && Math.abs(number) < 1 ? number : null;
}

export function ValueRow({ value, target, change }: ValueRowProps) {
  const id = useId();
  const [text, set_text] = useState<string | null>(null); // while it is typed
  useEffect(() => set_text(null), [target]);
  const title = value.title ?? value.name;
  if (!value.learnt) {
    return (
      <li className="value unlearnt">
        <span className="value-name">{title}</span>
        <a href={`#/values?learn=${encodeURIComponent(value.name)}`} aria-label={`${title} not learnt yet: learn it`}>
          not learnt yet: learn it
        </a>
      </li>
    );
  }
  const typed = text === null ? undefined : target_from(text);
  const wrong = typed === null;
  const shown = text ?? (target === undefined ? "" : `${target < 0 ? "-" : ""}${trim(Math.abs(target))}`);
  return (
    <li className={`value${target === undefined ? "" : target > 0 ? " raised" : " lowered"}`}>
      <div className="value-head">
        <label className="value-name" htmlFor={`${id}-slider`} title={value.definition}>
          {title}
        </label>
        <span className="value-target" aria-hidden="true">
          {target_words(target)}
        </span>
      </div>
      <input
        id={`${id}-slider`}
        className="slider"
        type="range"
        min={-most_strength}
        max={most_strength}
        step={0.25}
        value={target === undefined ? 0 : strength_of_target(target)}
        aria-valuetext={target_words(target)}
        onChange={(event) => change(target_of_strength(Number(event.target.value)) || undefined)}
      />
      <input
        className="number"
        type="text"
        inputMode="decimal"
        size={7}
        value={shown}
        placeholder="off"
        aria-label={`${title}: probability p0, with a minus sign to lower it`}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onChange={(event) => {
          set_text(event.target.value);
          const wish = target_from(event.target.value);
          if (wish !== null && wish !== target) change(wish);
        }}
        onBlur={() => !wrong && set_text(null)}
      />
      {wrong && (
        <span className="wrong" id={`${id}-wrong`} role="alert">
          A number between 0 and 1, or between -1 and 0 to lower the value.
        </span>
      )}
    </li>
  );
}
