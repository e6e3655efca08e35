// The playground in a link: settings, questions and answers, compressed when long. No key is ever in it.
import { all_arms, type Arm } from "../api/types";
import { difference, type Settings, settings_from } from "./settings";
import type { Answer, Turn } from "./request";

export interface Shared {
  settings: Settings;
  turns: Turn[];
}

const long = 600; // characters
const most_bytes = 1 << 20; // of an unpacked link

function base64url(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function bytes_of(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most_bytes) throw new Error("it holds more than a megabyte");
    parts.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/// The query of a hash: "s=" plain or "z=" compressed.
export async function pack_link(shared: Shared): Promise<string> {
  const turns = shared.turns.map((turn) => ({
    q: turn.question,
    a: Object.fromEntries(turn.arms.map((arm) => [arm, turn.answers[arm]?.text ?? ""])),
  }));
  const text = JSON.stringify({ v: 1, ...difference(shared.settings), ...(turns.length > 0 ? { turns } : {}) });
  const bytes = new TextEncoder().encode(text);
  if (bytes.length < long) return `s=${base64url(bytes)}`;
  return `z=${base64url(await through(bytes, new CompressionStream("deflate-raw")))}`;
}

function turns_from(found: unknown): Turn[] {
  if (!Array.isArray(found)) return [];
  return found.slice(0, 100).flatMap((one: unknown) => {
    if (typeof one !== "object" || one === null) return [];
    const { q, a } = one as { q?: unknown; a?: unknown };
    if (typeof q !== "string" || typeof a !== "object" || a === null) return [];
    const given = a as Record<string, unknown>;
    const arms = all_arms.filter((arm) => typeof given[arm] === "string");
    const answers: Partial<Record<Arm, Answer>> = {};
    for (const arm of arms) answers[arm] = { text: given[arm] as string, finish: "from a link" };
    return arms.length > 0 ? [{ question: q, arms, answers }] : [];
  });
}

/// Throws Error with one line for a link that cannot be read.
export async function unpack_link(query: URLSearchParams): Promise<Shared | null> {
  const [plain, packed] = [query.get("s"), query.get("z")];
  if (plain === null && packed === null) return null;
  try {
    const bytes = plain !== null ? bytes_of(plain) : await through(bytes_of(packed!), new DecompressionStream("deflate-raw"));
    const found = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as unknown;
    if (typeof found !== "object" || found === null || (found as { v?: unknown }).v !== 1) throw new Error("it is of another version");
    return { settings: settings_from(found), turns: turns_from((found as { turns?: unknown }).turns) };
  } catch (error) {
    const why = error instanceof Error && error.message.startsWith("it ") ? error.message : "it was cut or changed on its way";
    throw new Error(`This link cannot be read: ${why}. Ask for it again.`, { cause: error });
  }
}
