// Numbers to places of a drawing, for those drawn by hand.

/// From `low` to `high`, both inside, at most about `most` round numbers.
export function ticks(low: number, high: number, most: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((x) => x * power).find((x) => x >= rough * 0.999)!;
  const found: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) found.push(Number((i * step).toPrecision(12)));
  return found;
}

/// Lowest and highest of the numbers with room around them.
export function spread(numbers: readonly number[], room = 0.08): [number, number] {
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const pad = (high - low || Math.abs(high) || 1) * room;
  return [low - pad, high + pad];
}

export function linear(domain: readonly [number, number], span: readonly [number, number]): (x: number) => number {
  const slope = (span[1] - span[0]) / (domain[1] - domain[0]);
  return (x) => span[0] + (x - domain[0]) * slope;
}
