// Server-sent events from the body of a fetch: lines may end in any way and be cut anywhere.

export interface ServerEvent {
  event: string; // "message" where the stream names none
  data: string;
}

/// Feed it pieces of text; each call returns the events that became whole.
export function event_parser(): (piece: string) => ServerEvent[] {
  let rest = "";
  let event = "";
  let data: string[] = [];
  return (piece) => {
    rest += piece;
    const found: ServerEvent[] = [];
    for (;;) {
      const end = rest.search(/\r\n|\n|\r/);
      if (end < 0 || (rest[end] === "\r" && end === rest.length - 1)) return found; // its \n may follow
      const line = rest.slice(0, end);
      rest = rest.slice(end + (rest.startsWith("\r\n", end) ? 2 : 1));
      if (line === "") {
        if (data.length > 0) found.push({ event: event || "message", data: data.join("\n") });
        event = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") data.push(value);
      else if (field === "event") event = value;
    }
  };
}

export async function* events_of(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parse = event_parser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield* parse(decoder.decode(value, { stream: true }));
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}
