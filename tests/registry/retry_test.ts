import { assert, assertEquals, assertRejects } from "@std/assert";
import { Backoff, markTemporary, parseRetryAfter, systemClock } from "../../lib/registry/retry.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { createWorld, errorAnswer, openTransport } from "./world.ts";
import { HOST } from "./world.ts";

const NOW = Date.UTC(2026, 0, 1);

for (
  const { header, expected } of [
    { header: null, expected: undefined },
    { header: "", expected: undefined },
    { header: "7", expected: 7000 },
    { header: " 0 ", expected: 0 },
    { header: "-5", expected: undefined },
    { header: "1e9", expected: undefined },
    { header: "soon", expected: undefined },
    { header: "99999999999", expected: 99_999_999_999_000 },
    { header: "Thu, 01 Jan 2026 00:00:30 GMT", expected: 30_000 },
    { header: "Wed, 31 Dec 2025 00:00:00 GMT", expected: 0 },
  ]
) {
  Deno.test(`parseRetryAfter() of ${JSON.stringify(header)} is ${expected}`, () => {
    assertEquals(parseRetryAfter(header, NOW), expected);
  });
}

Deno.test("Backoff waits twice as long each time, up to a limit, with jitter", async () => {
  for (
    const { random, expected } of [
      { random: 1, expected: [100, 200, 300] },
      { random: 0, expected: [50, 100, 150] },
    ]
  ) {
    const { clock, waits } = createWorld({});
    const backoff = new Backoff({ attempts: 4, baseMs: 100, maxMs: 300 }, clock, () => random);
    const failing = backoff.run(() => Promise.reject(markTemporary(new Error("busy"))));
    await assertRejects(() => failing, Error, "busy");
    assertEquals(waits, expected);
  }
});

Deno.test("Backoff tries what fails for good once", async () => {
  const { clock, waits } = createWorld({});
  let attempts = 0;
  const backoff = new Backoff({}, clock, () => 1);
  await assertRejects(() => backoff.run(() => Promise.reject(new Error(`${++attempts}`))), Error);
  assertEquals([attempts, waits.length], [1, 0]);
});

Deno.test("Backoff is left at once by a signal", async () => {
  const backoff = new Backoff({ baseMs: 60_000 }, systemClock, () => 1);
  const controller = new AbortController();
  const failing = backoff.run(() => Promise.reject(markTemporary(new Error("busy"))), {
    signal: controller.signal,
  });
  const started = performance.now();
  setTimeout(() => controller.abort(new Error("enough")), 10);
  await assertRejects(() => failing, Error, "enough");
  assert(performance.now() - started < 1000);
});

const STATUSES = [
  ...[408, 429, 499, 500, 502, 503, 504, 522].map((status) => ({ status, attempts: 4 })),
  ...[400, 401, 403, 404, 405, 410, 416, 501].map((status) => ({ status, attempts: 1 })),
];

for (const { status, attempts } of STATUSES) {
  Deno.test(`a request answered with ${status} is made ${attempts} times in all`, async () => {
    const world = createWorld(() => errorAnswer(status, "NOPE", "as I said"));
    const failing = openTransport(world).request({ registry: HOST, method: "GET", target: "/v2/" });
    await assertRejects(() => failing, Error, "as I said");
    assertEquals(world.lines.length, attempts);
  });
}

for (
  const { status, codes, attempts } of [
    { status: 400, codes: ["UNKNOWN"], attempts: 4 },
    { status: 400, codes: ["BLOB_UPLOAD_INVALID"], attempts: 4 },
    { status: 400, codes: ["UNKNOWN", "NAME_INVALID"], attempts: 1 },
    { status: 403, codes: ["UNKNOWN"], attempts: 1 },
    { status: 404, codes: ["BLOB_UPLOAD_INVALID"], attempts: 1 },
    { status: 403, codes: ["TOOMANYREQUESTS"], attempts: 4 },
  ]
) {
  Deno.test(`a ${status} for ${codes} is met ${attempts} times in all`, async () => {
    const errors = codes.map((code) => ({ code }));
    const world = createWorld(() => Response.json({ errors }, { status }));
    const failing = openTransport(world).request({ registry: HOST, method: "GET", target: "/v2/" });
    await assertRejects(() => failing);
    assertEquals(world.lines.length, attempts);
  });
}

Deno.test("a server's Retry-After is obeyed", async () => {
  const world = createWorld((_, count) =>
    count === 1 ? errorAnswer(503, "UNAVAILABLE", "", { "retry-after": "17" }) : new Response("{}")
  );
  const answer = await openTransport(world)
    .request({ registry: HOST, method: "GET", target: "/v2/" });
  await answer.body?.cancel();
  assertEquals(world.waits, [17_000]);
});

Deno.test("a Retry-After of an hour is not waited for, but told", async () => {
  const world = createWorld(() =>
    errorAnswer(429, "TOOMANYREQUESTS", "slow down", { "retry-after": "3600" })
  );
  const failing = openTransport(world).request({ registry: HOST, method: "GET", target: "/v2/" });
  await assertRejects(() => failing, Error, "429 TOOMANYREQUESTS: slow down; try again in 3600 s");
  assertEquals([world.lines.length, world.waits.length], [1, 0]);
});

Deno.test("after a 429 every request to that server waits", async () => {
  const world = createWorld((_, count) =>
    count === 1 ? errorAnswer(429, "TOOMANYREQUESTS", "", { "retry-after": "5" }) : new Response("")
  );
  const transport = openTransport(world, { retry: { attempts: 1 } });
  const request = { registry: HOST, method: "GET", target: "/v2/" };
  await assertRejects(() => transport.request(request));
  await (await transport.request(request)).body?.cancel();
  assertEquals(world.waits, [5000]);
});

Deno.test("a server that takes three requests at a time gets forty, and is not run over", async () => {
  const WINDOW_MS = 60;
  let start = 0;
  let taken = 0;
  let refused = 0;
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    const now = performance.now();
    if (now - start > WINDOW_MS) [start, taken] = [now, 0];
    if (++taken <= 3) return new Response("{}");
    refused++;
    return errorAnswer(429, "TOOMANYREQUESTS", "", { "retry-after": String(WINDOW_MS / 1000) });
  });
  using transport = new Transport({ retry: { attempts: 10, baseMs: 5 } });
  const request = { registry: `127.0.0.1:${server.addr.port}`, method: "GET", target: "/v2/" };
  await Promise.all(Array.from({ length: 40 }, async () => {
    await (await transport.request(request)).body?.cancel();
  }));
  assert(refused < 80, `${refused} of ${refused + 40} were refused`);
});

Deno.test("a wait that others asked for ends with the signal", async () => {
  const world = createWorld((_, count) =>
    count === 1
      ? errorAnswer(429, "TOOMANYREQUESTS", "", { "retry-after": "30" })
      : new Response("")
  );
  const transport = openTransport(world, { clock: systemClock, retry: { attempts: 1 } });
  const request = { registry: HOST, method: "GET", target: "/v2/" };
  await assertRejects(() => transport.request(request));
  const controller = new AbortController();
  const waiting = transport.request({ ...request, signal: controller.signal });
  setTimeout(() => controller.abort(new Error("enough")), 10);
  const started = performance.now();
  await assertRejects(() => waiting, Error, "enough");
  assert(performance.now() - started < 5000);
});
