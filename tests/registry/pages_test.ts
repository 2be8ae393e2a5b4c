import { assertEquals, assertRejects } from "@std/assert";
import { DavitError, NotFoundError } from "../../lib/errors.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { Registry } from "../../lib/registry/registry.ts";
import { createWorld, errorAnswer, HOST, openApp, openTransport, type World } from "./world.ts";

function tags(list: unknown, link?: string): Response {
  return Response.json(
    { name: "app", tags: list },
    link === undefined ? {} : { headers: { link } },
  );
}

function list(world: World): Promise<string[]> {
  return Array.fromAsync(openApp(world).names());
}

Deno.test("names() follows the links from page to page", async () => {
  const world = createWorld(({ url }) =>
    url.searchParams.get("last") === "b"
      ? tags(["c"])
      : tags(["a", "b"], '</v2/app/tags/list?n=2&last=b>; rel="next"')
  );
  assertEquals(await list(world), ["a", "b", "c"]);
  assertEquals(world.lines, [
    "GET /v2/app/tags/list?n=1000",
    "GET /v2/app/tags/list?n=2&last=b",
  ]);
});

Deno.test("names() reads no page ahead of its reader", async () => {
  const world = createWorld((_, count) => tags([`${count}`], `<?last=${count}>`));
  for await (const name of openApp(world).names()) {
    if (name === "2") break;
  }
  assertEquals(world.lines.length, 2);
});

const LINKS: readonly { readonly link: string; readonly pages: number }[] = [
  { link: "</v2/app/tags/list?last=b>; rel=next", pages: 2 },
  { link: "<https://registry.example/v2/app/tags/list?last=b>", pages: 2 },
  { link: '<?last=b>; title="a,b"; rel="next"', pages: 2 },
  { link: '</first>; rel="first", <?last=b>; rel="next"', pages: 2 },
  { link: '</first>; rel="first"', pages: 1 },
  { link: "nonsense", pages: 1 },
];

for (const { link, pages } of LINKS) {
  Deno.test(`names() reads ${pages} pages of the link ${link}`, async () => {
    const world = createWorld((_, count) => count === 1 ? tags(["a"], link) : tags(["b"]));
    await list(world);
    assertEquals(world.lines.length, pages);
  });
}

const REFUSED: readonly { why: string; answer: () => Response; says: string }[] = [
  {
    why: "a link to another host",
    answer: () => tags([], "<https://evil.example/v2/app/tags/list>"),
    says: "expected it at",
  },
  {
    why: "a link to another scheme",
    answer: () => tags([], "<http://registry.example/v2/app/tags/list>"),
    says: "expected it at",
  },
  { why: "a link to itself", answer: () => tags([], "<?n=1000>"), says: "again" },
  { why: "an empty link", answer: () => tags([], "<>"), says: "expected a URL" },
  { why: "a link that is no URL", answer: () => tags([], "<http://[x>"), says: "expected a URL" },
  { why: "no JSON", answer: () => new Response("<html>"), says: "expected JSON" },
  { why: "no list", answer: () => Response.json({}), says: "expected an array" },
  { why: "a list of numbers", answer: () => tags([1]), says: "expected an array" },
  { why: "JSON null", answer: () => Response.json(null), says: "expected an array" },
];

for (const { why, answer, says } of REFUSED) {
  Deno.test(`names() refuses ${why}`, async () => {
    await assertRejects(() => list(createWorld(answer)), DavitError, says);
  });
}

Deno.test("names() of a repository without tags is empty", async () => {
  assertEquals(await list(createWorld(() => tags(null))), []);
});

Deno.test("names() of a repository that is not there says so", async () => {
  const world = createWorld(() => errorAnswer(404, "NAME_UNKNOWN"));
  await assertRejects(() => list(world), NotFoundError, 'repository "app"');
});

Deno.test("pages without end come to an end", async () => {
  const world = createWorld((_, count) => tags(["a"], `<?last=${count}>`));
  await assertRejects(() => list(world), DavitError, "at most 1000");
  assertEquals(world.lines.length, 1000);
});

Deno.test("pages of referrers without end come to an end too", async () => {
  const subject = `sha256:${"a".repeat(64)}` as const;
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [] };
  const world = createWorld((_, count) =>
    Response.json(index, {
      headers: { "content-type": MEDIA_TYPE.ociIndex, link: `<?last=${count}>; rel="next"` },
    })
  );
  const referrers = () => Array.fromAsync(openApp(world).referrers(subject));
  await assertRejects(referrers, DavitError, "at most 1000");
});

Deno.test("a registry lists its repositories, with a scope for just that", async () => {
  const world = createWorld({
    "https://registry.example": ({ headers }) =>
      headers.has("authorization") ? Response.json({ repositories: ["a", "b"] }) : new Response(
        null,
        { status: 401, headers: { "www-authenticate": 'Bearer realm="https://a.example/t"' } },
      ),
    "https://a.example": () => Response.json({ token: "good" }),
  });
  const registry = new Registry(HOST, { transport: openTransport(world) });
  assertEquals(await Array.fromAsync(registry.catalog()), ["a", "b"]);
  assertEquals(world.lines[0], "GET /v2/_catalog?n=1000");
  assertEquals(world.seen[1]?.url.searchParams.getAll("scope"), ["registry:catalog:*"]);
});

Deno.test("ping() is content with 200", async () => {
  const world = createWorld(() => new Response("{}"));
  await new Registry(HOST, { transport: openTransport(world) }).ping();
  assertEquals(world.lines, ["GET /v2/"]);
});
