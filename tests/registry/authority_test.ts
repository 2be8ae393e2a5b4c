import { assert, assertEquals, assertRejects } from "@std/assert";
import { DavitError, PolicyError, RegistryError, UnauthorizedError } from "../../lib/errors.ts";
import type { Credentials } from "../../lib/registry/keychain.ts";
import type { TransportOptions } from "../../lib/registry/transport.ts";
import { createWorld, type Handler, HOST, openTransport, ORIGIN, type World } from "./world.ts";

const AUTH = "https://auth.example";
const BASIC = `Basic ${btoa("me:secret")}`;

/** A registry that wants the bearer token `good`, of a service at AUTH. */
const registry: Handler = ({ headers, url }) => {
  if (headers.get("authorization") === "Bearer good") return new Response("ok");
  const scope = `repository:${url.pathname.split("/")[2]}:pull`;
  return challenge(`Bearer realm="${AUTH}/token",service="${HOST}",scope="${scope}"`);
};

function challenge(...values: readonly string[]): Response {
  const headers = new Headers();
  for (const value of values) headers.append("www-authenticate", value);
  return new Response(null, { status: 401, headers });
}

function keep(credentials: Credentials): TransportOptions {
  return { keychain: { credentials: () => Promise.resolve(credentials) } };
}

function ask(world: World, options: TransportOptions = {}): () => Promise<string> {
  const transport = openTransport(world, { retry: { attempts: 1 }, ...options });
  return async () => {
    const answer = await transport.request({
      registry: HOST,
      repository: "app",
      scopes: ["repository:app:pull"],
      method: "GET",
      target: "/v2/app/tags/list",
    });
    return await new Response(answer.body).text();
  };
}

for (const member of ["token", "access_token"]) {
  Deno.test(`a token is taken from "${member}", anonymously without credentials`, async () => {
    const world = createWorld({
      [ORIGIN]: registry,
      [AUTH]: () => Response.json({ [member]: "good" }),
    });
    assertEquals(await ask(world)(), "ok");
    assertEquals(world.lines, [
      "GET /v2/app/tags/list",
      `GET ${AUTH}/token?service=${HOST}&scope=repository%3Aapp%3Apull`,
      "GET /v2/app/tags/list",
    ]);
    assertEquals(world.seen.map(({ headers }) => headers.get("authorization")), [
      null,
      null,
      "Bearer good",
    ]);
  });
}

Deno.test("name and password go to the token service, the token to the registry", async () => {
  const world = createWorld({ [ORIGIN]: registry, [AUTH]: () => Response.json({ token: "good" }) });
  await ask(world, keep({ username: "me", password: "secret" }))();
  assertEquals(world.seen.map(({ headers }) => headers.get("authorization")), [
    null,
    BASIC,
    "Bearer good",
  ]);
});

Deno.test("an access_token wins over a token", async () => {
  const tokens = () => Response.json({ token: "bad", access_token: "good" });
  assertEquals(await ask(createWorld({ [ORIGIN]: registry, [AUTH]: tokens }))(), "ok");
});

Deno.test("an identity token is exchanged by POST, and replaced by the one that comes back", async () => {
  const world = createWorld({
    [ORIGIN]: registry,
    [AUTH]: () => Response.json({ access_token: "good", refresh_token: "second", expires_in: 60 }),
  });
  const again = ask(world, keep({ identityToken: "first" }));
  await again();
  world.clock.advance(120_000);
  await again();
  const posts = world.seen.filter(({ line }) => line.startsWith("POST"));
  assertEquals(
    posts.map(({ body }) =>
      Object.fromEntries(new URLSearchParams(new TextDecoder().decode(body)))
    ),
    ["first", "second"].map((token) => ({
      grant_type: "refresh_token",
      refresh_token: token,
      client_id: "davit",
      service: HOST,
      scope: "repository:app:pull",
    })),
  );
});

Deno.test("a token service that knows no POST is asked by GET with name and password", async () => {
  const world = createWorld({
    [ORIGIN]: registry,
    [AUTH]: ({ line }) =>
      line.startsWith("POST")
        ? new Response(null, { status: 404 })
        : Response.json({ token: "good" }),
  });
  await ask(world, keep({ identityToken: "first", username: "me", password: "secret" }))();
  assertEquals(world.seen.map(({ line }) => line.split(" ")[0]), ["GET", "POST", "GET", "GET"]);
  assertEquals(world.seen[2]?.headers.get("authorization"), BASIC);
});

Deno.test("a registry token is used as it is", async () => {
  const world = createWorld({ [ORIGIN]: registry });
  assertEquals(await ask(world, keep({ registryToken: "good" }))(), "ok");
  assertEquals(world.lines.length, 2);
});

