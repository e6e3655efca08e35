// Calls of the server this page came from. A key, where one is needed, stays in this tab.
import { events_of, type ServerEvent } from "./sse";

export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: the server was not reached
    message: string,
    readonly param: string | null = null,
  ) {
    super(message);
  }
}

const place = "axia-key";
let key = sessionStorage.getItem(place) ?? "";
let ask_key: ((why: string) => Promise<string | null>) | null = null;
let asking: Promise<string | null> | null = null;

export function has_key(): boolean {
  return key !== "";
}

export function forget_key(): void {
  key = "";
  sessionStorage.removeItem(place);
}

/// `asker` is called once when a call is answered 401; null from it gives up.
export function on_key_needed(asker: (why: string) => Promise<string | null>): void {
  ask_key = asker;
}

async function new_key(refused: string, why: string): Promise<boolean> {
  if (key !== refused) return true; // another call has asked meanwhile
  if (!ask_key) return false;
  asking ??= ask_key(why).finally(() => (asking = null));
  const given = await asking;
  if (given === null) return false;
  key = given;
  sessionStorage.setItem(place, key);
  return true;
}

async function error_of(response: Response): Promise<ApiError> {
  let message = `the server answered ${response.status}`;
  let param: string | null = null;
  try {
    const { error } = (await response.json()) as { error?: { message?: string; param?: string | null } };
    if (error?.message) message = error.message;
    param = error?.param ?? null;
  } catch {
    // not JSON: the status has to do
  }
  const wait = response.headers.get("Retry-After");
  if (response.status === 429 && wait) message += `; try again in ${wait} s`;
  return new ApiError(response.status, message, param);
}

export interface CallOptions {
  method?: string;
  body?: unknown;
  signal?: AbortSignal;
}

export async function call(path: string, options: CallOptions = {}): Promise<Response> {
  for (;;) {
    const used = key;
    let response: Response;
    try {
      response = await fetch(path, {
        method: options.method ?? (options.body === undefined ? "GET" : "POST"),
        headers: {
          ...(options.body === undefined ? {} : { "Content-Type": "application/json" }),
          ...(used ? { Authorization: `Bearer ${used}` } : {}),
        },
        body: options.body === undefined ? null : JSON.stringify(options.body),
        signal: options.signal ?? null,
        cache: "no-store",
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw new ApiError(0, "the server cannot be reached; is axia serve still running?");
    }
    if (response.ok) return response;
    const error = await error_of(response);
    if (response.status !== 401 || !(await new_key(used, error.message))) throw error;
  }
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await call(path, signal ? { signal } : {})).json() as Promise<T>;
}

export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return (await call(path, signal ? { body, signal } : { body })).json() as Promise<T>;
}

export async function* stream(path: string, options: CallOptions = {}): AsyncGenerator<ServerEvent> {
  const response = await call(path, options);
  if (response.body) yield* events_of(response.body);
}

export function message_of(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
