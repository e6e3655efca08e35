import { expect, test } from "vitest";
import { event_parser, events_of } from "../src/api/sse";

test("events cut anywhere come out whole", () => {
  const text = 'event: state\r\ndata: {"a":1}\r\n\r\n: a comment\r\n\r\ndata: one\ndata: two\n\nid: 3\rdata:three\r\rdata: [DONE]\n\n';
  const wanted = [
    { event: "state", data: '{"a":1}' },
    { event: "message", data: "one\ntwo" },
    { event: "message", data: "three" },
    { event: "message", data: "[DONE]" },
  ];
  for (let size = 1; size <= text.length; ++size) {
    const parse = event_parser();
    const found = [];
    for (let at = 0; at < text.length; at += size) found.push(...parse(text.slice(at, at + size)));
    expect(found, `pieces of ${size}`).toEqual(wanted);
  }
});

test("an event that does not end is not told", () => {
  expect(event_parser()("data: half")).toEqual([]);
  expect(event_parser()("data: half\n")).toEqual([]);
});

test("signs of several bytes may be cut by the network", async () => {
  const bytes = new TextEncoder().encode("data: \u00e9\u2013\ud83d\ude00\n\n");
  const body = new ReadableStream<Uint8Array>({
    start(control) {
      for (const byte of bytes) control.enqueue(Uint8Array.of(byte));
      control.close();
    },
  });
  const found = [];
  for await (const event of events_of(body)) found.push(event.data);
  expect(found).toEqual(["\u00e9\u2013\ud83d\ude00"]);
});