Deno.test("a basic challenge gets name and password, at once from the second request on", async () => {
  const world = createWorld(({ headers }) =>
    headers.get("authorization") === BASIC ? new Response("ok") : challenge('Basic realm="x"')
  );
  const again = ask(world, keep({ username: "me", password: "secret" }));
  await again();
  await again();
  assertEquals(world.lines.length, 3);
});

Deno.test("of several challenges, in one header or in several, the first known one is met", async () => {
  for (const challenges of [["Negotiate", 'Basic realm="x"'], ['Negotiate, Basic realm="x"']]) {
    const world = createWorld(({ headers }) =>
      headers.get("authorization") === BASIC ? new Response("ok") : challenge(...challenges)
    );
    assertEquals(await ask(world, keep({ username: "me", password: "secret" }))(), "ok");
  }
});

Deno.test("a token is used until it ends, then asked for anew", async () => {
  const world = createWorld({
    [ORIGIN]: registry,
    [AUTH]: () => Response.json({ token: "good", expires_in: 300 }),
  });
  const again = ask(world);
  for (const seconds of [0, 200, 200]) {
    world.clock.advance(seconds * 1000);
    await again();
  }
  assertEquals(world.lines.map((line) => line.includes("/token")), [
    ...[false, true, false], // the first finds out
    false, // the second has a token
    ...[true, false], // the third knows that it has ended
  ]);
});

for (const expiresIn of [undefined, -1, 0, "soon", 1e300, null]) {
  Deno.test(`expires_in ${expiresIn} makes a token last a sensible time`, async () => {
    const world = createWorld({
      [ORIGIN]: registry,
      [AUTH]: () => Response.json({ token: "good", expires_in: expiresIn }),
    });
    const again = ask(world);
    const tokens = () => world.lines.filter((line) => line.includes("/token")).length;
    await again();
    world.clock.advance(30_000);
    await again();
    assertEquals(tokens(), 1);
    world.clock.advance(24 * 3600_000);
    await again();
    assertEquals(tokens(), 2);
  });
}

Deno.test("a stale token costs one refusal", async () => {
  let good = "first";
  const world = createWorld({
    [ORIGIN]: ({ headers }) =>
      headers.get("authorization") === `Bearer ${good}`
        ? new Response("ok")
        : challenge(`Bearer realm="${AUTH}/token"`),
    [AUTH]: () => Response.json({ token: good }),
  });
  const again = ask(world);
  await again();
  good = "second";
  await again();
  assertEquals(world.lines.filter((line) => line.includes("/v2/")).length, 4);
});

Deno.test("a token that is refused again is an error, not a loop", async () => {
  const world = createWorld({ [ORIGIN]: registry, [AUTH]: () => Response.json({ token: "bad" }) });
  await assertRejects(ask(world), UnauthorizedError, "there are no credentials");
  assertEquals(world.lines.length, 3);
});

Deno.test("a scope that the registry asks for comes first, ours after it", async () => {
  const world = createWorld({
    [ORIGIN]: ({ headers }) =>
      headers.has("authorization")
        ? new Response("ok")
        : challenge(`Bearer realm="${AUTH}/token",scope="repository:mirror/app:pull"`),
    [AUTH]: () => Response.json({ token: "good" }),
  });
  await ask(world)();
  assertEquals(world.seen[1]?.url.searchParams.getAll("scope"), [
    "repository:mirror/app:pull",
    "repository:app:pull",
  ]);
});

Deno.test("many requests at once share one token", async () => {
  const world = createWorld({
    [ORIGIN]: registry,
    [AUTH]: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return Response.json({ token: "good" });
    },
  });
  const again = ask(world);
  assertEquals(await Promise.all(Array.from({ length: 10 }, again)), Array(10).fill("ok"));
  assertEquals(world.lines.filter((line) => line.includes("/token")).length, 1);
});

const REFUSED_REALMS:
  readonly (readonly [string, typeof PolicyError | typeof RegistryError, string])[] = [
    ["http://auth.example/token", PolicyError, "expected https"],
    ["file:///etc/passwd", PolicyError, "http or https"],
    ["https://127.0.0.1/token", PolicyError, "loopback"],
    ["https://[::1]:8443/token", PolicyError, "loopback"],
    ["https://10.0.0.1/token", PolicyError, "private"],
    ["https://169.254.169.254/token", PolicyError, "link-local"],
    ["https://0.0.0.0/token", PolicyError, "link-local or reserved"],
    ["https://me:secret@auth.example/", PolicyError, "user name"],
    ["/token", RegistryError, "expected a URL as token realm"],
  ];

for (const [realm, expected, why] of REFUSED_REALMS) {
  Deno.test(`the token realm ${realm} is refused, and gets no credentials`, async () => {
    const world = createWorld({ [ORIGIN]: () => challenge(`Bearer realm="${realm}"`) });
    const options = keep({ username: "me", password: "secret" });
    await assertRejects<Error>(ask(world, options), expected, why);
    assertEquals(world.lines, ["GET /v2/app/tags/list"]);
  });
}

