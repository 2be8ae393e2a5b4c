import { assertEquals, assertRejects } from "@std/assert";
import { DocumentError, PolicyError, RegistryError } from "../../lib/errors.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { referrersTag } from "../../lib/oci/referrer.ts";
import {
  contentOf,
  createWorld,
  describe,
  type Described,
  errorAnswer,
  type Handler,
  openApp,
  type Seen,
  type World,
} from "./world.ts";

const SUBJECT = (await describe("the image", MEDIA_TYPE.ociManifest)).descriptor;
const TAG = referrersTag(SUBJECT.digest);

/** A manifest about {@linkcode SUBJECT}. */
function makeReferrer(artifactType?: string): Promise<Described> {
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    artifactType,
    config: {
      mediaType: "application/vnd.example.config",
      digest: "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
      size: 2,
    },
    layers: [],
    subject: SUBJECT,
    annotations: { of: artifactType ?? "config" },
  };
  return describe(JSON.stringify(manifest), MEDIA_TYPE.ociManifest);
}

const [A, B] = [await makeReferrer("example/a"), await makeReferrer()];
const ENTRY_A = { ...A.descriptor, annotations: { of: "example/a" }, artifactType: "example/a" };

function index(manifests: readonly Descriptor[], headers: Record<string, string> = {}): Response {
  return new Response(
    JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests }),
    { headers: { "content-type": MEDIA_TYPE.ociIndex, ...headers } },
  );
}

async function list(world: World, artifactType?: string): Promise<string[]> {
  const options = artifactType === undefined ? {} : { artifactType };
  const found = await Array.fromAsync(openApp(world).referrers(SUBJECT.digest, options));
  return found.map(({ digest }) => digest);
}

/** A registry that keeps manifests by name, without the referrers API. */
function keeper(
  held: Map<string, Uint8Array<ArrayBuffer>>,
  intervene: Handler | undefined = undefined,
): Handler {
  return async (request, count) => {
    const { url, body, line } = request;
    if (url.pathname.includes("/referrers/")) return errorAnswer(404, "");
    const answer = await intervene?.(request, count);
    if (answer !== undefined && answer.status !== 299) return answer;
    const name = url.pathname.split("/").at(-1) ?? "";
    if (line.startsWith("PUT")) {
      held.set(name, body);
      return new Response(null, { status: 201 });
    }
    const bytes = held.get(name);
    if (bytes === undefined) return errorAnswer(404, "MANIFEST_UNKNOWN");
    const { mediaType } = JSON.parse(new TextDecoder().decode(bytes));
    return new Response(bytes, {
      headers: { "content-type": mediaType, etag: `"${bytes.length}"` },
    });
  };
}

/** Leaves a request to the registry. */
function goOn(): Response {
  return new Response(null, { status: 299 });
}

function entriesOf(held: Map<string, Uint8Array>): Descriptor[] {
  return JSON.parse(new TextDecoder().decode(held.get(TAG))).manifests;
}

Deno.test("referrers() follows the links of the referrers API from page to page", async () => {
  const next = `</v2/app/referrers/${SUBJECT.digest}?last=1>; rel="next"`;
  const world = createWorld(({ url }) =>
    url.search === "" ? index([A.descriptor], { link: next }) : index([B.descriptor])
  );
  assertEquals(await list(world), [A.descriptor.digest, B.descriptor.digest]);
  assertEquals(world.lines, [
    `GET /v2/app/referrers/${SUBJECT.digest}`,
    `GET /v2/app/referrers/${SUBJECT.digest}?last=1`,
  ]);
});

Deno.test("referrers() follows no link to another server", async () => {
  const world = createWorld(() => index([], { link: "<https://evil.example/>" }));
  await assertRejects(() => list(world), PolicyError);
});

Deno.test("referrers() takes a list that the registry filtered as it is", async () => {
  const world = createWorld(() => index([B.descriptor], { "oci-filters-applied": "artifactType" }));
  assertEquals(await list(world, "example/a"), [B.descriptor.digest]);
  assertEquals(world.seen[0]?.url.searchParams.get("artifactType"), "example/a");
});

Deno.test("referrers() filters what the registry did not", async () => {
  const world = createWorld(() => index([B.descriptor, ENTRY_A]));
  assertEquals(await list(world, "example/a"), [A.descriptor.digest]);
});

for (const status of [400, 404, 405]) {
  Deno.test(`referrers() reads the tag of a registry that answers the API with ${status}`, async () => {
    const world = createWorld(({ url }) =>
      url.pathname.includes("/referrers/") ? errorAnswer(status, "") : index([ENTRY_A])
    );
    assertEquals(await list(world), [A.descriptor.digest]);
    assertEquals(world.lines.at(-1), `GET /v2/app/manifests/${TAG}`);
  });
}

Deno.test("referrers() reads the tag of a registry that answers the API with a web page", async () => {
  const world = createWorld(({ url }) =>
    url.pathname.includes("/referrers/")
      ? new Response("<html>", { headers: { "content-type": "text/html" } })
      : index([ENTRY_A])
  );
  assertEquals(await list(world), [A.descriptor.digest]);
});

Deno.test("referrers() lists nothing where there is neither API nor tag", async () => {
  assertEquals(await list(createWorld(() => errorAnswer(404, "MANIFEST_UNKNOWN"))), []);
});

Deno.test("referrers() lists nothing where the tag is read as the digest", async () => {
  const image = await describe('{"schemaVersion":2,"manifests":[]}', MEDIA_TYPE.ociIndex);
  const world = createWorld(({ url }) =>
    url.pathname.includes("/referrers/")
      ? errorAnswer(404, "")
      : new Response(image.bytes, { headers: { "content-type": MEDIA_TYPE.ociIndex } })
  );
  const app = openApp(world);
  assertEquals(await Array.fromAsync(app.referrers(image.descriptor.digest)), []);
});

