import { assert, assertEquals, assertRejects } from "@std/assert";
import { NetworkError, RegistryError } from "../../lib/errors.ts";
import { candidatesOf } from "../../lib/registry/endpoint.ts";
import { Registry } from "../../lib/registry/registry.ts";
import { Transport, type TransportOptions } from "../../lib/registry/transport.ts";
import { createWorld, errorAnswer, type Handler, HOST, openTransport } from "./world.ts";

const CANDIDATES: readonly { registry: string; strict: string[]; insecure: string[] }[] = [
  { registry: "ghcr.io", strict: ["https"], insecure: ["https", "https!", "http"] },
  { registry: "10.2.3.4:5000", strict: ["https"], insecure: ["https", "https!", "http"] },
  { registry: "foo.svc.local:1234", strict: ["https"], insecure: ["https", "https!", "http"] },
  { registry: "127.0.0.1.evil.com", strict: ["https"], insecure: ["https", "https!", "http"] },
  { registry: "localhost:5000", strict: ["http", "https"], insecure: ["http", "https", "https!"] },
  { registry: "127.0.0.1:5000", strict: ["http", "https"], insecure: ["http", "https", "https!"] },
  { registry: "[::1]:5000", strict: ["http", "https"], insecure: ["http", "https", "https!"] },
  { registry: "foo.localhost", strict: ["http", "https"], insecure: ["http", "https", "https!"] },
];

for (const { registry, strict, insecure } of CANDIDATES) {
  Deno.test({
    name: `${registry} is spoken to by ${strict.join(", then ")}`,
    permissions: "none",
    fn() {
      const ways = (isInsecure: boolean) =>
        candidatesOf(registry, isInsecure).map(({ origin, verified }) =>
          origin.protocol.slice(0, -1) + (verified ? "" : "!")
        );
      assertEquals(ways(false), strict);
      assertEquals(ways(true), insecure);
    },
  });
}

/** What `fetch` throws when it speaks https to a server that does not. */
const notTls: Handler = () => {
  throw new TypeError("fetch failed", {
    cause: new Error("client error (Connect): received corrupt message of type InvalidContentType"),
  });
};

const untrusted: Handler = () => {
  throw new TypeError("fetch failed", {
    cause: new Error("client error (Connect): invalid peer certificate: UnknownIssuer"),
  });
};

const hello: Handler = () => new Response("{}");

Deno.test("https never becomes http by itself, and the error says how it can", async () => {
  const world = createWorld({ [`https://${HOST}`]: notTls, [`http://${HOST}`]: hello });
  const registry = new Registry(HOST, { transport: openTransport(world) });
  await assertRejects(() => registry.ping(), NetworkError, "use --insecure for plain http");
  assertEquals(world.lines, ["GET /v2/"]);
});

Deno.test("an untrusted certificate says what to do", async () => {
  const world = createWorld({ [`https://${HOST}`]: untrusted, [`http://${HOST}`]: hello });
  const registry = new Registry(HOST, { transport: openTransport(world) });
  await assertRejects(() => registry.ping(), NetworkError, "certificate is not trusted");
});

Deno.test("an insecure registry may speak http, and is remembered to", async () => {
  const world = createWorld({ [`https://${HOST}`]: notTls, [`http://${HOST}`]: hello });
  const insecure = (registry: string) => registry === HOST;
  const registry = new Registry(HOST, { transport: openTransport(world, { insecure }) });
  await registry.ping();
  await registry.ping();
  assertEquals(world.lines, ["GET /v2/", `GET http://${HOST}/v2/`, `GET http://${HOST}/v2/`]);
});

Deno.test("many first requests to a registry find out once how it speaks", async () => {
  const world = createWorld({ [`https://${HOST}`]: notTls, [`http://${HOST}`]: hello });
  const transport = openTransport(world, { insecure: true });
  const registry = new Registry(HOST, { transport });
  await Promise.all(Array.from({ length: 5 }, () => registry.ping()));
  assertEquals(world.lines.filter((line) => line === "GET /v2/").length, 1);
});

Deno.test("a registry on this machine is asked by http first, then by https", async () => {
  const misunderstood = () =>
    new Response("Client sent an HTTP request to an HTTPS server.", { status: 400 });
  const name = "localhost:5000";
  const world = createWorld({ [`http://${name}`]: misunderstood, [`https://${name}`]: hello });
  await new Registry(name, { transport: openTransport(world) }).ping();
  assertEquals(world.lines, [`GET http://${name}/v2/`, `GET https://${name}/v2/`]);
});