Deno.test("a redirect of the token service is checked like the realm", async () => {
  const world = createWorld({
    [ORIGIN]: registry,
    [AUTH]: () => Response.redirect("https://127.0.0.1/token", 302),
  });
  await assertRejects(ask(world), PolicyError, "redirect of the token service");
});

Deno.test("a redirect of the token service to another server takes no password along", async () => {
  const world = createWorld({
    [ORIGIN]: registry,
    [AUTH]: () => Response.redirect("https://evil.example/token", 307),
    "https://evil.example": () => Response.json({ token: "good" }),
  });
  await ask(world, keep({ username: "me", password: "secret" }))();
  const [evil] = world.seen.filter(({ url }) => url.host === "evil.example");
  assertEquals(evil?.headers.get("authorization"), null);
});

Deno.test("an identity token follows no redirect to another server", async () => {
  const world = createWorld({
    [ORIGIN]: registry,
    [AUTH]: () => Response.redirect("https://evil.example/token", 307),
    "https://evil.example": () => Response.json({ token: "good" }),
  });
  await assertRejects(ask(world, keep({ identityToken: "secret" })), PolicyError, "nowhere else");
  assertEquals(world.lines.some((line) => line.includes("evil")), false);
});

const BAD_TOKENS: readonly { why: string; answer: () => Response; says: string }[] = [
  { why: "without a token", answer: () => Response.json({ tok: "x" }), says: "access_token" },
  { why: "of null", answer: () => Response.json(null), says: "access_token" },
  { why: "with a number", answer: () => Response.json({ token: 7 }), says: "access_token" },
  {
    why: "with a line break",
    answer: () => Response.json({ token: "a\r\nb: c" }),
    says: "access_token",
  },
  { why: "that is HTML", answer: () => new Response("<html>"), says: "expected JSON" },
  { why: "of 10 MB", answer: () => new Response("x".repeat(10_000_000)), says: "at most 1048576" },
  { why: "that is 401", answer: () => new Response(null, { status: 401 }), says: "no credentials" },
];

for (const { why, answer, says } of BAD_TOKENS) {
  Deno.test(`an answer of the token service ${why} is a clear error`, async () => {
    await assertRejects(ask(createWorld({ [ORIGIN]: registry, [AUTH]: answer })), DavitError, says);
  });
}

Deno.test("a token service that is busy is tried again", async () => {
  const world = createWorld({
    [ORIGIN]: registry,
    [AUTH]: (_, count) =>
      count < 4 ? new Response(null, { status: 503 }) : Response.json({ token: "good" }),
  });
  assertEquals(await ask(world, { retry: { attempts: 3 } })(), "ok");
});

Deno.test("a refusal says whose credentials were refused, never the credentials", async () => {
  const world = createWorld(() => challenge('Basic realm="x"'));
  const error = await assertRejects(
    ask(world, keep({ username: "me", password: "secret", source: "~/.docker/config.json" })),
    UnauthorizedError,
    'the credentials of "me" from ~/.docker/config.json do not allow it',
  );
  assertEquals(error.status, 401);
  assert(!error.message.includes("secret") && !error.message.includes(BASIC));
});

Deno.test("a registry that lets everybody in never has the keychain asked", async () => {
  const keychain = { credentials: () => Promise.reject(new Error("asked")) };
  await ask(createWorld(() => new Response("ok")), { keychain })();
  const world = createWorld(() => new Response(null, { status: 404 }));
  await assertRejects(ask(world, { keychain }), RegistryError, "got 404");
});

Deno.test("a keychain that failed is asked again by the next request", async () => {
  let calls = 0;
  const world = createWorld(({ headers }) =>
    headers.has("authorization") ? new Response("ok") : challenge('Basic realm="x"')
  );
  const again = ask(world, {
    keychain: {
      credentials: () =>
        ++calls === 1
          ? Promise.reject(new Error("locked"))
          : Promise.resolve({ username: "me", password: "secret" }),
    },
  });
  await assertRejects(again, Error, "locked");
  assertEquals(await again(), "ok");
});

Deno.test("a caller who leaves does not take the token from the others", async () => {
  const { promise: asked, resolve: wasAsked } = Promise.withResolvers<void>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const world = createWorld({
    [ORIGIN]: registry,
    [AUTH]: async () => {
      wasAsked();
      await released;
      return Response.json({ token: "good" });
    },
  });
  const transport = openTransport(world);
  const request = { registry: HOST, method: "GET", target: "/v2/app/x", scopes: ["s:app:pull"] };
  const controller = new AbortController();
  const leaving = transport.request({ ...request, signal: controller.signal });
  const staying = transport.request(request);
  await asked;
  controller.abort(new Error("left"));
  await assertRejects(() => leaving, Error, "left");
  release();
  await (await staying).body?.cancel();
});
