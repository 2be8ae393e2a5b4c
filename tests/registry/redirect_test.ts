import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NetworkError, PolicyError, RegistryError } from "../../lib/errors.ts";
import {
  createWorld,
  describe,
  HOST,
  openApp,
  openTransport,
  ORIGIN,
  readBytes,
  singlePass,
} from "./world.ts";

const CDN = "https://cdn.example";
const BASIC = `Basic ${btoa("me:secret")}`;
const keychain = { credentials: () => Promise.resolve({ username: "me", password: "secret" }) };

function needsPassword(headers: Headers, answer: () => Response): Response {
  if (headers.get("authorization") === BASIC) return answer();
  return new Response(null, { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } });
}

function moved(status: number, location: string): Response {
  return new Response(null, { status, headers: { location } });
}

for (const status of [301, 302, 303, 307, 308]) {
  Deno.test(`a blob is fetched through a ${status} to another server, without credentials`, async () => {
    const { bytes, descriptor } = await describe("hello");
    const world = createWorld({
      [ORIGIN]: ({ headers }) =>
        needsPassword(headers, () => moved(status, `${CDN}/b?X-Signature=abc`)),
      [CDN]: () => new Response(bytes),
    });
    const stream = await openApp(world, { keychain }).fetch(descriptor);
    assertEquals(await readBytes(stream), bytes);
    const [cdn] = world.seen.filter(({ url }) => url.origin === CDN);
    assertEquals(cdn?.headers.get("authorization"), null);
    assertEquals(cdn?.url.searchParams.get("X-Signature"), "abc");
  });
}

Deno.test("another port of the same host gets no credentials", async () => {
  const other = `https://${HOST}:8443`;
  const { bytes, descriptor } = await describe("hello");
  const world = createWorld({
    [ORIGIN]: ({ headers }) => needsPassword(headers, () => moved(307, `${other}/b`)),
    [other]: () => new Response(bytes),
  });
  await readBytes(await openApp(world, { keychain }).fetch(descriptor));
  assertEquals(world.seen.at(-1)?.headers.get("authorization"), null);
});

Deno.test("another server that asks who we are is answered anonymously", async () => {
  const { bytes, descriptor } = await describe("hello");
  const world = createWorld({
    [ORIGIN]: ({ headers }) => needsPassword(headers, () => moved(307, `${CDN}/b`)),
    [CDN]: ({ headers, url }) =>
      url.pathname === "/token"
        ? Response.json({ token: "anonymous" })
        : headers.get("authorization") === "Bearer anonymous"
        ? new Response(bytes)
        : new Response(null, {
          status: 401,
          headers: { "www-authenticate": `Bearer realm="${CDN}/token"` },
        }),
  });
  await readBytes(await openApp(world, { keychain }).fetch(descriptor));
  const sent = world.seen.filter(({ url }) => url.origin === CDN)
    .map(({ headers }) => headers.get("authorization"));
  assertEquals(sent, [null, null, "Bearer anonymous"]);
});

Deno.test("another server that insists on a password does not get ours", async () => {
  const { descriptor } = await describe("hello");
  const world = createWorld({
    [ORIGIN]: ({ headers }) => needsPassword(headers, () => moved(307, `${CDN}/b`)),
    [CDN]: ({ headers }) => needsPassword(headers, () => new Response("hello")),
  });
  await assertRejects(
    () => openApp(world, { keychain }).fetch(descriptor),
    Error,
    "its credentials are for nobody else",
  );
  assert(
    world.seen.every(({ url, headers }) => url.origin === ORIGIN || !headers.has("authorization")),
  );
});

for (
  const { to, says } of [
    { to: "http://cdn.example/b", says: "expected https" },
    { to: "https://127.0.0.1/b", says: "loopback" },
    { to: "https://169.254.169.254/latest/meta-data", says: "link-local" },
    { to: "file:///etc/passwd", says: "http or https" },
    { to: "https://u:p@cdn.example/b", says: "user name" },
  ]
) {
  Deno.test(`a redirect to ${to} is refused before anything is sent there`, async () => {
    const { descriptor } = await describe("hello");
    const world = createWorld(() => moved(307, to));
    await assertRejects(() => openApp(world).fetch(descriptor), PolicyError, says);
    assertEquals(world.lines.length, 1);
  });
}

Deno.test("a redirect loop ends after ten", async () => {
  const world = createWorld(({ url }) => moved(302, `${url.pathname}x`));
  const failing = openTransport(world).request({ registry: HOST, method: "GET", target: "/v2/" });
  await assertRejects(() => failing, RegistryError, "at most 10 redirects");
  assertEquals(world.lines.length, 11);
});