Deno.test("a 400 of a registry that speaks http alone is its own answer", async () => {
  const name = "localhost:5000";
  const world = createWorld({
    [`http://${name}`]: () => errorAnswer(400, "NAME_INVALID", "no good"),
    [`https://${name}`]: notTls,
  });
  const registry = new Registry(name, { transport: openTransport(world) });
  await assertRejects(() => registry.ping(), RegistryError, "NAME_INVALID: no good");
});

const TEXTS: readonly { why: string; answer: () => Response; says: string }[] = [
  {
    why: "one reason",
    answer: () => errorAnswer(404, "NAME_UNKNOWN", "no such repository"),
    says:
      'Cannot GET "https://registry.example/v2/": expected 200, got 404 NAME_UNKNOWN: no such ' +
      "repository",
  },
  {
    why: "several reasons",
    answer: () =>
      Response.json({ errors: [{ code: "A" }, { code: "B", message: "b" }] }, { status: 400 }),
    says: "got 400 A; B: b",
  },
  {
    why: "text",
    answer: () => new Response(" quota\n exceeded ", { status: 400 }),
    says: "400 quota exceeded",
  },
  {
    why: "a page",
    answer: () => new Response("<html>…</html>", { status: 502 }),
    says: "got 502 bad gateway",
  },
  {
    why: "another JSON",
    answer: () => Response.json({ message: "blocked by policy" }, { status: 400 }),
    says: "400 blocked by policy",
  },
  {
    why: "control characters",
    answer: () => errorAnswer(400, "X", "red \u001b[31m\u202e text"),
    says: "X: red [31m text",
  },
  { why: "nothing", answer: () => new Response(null, { status: 418 }), says: "got 418" },
  {
    why: "a long body, whose status still counts",
    answer: () => new Response("x".repeat(1_000_000), { status: 413 }),
    says: "got 413 xxx",
  },
];

for (const { why, answer, says } of TEXTS) {
  Deno.test(`an error with ${why} is told in one line`, async () => {
    const transport = openTransport(createWorld(answer), { retry: { attempts: 1 } });
    const failing = () => new Registry(HOST, { transport }).ping();
    const { message } = await assertRejects(failing, Error, says);
    assert(!/[\p{Cc}\p{Cf}]/u.test(message) && message.length < 600, message);
  });
}

Deno.test("an error keeps status and codes as fields", async () => {
  const world = createWorld(() =>
    Response.json({ errors: [{ code: "A" }, { message: "b" }, null, { code: 7 }] }, { status: 409 })
  );
  const registry = new Registry(HOST, { transport: openTransport(world) });
  const error = await assertRejects(() => registry.ping(), RegistryError);
  assertEquals([error.status, error.errorCodes], [409, ["A"]]);
});

Deno.test("requests introduce themselves and ask for bytes as they are", async () => {
  const world = createWorld(hello);
  await new Registry(HOST, { transport: openTransport(world, { userAgent: "davit/1.2" }) }).ping();
  assertEquals(world.seen[0]?.headers.get("user-agent"), "davit/1.2");
  assertEquals(world.seen[0]?.headers.get("accept-encoding"), "identity");
});

Deno.test("a warning is told once", async () => {
  const header = '299 - "this registry moves", 299 - "so does \\"this\\"", 110 - "stale"';
  const world = createWorld(() => new Response("{}", { headers: { warning: header } }));
  const warnings: string[] = [];
  const onWarning: TransportOptions["onWarning"] = ({ registry, text }) =>
    warnings.push(`${registry}: ${text}`);
  const registry = new Registry(HOST, { transport: openTransport(world, { onWarning }) });
  await registry.ping();
  await registry.ping();
  assertEquals(warnings, [`${HOST}: this registry moves`, `${HOST}: so does "this"`]);
});

Deno.test("no more requests are under way than allowed, and readers hold none up", async () => {
  let running = 0;
  let most = 0;
  const world = createWorld(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running--;
    return new Response("body");
  });
  const transport = openTransport(world, { maxRequestsPerHost: 3 });
  const request = { registry: HOST, method: "GET", target: "/v2/" };
  const answers = await Promise.all(Array.from({ length: 20 }, () => transport.request(request)));
  assertEquals(most, 3);
  for (const answer of answers) await answer.body?.cancel();
});

Deno.test("who waits for a turn leaves by its signal", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const world = createWorld(async () => {
    await released;
    return new Response(null);
  });
  const transport = openTransport(world, { maxRequestsPerHost: 1 });
  const controller = new AbortController();
  const request = { registry: HOST, method: "GET", target: "/v2/" };
  const first = transport.request(request);
  const waiting = transport.request({ ...request, signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => waiting, Error, "enough");
  release();
  await first;
});

Deno.test("a transport without certificates of its own has nothing to close", () => {
  using transport = new Transport();
  assert(transport.backoff !== undefined);
});
