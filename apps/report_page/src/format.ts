// Numbers as a reader expects them: few digits, a true minus sign, units, and a word where nothing was measured.
import type { BiasIndex, Interval } from "./data";

export const not_measured = "not measured";
const thin = "\u202f";

type Maybe = number | null | undefined;

export function is_number(x: unknown): x is number {
  return typeof x === "number" && Number.isFinite(x);
}

/// `digits` after the point; never "-0.00". Numbers too large for that keep three figures.
export function num(x: Maybe, digits = 2): string {
  if (!is_number(x)) return not_measured;
  const size = Math.abs(x);
  const text = size >= 1e6 ? size.toPrecision(3) : size.toFixed(size >= 100 ? 0 : digits);
  return (x < 0 && Number(text) !== 0 ? "\u2212" : "") + text;
}

/// The same without zeros at the end: 0.05, not 0.050.
export function trimmed(x: Maybe, digits = 3): string {
  const text = num(x, digits);
  return is_number(x) && text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/// With a plus sign where positive, for rises and differences.
export function signed(x: Maybe, digits = 2): string {
  const text = num(x, digits);
  return is_number(x) && x > 0 && Number(text) !== 0 ? `+${text}` : text;
}

export function range(ci: Interval | null | undefined, digits = 2): string {
  return ci ? `${num(ci[0], digits)} to ${num(ci[1], digits)}` : not_measured;
}

export function percent(x: Maybe, digits = 0): string {
  return is_number(x) ? `${num(x * 100, digits)}${thin}%` : not_measured;
}

export function percent_range(ci: Interval | null | undefined, digits = 0): string {
  return ci ? `${num(ci[0] * 100, digits)} to ${num(ci[1] * 100, digits)}${thin}%` : not_measured;
}

/// A probability: three digits, and never a rounded 0 or 1.
export function probability(p: Maybe): string {
  if (!is_number(p)) return not_measured;
  if (p > 0.9995 && p <= 1) return p === 1 ? "1.000" : "above 0.999";
  if (p < 0.0005 && p > 0) return "below 0.001";
  return num(p, 3);
}

export function count(n: Maybe): string {
  return is_number(n) ? n.toLocaleString("en-US", { maximumFractionDigits: 0 }) : not_measured;
}

/// "1 pair", "30 pairs".
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

export function seconds(s: Maybe): string {
  if (!is_number(s)) return not_measured;
  if (s < 60) return `${num(s, s < 10 ? 1 : 0)}\u00a0s`;
  const minutes = Math.floor(s / 60);
  const rest = Math.round(s - minutes * 60);
  return rest === 0 ? `${minutes}\u00a0min` : `${minutes}\u00a0min ${rest}\u00a0s`;
}

export function gibibytes(bytes: Maybe): string {
  return is_number(bytes) ? `${num(bytes / 2 ** 30, bytes < 10 * 2 ** 30 ? 1 : 0)} GiB` : not_measured;
}

/// 14, 15, 16, 20 -> "14 to 16, 20".
export function layer_list(layers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < layers.length; ) {
    let j = i;
    while (j + 1 < layers.length && layers[j + 1] === layers[j]! + 1) ++j;
    if (j - i >= 2) parts.push(`${layers[i]} to ${layers[j]}`);
    else for (let k = i; k <= j; ++k) parts.push(String(layers[k]));
    i = j + 1;
  }
  return parts.join(", ");
}

/// "layer 7" or "layers 14 to 16".
export function layers_named(layers: readonly number[]): string {
  return `${layers.length === 1 ? "layer" : "layers"} ${layer_list(layers)}`;
}

/// "2026-01-31T08:05:00Z" -> "31 January 2026, 08:05 UTC"; anything else as it stands.
export function moment(text: string): string {
  const time = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(time.getTime())) return text;
  const date = time.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return `${date}, ${time.toISOString().slice(11, 16)} UTC`;
}

/// A label for a drawing, cut where it would not fit.
export function short(text: string, most: number): string {
  const signs = [...text];
  return signs.length <= most ? text : `${signs.slice(0, most - 1).join("")}\u2026`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/// A bag-of-words index may come with its interval or without.
export function bias_of(index: number | BiasIndex | null | undefined): { accuracy: number; ci: Interval | null } | null {
  if (is_number(index)) return { accuracy: index, ci: null };
  return index ? { accuracy: index.accuracy, ci: index.ci } : null;
}