Deno.test("write() has a referrer listed once, with its type and annotations", async () => {
  const held = new Map<string, Uint8Array<ArrayBuffer>>();
  const app = openApp(createWorld(keeper(held)));
  await app.write(contentOf(A));
  await app.write(contentOf(B));
  await app.write(contentOf(A));
  assertEquals(entriesOf(held), [ENTRY_A, {
    ...B.descriptor,
    annotations: { of: "config" },
    artifactType: "application/vnd.example.config",
  }]);
});

Deno.test("write() keeps what it does not know in a list of referrers", async () => {
  const text = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json",' +
    '"manifests":[],"x":1e400}';
  const held = new Map([[TAG, new TextEncoder().encode(text)]]);
  await openApp(createWorld(keeper(held))).write(contentOf(A));
  const after = new TextDecoder().decode(held.get(TAG));
  assertEquals(after, text.replace("[]", `[${JSON.stringify(ENTRY_A)}]`));
});

Deno.test("write() leaves the list to a registry that keeps it, and asks it once", async () => {
  const world = createWorld(({ line }) =>
    line.startsWith("PUT")
      ? new Response(null, { status: 201, headers: { "oci-subject": SUBJECT.digest } })
      : index([ENTRY_A])
  );
  const app = openApp(world);
  await app.write(contentOf(A));
  await app.write(contentOf(B));
  assertEquals(world.lines, [
    `PUT /v2/app/manifests/${A.descriptor.digest}`,
    `GET /v2/app/referrers/${SUBJECT.digest}`,
    `PUT /v2/app/manifests/${B.descriptor.digest}`,
  ]);
});

Deno.test("write() keeps the list where OCI-Subject is said but nothing listed", async () => {
  const held = new Map<string, Uint8Array<ArrayBuffer>>();
  const keep = keeper(held);
  const world = createWorld(async (request, count) => {
    const answer = await keep(request, count);
    if (request.line.startsWith("PUT")) answer.headers.set("oci-subject", SUBJECT.digest);
    return answer;
  });
  await openApp(world).write(contentOf(A));
  assertEquals(entriesOf(held), [ENTRY_A]);
});

Deno.test("write() fails where the tag of the list is something else", async () => {
  const held = new Map([[TAG, A.bytes]]);
  const app = openApp(createWorld(keeper(held)));
  await assertRejects(() => app.write(contentOf(B)), DocumentError, "expected an OCI index");
  assertEquals(held.get(TAG), A.bytes);
});

Deno.test("write() asks about nothing when a manifest is about nothing", async () => {
  const plain = await describe('{"schemaVersion":2,"manifests":[]}', MEDIA_TYPE.ociIndex);
  const world = createWorld(keeper(new Map()));
  await openApp(world).write(contentOf(plain));
  assertEquals(world.lines.length, 1);
});

Deno.test("write() writes again when another writer wrote over its entry", async () => {
  const held = new Map<string, Uint8Array<ArrayBuffer>>();
  const theirs = { ...ENTRY_A, digest: B.descriptor.digest };
  let lost = 0;
  const world = createWorld(keeper(held, ({ line }: Seen) => {
    if (!line.startsWith("PUT") || !line.endsWith(TAG) || lost++ > 0) return goOn();
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociIndex,
      manifests: [theirs],
    });
    held.set(TAG, new TextEncoder().encode(text));
    return new Response(null, { status: 201 });
  }));
  await openApp(world).write(contentOf(A));
  assertEquals(entriesOf(held).map(({ digest }) => digest), [theirs.digest, ENTRY_A.digest]);
});

Deno.test("write() names the list that it replaces, and reads again at 412", async () => {
  const list = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [] };
  const held = new Map([[TAG, new TextEncoder().encode(JSON.stringify(list))]]);
  let refused = 0;
  const world = createWorld(keeper(held, ({ line }) => {
    if (!line.startsWith("PUT") || !line.endsWith(TAG) || refused++ > 0) return goOn();
    return errorAnswer(412, "");
  }));
  await openApp(world).write(contentOf(A));
  const puts = world.seen.filter(({ line }) => line.startsWith("PUT") && line.endsWith(TAG));
  assertEquals(puts.map(({ headers }) => headers.get("if-match")), ['"88"', '"88"']);
  assertEquals(entriesOf(held), [ENTRY_A]);
});

Deno.test("write() gives up where its entry is lost again and again", async () => {
  const world = createWorld(
    keeper(
      new Map(),
      ({ line }) =>
        line.startsWith("PUT") && line.endsWith(TAG) ? new Response(null, { status: 201 }) : goOn(),
    ),
  );
  await assertRejects(() => openApp(world).write(contentOf(A)), RegistryError, "wrote over it");
});

Deno.test("delete() takes a referrer out of the list, and an empty list away", async () => {
  const held = new Map<string, Uint8Array<ArrayBuffer>>();
  const world = createWorld(keeper(held, ({ line, url }) => {
    if (!line.startsWith("DELETE")) return goOn();
    held.delete(url.pathname.split("/").at(-1) ?? "");
    return new Response(null, { status: 202 });
  }));
  const app = openApp(world);
  await app.write(contentOf(A));
  await app.write(contentOf(B));
  await app.delete(A.descriptor.digest);
  assertEquals(entriesOf(held).map(({ digest }) => digest), [B.descriptor.digest]);
  await app.delete(B.descriptor.digest);
  assertEquals([...held.keys()], []);
});
