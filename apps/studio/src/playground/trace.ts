// Readings of a probe along an answer: one number per token for the colours, all layers for the drawing.
import type { Trace, TraceToken } from "../api/types";

export interface Reading {
  text: string;
  in_prompt: boolean;
  before: (number | null)[]; // by layer
  after: (number | null)[];
  shift: (number | null)[]; // |shift| / |state|, by layer
}

/// null where the value was not read.
export function readings_of(trace: Trace, value: string): Reading[] | null {
  const at = trace.values.indexOf(value);
  if (at < 0) return null;
  const row = (list: TraceToken["p_before"]): (number | null)[] => trace.layers.map((_, i) => list?.[at]?.[i] ?? null);
  return trace.tokens.map((token) => {
    const before = row(token.p_before);
    const after = token.p_after ? row(token.p_after) : before;
    return { text: token.text, in_prompt: token.in_prompt === true, before, after, shift: trace.layers.map((_, i) => token.shift?.[i] ?? null) };
  });
}

/// The reading at one layer, or the mean over all (layer null). null where nothing was read.
export function level(numbers: readonly (number | null)[], layers: readonly number[], layer: number | null): number | null {
  if (layer !== null) return numbers[layers.indexOf(layer)] ?? null;
  const known = numbers.filter((x): x is number => x !== null);
  return known.length === 0 ? null : known.reduce((sum, x) => sum + x, 0) / known.length;
}

/// Share of the colour, -1 to 1: below one half the other way.
export function tint(p: number | null): number {
  return p === null ? 0 : Math.max(-1, Math.min(1, (p - 0.5) * 2));
}
