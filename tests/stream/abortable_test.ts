import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { abortable } from "../../lib/stream/abortable.ts";
import { drain, endless, failureOf, stalled, streamOf } from "./sources.ts";

Deno.test("abortable() is the source itself without a signal", () => {
  const source = streamOf();
  assertStrictEquals(abortable(source, undefined), source);
});

Deno.test("abortable() fails with the reason during a read that stalls", async () => {
  const source = stalled();
  const controller = new AbortController();
  const failing = failureOf(abortable(source.stream, controller.signal));
  controller.abort("enough");
  assertEquals([await failing, source.cancels()], ["enough", ["enough"]]);
});

Deno.test("abortable() cancels the source though nobody reads", async () => {
  const source = endless(new Uint8Array(1));
  const controller = new AbortController();
  const stream = abortable(source.stream, controller.signal);
  controller.abort("enough");
  assertEquals([await failureOf(stream), source.cancels()], ["enough", ["enough"]]);
});

Deno.test("abortable() takes no notice of a signal after the end", async () => {
  const controller = new AbortController();
  const bytes = await drain(abortable(streamOf(new Uint8Array(3)), controller.signal));
  controller.abort();
  assertEquals(bytes.length, 3);
});

Deno.test("abortable() leaves no listener on a signal that lives on", async () => {
  let listeners = 0;
  const signal = new AbortController().signal;
  const { addEventListener } = signal;
  signal.addEventListener = (...[type, listener, options]: Parameters<typeof addEventListener>) => {
    listeners++;
    const { signal: until } = options as AddEventListenerOptions;
    until?.addEventListener("abort", () => listeners--);
    addEventListener.call(signal, type, listener, options);
  };
  await drain(abortable(streamOf(new Uint8Array(3)), signal));
  const reader = abortable(endless(new Uint8Array(1)).stream, signal).getReader();
  assert(!(await reader.read()).done);
  await reader.cancel();
  assertEquals(listeners, 0);
});