Deno.test("a message about a redirect hides signatures", async () => {
  const world = createWorld({
    [ORIGIN]: () => moved(307, `${CDN}/b?X-Signature=topsecret&digest=sha256:abc`),
    [CDN]: () => new Response("denied", { status: 403 }),
  });
  const failing = openTransport(world).request({ registry: HOST, method: "GET", target: "/v2/" });
  const { message } = await assertRejects(() => failing, Error, "X-Signature=REDACTED");
  assert(!message.includes("topsecret") && message.includes("digest=sha256:abc"), message);
});

Deno.test("no cause of a failure shows a signature or a password", async () => {
  const secret = "open-sesame";
  const { descriptor } = await describe("hello");
  const world = createWorld({
    [ORIGIN]: () => moved(307, `https://gone.example/b?sig=${secret}`),
    "https://gone.example": ({ url }) => {
      throw new TypeError("fetch failed", {
        cause: new Error(
          `error sending request for url (${url.href}) by http://u:${secret}@proxy.example: ` +
            "client error (Connect): Connection refused",
        ),
      });
    },
  });
  const error = await assertRejects(() => openApp(world).fetch(descriptor), NetworkError);
  const shown = Deno.inspect(error, { depth: 10 });
  assert(!shown.includes(secret), shown);
  assertStringIncludes(shown, "gone.example/b?sig=REDACTED");
});

Deno.test("an upload in one piece follows a redirect to another server, without credentials", async () => {
  const { bytes, descriptor } = await describe("hello");
  const world = createWorld({
    [ORIGIN]: ({ headers, line }) =>
      needsPassword(
        headers,
        () =>
          line.startsWith("PUT")
            ? moved(307, `${CDN}/put`)
            : new Response(null, { status: 202, headers: { location: "/up" } }),
      ),
    [CDN]: () => new Response(null, { status: 201 }),
  });
  await openApp(world, { keychain }).write({
    mediaType: descriptor.mediaType,
    descriptor,
    open: () => Promise.resolve(ReadableStream.from([bytes])),
    sealed: () => Promise.resolve(descriptor),
  });
  const put = world.seen.at(-1);
  assertEquals([put?.line, put?.headers.get("authorization")], [`PUT ${CDN}/put`, null]);
  assertEquals(put?.body, bytes);
});

Deno.test("an upload whose location is another server goes there without credentials", async () => {
  const content = singlePass(await describe("hello"));
  const world = createWorld({
    [ORIGIN]: ({ headers }) =>
      needsPassword(
        headers,
        () => new Response(null, { status: 202, headers: { location: `${CDN}/up` } }),
      ),
    [CDN]: ({ line }) => new Response(null, { status: line.startsWith("PATCH") ? 202 : 201 }),
  });
  await openApp(world, { keychain }).write(content);
  assertEquals(
    world.seen.filter(({ url }) => url.origin === CDN)
      .map(({ line, headers }) => [line.split(" ")[0], headers.get("authorization")]),
    [["PATCH", null], ["PUT", null]],
  );
});

Deno.test("a single-pass upload that is redirected fails clearly", async () => {
  const content = singlePass(await describe("hello"));
  const world = createWorld(({ line }) =>
    line.startsWith("PATCH")
      ? moved(307, "/elsewhere")
      : new Response(null, { status: 202, headers: { location: "/up" } })
  );
  await assertRejects(() => openApp(world).write(content), RegistryError, "sent once only");
});

for (
  const { location, says } of [
    { location: "https://10.0.0.1/up", says: "private" },
    { location: "http://registry.example/up", says: "expected https" },
    { location: "https://[fd00:ec2::254]/up", says: "link-local" },
  ]
) {
  Deno.test(`an upload to ${location} is refused`, async () => {
    const content = singlePass(await describe("hello"));
    const world = createWorld(() => new Response(null, { status: 202, headers: { location } }));
    await assertRejects(() => openApp(world).write(content), PolicyError, says);
    assertEquals(world.lines, ["POST /v2/app/blobs/uploads/"]);
  });
}

Deno.test("a redirect to a host that is not there names that host", async () => {
  const { descriptor } = await describe("hello");
  const world = createWorld(() => moved(307, "https://gone.example/b"));
  await assertRejects(
    () => openApp(world).fetch(descriptor),
    NetworkError,
    'Cannot GET "https://gone.example/b": there is no host of that name',
  );
});
