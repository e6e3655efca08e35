// Contrast pairs from a file or typed in, before the server sees them.

export interface Pair {
  scene: string;
  positive: string;
  negative: string;
  split?: string;
}

export const most_pairs = 5000;
export const most_characters = 4000;

export interface ReadPairs {
  pairs: Pair[];
  wrong: string[]; // one line each: where, what, what to do
}

const names: Record<string, keyof Pair> = { positive: "positive", negative: "negative", scene: "scene", prompt: "scene", split: "split" };

function pair_from(fields: Record<string, unknown>, where: string, wrong: string[]): Pair | null {
  const found: Partial<Record<keyof Pair, string>> = {};
  for (const [name, value] of Object.entries(fields)) {
    const field = names[name.trim().toLowerCase()];
    if (field && typeof value === "string") found[field] = value.trim();
  }
  for (const side of ["positive", "negative"] as const) {
    if (!found[side]) {
      wrong.push(`${where}: there is no text "${side}"`);
      return null;
    }
    if (found[side].length > most_characters) {
      wrong.push(`${where}: the ${side} text has more than ${most_characters} characters; shorten it`);
      return null;
    }
  }
  const { scene = "", positive = "", negative = "", split } = found;
  return { scene, positive, negative, ...(split ? { split } : {}) };
}

/// Rows of a CSV file (RFC 4180); null where a quote does not end.
export function csv_rows(text: string): string[][] | null {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  for (let i = 0; i < text.length; ++i) {
    const sign = text[i]!;
    if (quoted) {
      if (sign !== '"') field += sign;
      else if (text[i + 1] === '"') (field += '"', ++i);
      else quoted = false;
    } else if (sign === '"' && field === "") {
      quoted = true;
    } else if (sign === ",") {
      row.push(field);
      field = "";
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[i + 1] === "\n") ++i;
      row.push(field);
      if (row.length > 1 || field !== "") rows.push(row);
      row = [];
      field = "";
    } else {
      field += sign;
    }
  }
  if (quoted) return null;
  row.push(field);
  if (row.length > 1 || field !== "") rows.push(row);
  return rows;
}

function from_csv(text: string, name: string): ReadPairs {
  const wrong: string[] = [];
  const rows = csv_rows(text);
  if (rows === null) return { pairs: [], wrong: [`${name}: a quotation mark is opened and never closed`] };
  const head = rows[0]?.map((cell) => cell.trim().toLowerCase()) ?? [];
  for (const needed of ["positive", "negative"]) {
    if (!head.includes(needed)) return { pairs: [], wrong: [`${name}: the first line must name the columns, "positive" and "negative" among them`] };
  }
  const pairs = rows.slice(1).flatMap((row, i) => pair_from(Object.fromEntries(head.map((column, j) => [column, row[j] ?? ""])), `${name}, row ${i + 2}`, wrong) ?? []);
  return { pairs, wrong };
}

function from_jsonl(text: string, name: string): ReadPairs {
  const wrong: string[] = [];
  const pairs = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "") return [];
    const where = `${name}, line ${i + 1}`;
    try {
      const fields = JSON.parse(line) as unknown;
      if (typeof fields === "object" && fields !== null && !Array.isArray(fields)) return pair_from(fields as Record<string, unknown>, where, wrong) ?? [];
      wrong.push(`${where}: is no JSON object; each line is one pair in braces`);
    } catch {
      wrong.push(`${where}: is not JSON`);
    }
    return [];
  });
  return { pairs, wrong };
}

export function pairs_from_file(text: string, name: string): ReadPairs {
  const plain = text.replace(/^\ufeff/, "");
  const read = name.toLowerCase().endsWith(".csv") || !plain.trimStart().startsWith("{") ? from_csv(plain, name) : from_jsonl(plain, name);
  if (read.pairs.length > most_pairs) return { pairs: [], wrong: [`${name}: has ${read.pairs.length} pairs; at most ${most_pairs} are taken`] };
  if (read.pairs.length === 0 && read.wrong.length === 0) read.wrong.push(`${name}: holds no pairs`);
  return read;
}

export interface Check {
  problems: string[];
  warnings: string[];
  told: string[]; // what the numbers mean
}

interface Share {
  accuracy?: number;
  ci?: [number, number];
}

const share = (one: Share): string =>
  `${Math.round(100 * (one.accuracy ?? 0))} %${one.ci ? ` (interval ${Math.round(100 * one.ci[0])} to ${Math.round(100 * one.ci[1])} %)` : ""}`;

const text_of = (problem: unknown): string =>
  typeof problem === "string" ? problem : String((problem as { message?: unknown; what?: unknown } | null)?.message ?? (problem as { what?: unknown } | null)?.what ?? JSON.stringify(problem));

/// The data check in plain words.
export function check_in_words(found: unknown): Check {
  const all = (found ?? {}) as { problems?: unknown[]; values?: Record<string, unknown>[] };
  const check: Check = { problems: (all.problems ?? []).map(text_of), warnings: [], told: [] };
  for (const value of all.values ?? [all as Record<string, unknown>]) {
    const one = value as { problems?: unknown[]; warnings?: unknown[]; pairs?: number; learn?: number; heldout?: number; length_only?: Share; bag_of_words?: Share; cues?: { word: string }[] };
    if (all.values) check.problems.push(...(one.problems ?? []).map(text_of));
    check.warnings.push(...(one.warnings ?? []).map(text_of));
    if (one.pairs !== undefined) check.told.push(`${one.pairs} pairs${one.learn !== undefined ? `: ${one.learn} to learn from, ${one.heldout ?? 0} held out to test` : ""}.`);
    if (one.length_only?.accuracy !== undefined) {
      const clear = (one.length_only.ci?.[0] ?? one.length_only.accuracy) > 0.5;
      check.told.push(`Length alone tells the sides apart in ${share(one.length_only)} of texts; ${clear ? "that is more than chance, so even out the lengths" : "no better than chance, as it should be"}.`);
    }
    if (one.bag_of_words?.accuracy !== undefined) {
      const high = (one.bag_of_words.ci?.[0] ?? one.bag_of_words.accuracy) > 0.65;
      const cues = (one.cues ?? []).slice(0, 5).map((cue) => cue.word);
      check.told.push(
        `Single words tell them apart in ${share(one.bag_of_words)}; ${high ? `a vector would learn those words too${cues.length > 0 ? ` (${cues.join(", ")})` : ""}, so vary them` : "little enough"}.`,
      );
    }
  }
  check.problems = [...new Set(check.problems)];
  return check;
}
