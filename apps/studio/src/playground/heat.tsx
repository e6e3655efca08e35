// An answer coloured by what the probe read at each token, and the layers of the token looked at.
import { useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import type { Trace } from "../api/types";
import { level, type Reading, readings_of, tint } from "./trace";

const number = (p: number | null): string => (p === null ? "not read" : p.toFixed(3));

/// Two lines over the layers, before and after the shift.
function LayerLines({ reading, layers }: { reading: Reading; layers: readonly number[] }) {
  const [width, height, left, bottom] = [280, 96, 30, 16];
  const x = (i: number): number => left + (layers.length < 2 ? 0 : (i / (layers.length - 1)) * (width - left - 6));
  const y = (p: number): number => 6 + (1 - p) * (height - bottom - 8);
  const path = (numbers: readonly (number | null)[]): string =>
    numbers.map((p, i) => (p === null ? "" : `${i === 0 || numbers[i - 1] === null ? "M" : "L"}${x(i).toFixed(1)} ${y(p).toFixed(1)}`)).join("");
  return (
    <svg className="layer-lines" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
      {[0, 0.5, 1].map((p) => (
        <g key={p}>
          <line x1={left} x2={width - 6} y1={y(p)} y2={y(p)} className={p === 0.5 ? "half" : "grid"} />
          <text x={left - 5} y={y(p) + 4} textAnchor="end">
            {p}
          </text>
        </g>
      ))}
      <path d={path(reading.before)} className="before" />
      <path d={path(reading.after)} className="after" />
      {layers.map((layer, i) =>
        reading.after[i] === null || reading.after[i] === undefined ? null : <circle key={layer} cx={x(i)} cy={y(reading.after[i])} r={2.2} className="after-dot" />,
      )}
      <text x={left} y={height - 2}>
        layer {layers[0]}
      </text>
      <text x={width - 6} y={height - 2} textAnchor="end">
        {layers.at(-1)}
      </text>
    </svg>
  );
}

interface HeatProps {
  trace: Trace;
  value: string;
  layer: number | null; // null: mean over the layers
  name: string; // of the column
}

export function Heat({ trace, value, layer, name }: HeatProps) {
  const id = useId();
  const readings = useMemo(() => readings_of(trace, value), [trace, value]);
  const [at, set_at] = useState<number | null>(null);
  const box = useRef<HTMLDivElement>(null);
  if (!readings) return <p className="note">The probe of {value} was not read here. Choose it on the left and ask again.</p>;
  const { layers } = trace;
  const shown = at === null ? null : (readings[at] ?? null);
  const place = layer === null ? "mean over layers" : `layer ${layer}`;
  const words = (reading: Reading): string =>
    `${JSON.stringify(reading.text)}${reading.in_prompt ? ", the prompt's last row" : ""}: ${place} ${number(level(reading.before, layers, layer))} before, ${number(level(reading.after, layers, layer))} after`;
  const step = (event: KeyboardEvent): void => {
    const last = readings.length - 1;
    const now = at ?? 0;
    const next: Record<string, number> = { ArrowRight: Math.min(now + 1, last), ArrowLeft: Math.max(now - 1, 0), ArrowDown: Math.min(now + 8, last), ArrowUp: Math.max(now - 8, 0), Home: 0, End: last };
    const to = next[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    set_at(to);
    box.current?.querySelectorAll<HTMLElement>(".token")[to]?.focus();
  };
  return (
    <div className="heat">
      <div ref={box} className="tokens" role="group" aria-label={`${name}: tokens by the probe of ${value}, ${place}. Arrow keys step through them.`} onKeyDown={step} onMouseLeave={() => set_at(null)}>
        {readings.map((reading, i) => {
          const share = tint(level(reading.after, layers, layer));
          return (
            <span
              key={i}
              role="img"
              tabIndex={i === (at ?? 0) ? 0 : -1}
              className={`token${reading.in_prompt ? " in-prompt" : ""}${share < 0 ? " low" : ""}`}
              style={{ "--share": `${Math.abs(share * 62).toFixed(0)}%` } as React.CSSProperties}
              aria-label={words(reading)}
              onFocus={() => set_at(i)}
              onMouseEnter={() => set_at(i)}
            >
              {reading.in_prompt ? "\u2026" : reading.text}
            </span>
          );
        })}
      </div>
      <div className="token-detail" id={id} aria-hidden="true">
        {shown ? (
          <>
            <LayerLines reading={shown} layers={layers} />
            <p>
              <strong>{shown.in_prompt ? "the prompt's last row" : shown.text.trim() || "white space"}</strong>
              <br />
              {place}: {number(level(shown.before, layers, layer))}
              {" \u2192 "}
              {number(level(shown.after, layers, layer))}
            </p>
          </>
        ) : (
          <p className="note">Point at a token, or step with the arrow keys, to see all layers: dashed before the shift, drawn through after it.</p>
        )}
      </div>
      <details>
        <summary>The same as a table, {readings.length} tokens</summary>
        <div className="scroll" tabIndex={0} role="region" aria-label={`${name}: readings of ${value} by token`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Token</th>
                <th scope="col" className="numeric">
                  Before
                </th>
                <th scope="col" className="numeric">
                  After
                </th>
                <th scope="col" className="numeric">
                  Shift<span className="unit">share of the state</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {readings.map((reading, i) => (
                <tr key={i}>
                  <th scope="row">{reading.in_prompt ? "(prompt's last row)" : reading.text}</th>
                  <td className="numeric">{number(level(reading.before, layers, layer))}</td>
                  <td className="numeric">{number(level(reading.after, layers, layer))}</td>
                  <td className="numeric">{number(level(reading.shift, layers, layer))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </div>
  );
}
