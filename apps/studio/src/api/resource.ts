// A JSON resource of the server, kept for the whole page and read again on demand.
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { get, message_of } from "./client";

export interface Resource<T> {
  data: T | null;
  error: string | null;
  loading: boolean;
  reload: () => void;
}

interface Entry {
  data: unknown;
  error: string | null;
  loading: boolean;
}

const entries = new Map<string, Entry>();
const listeners = new Set<() => void>();

function set(path: string, entry: Entry): void {
  entries.set(path, entry);
  for (const listener of listeners) listener();
}

export async function load(path: string): Promise<void> {
  const before = entries.get(path);
  if (before?.loading) return;
  set(path, { data: before?.data ?? null, error: null, loading: true });
  try {
    set(path, { data: await get(path), error: null, loading: false });
  } catch (error) {
    set(path, { data: null, error: message_of(error), loading: false });
  }
}

/// Reads again what is known under these beginnings of paths.
export function reload(...beginnings: string[]): void {
  for (const path of entries.keys()) {
    if (beginnings.some((one) => path.startsWith(one))) void load(path);
  }
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const nothing: Entry = { data: null, error: null, loading: true };

/// null as path: nothing is asked for.
export function useResource<T>(path: string | null): Resource<T> {
  const entry = useSyncExternalStore(subscribe, () => (path === null ? nothing : (entries.get(path) ?? nothing)));
  useEffect(() => {
    if (path !== null && !entries.has(path)) void load(path);
  }, [path]);
  const again = useCallback(() => {
    if (path !== null) void load(path);
  }, [path]);
  return { data: entry.data as T | null, error: entry.error, loading: path !== null && entry.loading, reload: again };
}

/// The part of the hash before "?" and what follows it.
export function useRoute(): { page: string; query: URLSearchParams } {
  const [hash, set_hash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => set_hash(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  const [page = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  return { page: page || "playground", query: new URLSearchParams(query) };
}
