import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { tempDir } from "../support/temp_dir.ts";
import { checkFailure, listAll, refused, runInTime, taken } from "./attack.ts";
import { imageContents, indexContents, toBytes } from "./contents.ts";
import { type Seen, serveEvil, type Trick, writeLayout } from "./places.ts";

const SECRET = "open-sesame";
const BASIC = btoa(`user:${SECRET}`);
const METADATA = "http://169.254.169.254/latest/meta-data/";
const CONTENTS = await imageContents();

/** A registry with a password, another server, and what the one does to make us betray it. */
interface Hostile {
  /** The number in the list of bad inputs. */
  readonly item: number;
  readonly why: string;
  /** What the registry does; `other` is the other server's address. */
  readonly trick: (other: string) => Trick;
  /** What the other server does; it serves the image unless said. */
  readonly other?: Trick;
  readonly says: string;
  /** The command; a pull unless said. */
  readonly verb?: "push" | "ls" | "digest";
  /** Whether the password may reach the other server: a token service is asked with it. */
  readonly isTokenService?: boolean;
}

function isFor(part: string, seen: Seen): boolean {
  return seen.url.pathname.includes(part);
}

function redirect(part: string, to: (seen: Seen) => string): Trick {
  return (seen) => {
    if (!isFor(part, seen) || seen.method !== "GET") return undefined;
    return new Response(null, { status: 307, headers: { location: to(seen) } });
  };
}

function challenge(text: string): Trick {
  return () => new Response(null, { status: 401, headers: { "www-authenticate": text } });
}

function upload(location: string | undefined, closing?: Response): Trick {
  return ({ method }) => {
    const headers = location === undefined ? {} : { location };
    if (method === "POST") return new Response(null, { status: 202, headers });
    return method === "PUT" ? closing : undefined;
  };
}

const HOSTILE: readonly Hostile[] = [
  {
    item: 55,
    why: "redirects blobs to another port, which asks for the password",
    trick: (other) => redirect("/blobs/", ({ url }) => `http://${other}${url.pathname}`),
    other: challenge('Basic realm="gimme"'),
    says: "its credentials are for nobody else",
  },
  {
    item: 55,
    why: "redirects manifests to another port, which asks for a token",
    trick: (other) => redirect("/manifests/", ({ url }) => `http://${other}${url.pathname}`),
    other: challenge('Bearer realm="file:///etc/passwd"'),
    says: 'Cannot follow the token realm "file:///etc/passwd"',
  },
  {
    item: 55,
    why: "redirects in a circle",
    trick: () => redirect("/blobs/", ({ url }) => url.href),
    says: "at most 10 redirects",
  },
  {
    item: 55,
    why: "redirects to a file",
    trick: () => redirect("/blobs/", () => "file:///etc/passwd"),
    says: "expected an http or https URL",
  },
  {
    item: 55,
    why: "redirects to a cloud's secrets",
    trick: () => redirect("/blobs/", () => METADATA),
    says: "no link-local or reserved address",
  },
  {
    item: 55,
    why: "redirects to a URL with a password",
    trick: (other) => redirect("/blobs/", () => `http://u:${SECRET}@${other}/?sig=${SECRET}`),
    says: "without user name and password",
  },
  {
    item: 55,
    why: "redirects to a signed URL that refuses",
    trick: (other) => redirect("/blobs/", () => `http://${other}/x?sig=${SECRET}`),
    other: () => new Response("denied", { status: 403 }),
    says: "sig=REDACTED",
  },
  {
    item: 55,
    why: "redirects nowhere",
    trick: () => redirect("/blobs/", () => "http://["),
    says: "expected a redirect to a URL",
  },
  {
    item: 56,
    why: "names a file as its token service",
    trick: () => challenge('Bearer realm="file:///etc/passwd"'),
    says: "expected an http or https URL",
  },
  {
    item: 56,
    why: "names a cloud's secrets as its token service",
    trick: () => challenge(`Bearer realm="${METADATA}"`),
    says: "no link-local or reserved address",
  },
  {
    item: 56,
    why: "names no token service",
    trick: () => challenge('Bearer service="x"'),
    says: "401 unauthorized",
  },
  {
    item: 56,
    why: "refuses whatever it is shown",
    trick: () => challenge('Basic realm="x"'),
    says: "do not allow it",
  },
  {
    item: 56,
    why: "has a token of 10 MB",
    trick: (other) => challenge(`Bearer realm="http://${other}/token"`),
    other: () => new Response(`{"token":"${"x".repeat(10 ** 7)}"}`),
    says: "at most 1048576",
    isTokenService: true,
  },
  {
    item: 56,
    why: "has a token that breaks out of its header",
    trick: (other) => challenge(`Bearer realm="http://${other}/token"`),
    other: () => Response.json({ token: "t\r\nx-evil: y" }),
    says: 'expected "token" or "access_token"',
    isTokenService: true,
  },
  {
    item: 57,
    why: "sends bytes that are not the digest's",
    trick: () => (seen) =>
      isFor("/blobs/", seen) ? new Response(new Uint8Array(1024).fill(7)) : undefined,
    says: "expected digest",
  },
  {
    item: 57,
    why: "announces another length",
    trick: () => (seen) => isFor("/blobs/", seen) ? new Response("short") : undefined,
    says: "Cannot accept content",
  },
  {
    item: 57,
    why: "answers HEAD with nonsense and GET with nothing",
    trick: () => (seen) => {
      const headers = { "content-type": MEDIA_TYPE.ociManifest, "docker-content-digest": "x" };
      return isFor("/manifests/", seen) ? new Response(null, { headers }) : undefined;
    },
    says: "got no bytes",
    verb: "digest",
  },
  {
    item: 57,
    why: "sends a page of HTML for a manifest",
    trick: () => () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    says: 'got "text/html"',
  },
  {
    item: 58,
    why: "sends an upload to a cloud's secrets",
    trick: () => upload(METADATA),
    says: "no link-local or reserved address",
    verb: "push",
  },
  {
    item: 58,
    why: "names no place for an upload",
    trick: () => upload(undefined),
    says: 'expected a "Location"',
    verb: "push",
  },
  {
    item: 58,
    why: "stores an upload under another digest",
    trick: () =>
      upload(
        "/v2/app/blobs/uploads/1?state=a",
        new Response(null, {
          status: 201,
          headers: { "docker-content-digest": `sha256:${"2".repeat(64)}` },
        }),
      ),
    says: "expected digest",
    verb: "push",
  },
  {
    item: 58,
    why: "takes an upload to another port, which asks for the password",
    trick: (other) => upload(`http://${other}/upload`),
    other: challenge('Basic realm="gimme"'),
    says: "its credentials are for nobody else",
    verb: "push",
  },
  {
    item: 59,
    why: "asks to wait for thirty years",
    trick: () => () =>
      new Response(null, { status: 429, headers: { "retry-after": "1000000000" } }),
    says: "try again in 1000000000 s",
  },
  {
    item: 59,
    why: "leads the next page elsewhere",
    trick: (other) => () =>
      Response.json({ tags: [] }, { headers: { link: `<http://${other}/v2/>; rel="next"` } }),
    says: "Cannot follow the next page",
    verb: "ls",
  },
  {
    item: 59,
    why: "has tags that steer the terminal",
    trick: () => () => Response.json({ tags: ["ok", "\x1b]0;pwned\x07"] }),
    says: "expected an array of names",
    verb: "ls",
  },
];

/** Answers only those who show the password, but for the challenges of the trick itself. */
function guarded(trick: Trick): Trick {
  return (seen) => {
    const shown = seen.headers.get("authorization");
    const answer = trick(seen);
    const isChallenge = answer instanceof Response && answer.status === 401;
    return shown === null && !isChallenge ? challenge('Basic realm="x"')(seen) : answer;
  };
}

for (const { item, why, trick, other, says, verb, isTokenService = false } of HOSTILE) {
  Deno.test(`${item}: a registry that ${why} is told off, and told no secret`, async () => {
    await using dir = await tempDir();
    await using stranger = serveEvil(CONTENTS, other);
    await using registry = serveEvil(CONTENTS, guarded(trick(stranger.address)));
    const auths = { [registry.address]: { auth: BASIC } };
    await Deno.mkdir(dir.join("config"));
    await Deno.writeTextFile(dir.join("config", "config.json"), JSON.stringify({ auths }));
    await writeLayout(dir.join("layout"), CONTENTS);
    await Deno.mkdir(dir.join("out"));
    const image = `${registry.address}/app:v1`;
    const command = {
      push: ["push", dir.join("layout"), `${registry.address}/new:v1`],
      ls: ["ls", `${registry.address}/app`],
      digest: ["digest", image],
      copy: ["copy", image, `docker-archive:${dir.join("out", "image.tar")}`],
    }[verb ?? "copy"];
    const env = { DOCKER_CONFIG: dir.join("config"), HOME: dir.path };
    const { code, message } = await refused(command, { env });
    assertEquals(code, 1);
    assertStringIncludes(message, says);
    assert(!message.includes(SECRET) && !message.includes(BASIC), message);
    assertEquals(await listAll(dir.join("out")), []);
    const told = stranger.seen.filter(({ headers }) => headers.has("authorization"));
    if (!isTokenService) assertEquals(told.length, 0, "the password went to the other server");
  });
}

Deno.test("55: blobs that lie elsewhere are fetched there, without the password", async () => {
  await using dir = await tempDir();
  await using stranger = serveEvil(CONTENTS);
  const away = redirect("/blobs/", ({ url }) => `http://${stranger.address}${url.pathname}`);
  await using registry = serveEvil(CONTENTS, guarded(away));
  const auths = { [registry.address]: { auth: BASIC } };
  await Deno.writeTextFile(dir.join("config.json"), JSON.stringify({ auths }));
  const env = { DOCKER_CONFIG: dir.path, HOME: dir.path };
  await taken(["copy", `${registry.address}/app:v1`, `oci:${dir.join("out")}:v1`], { env });
  assertEquals(stranger.seen.length, 2);
  assert(stranger.seen.every(({ headers }) => !headers.has("authorization")));
});

Deno.test("59: endless pages end", async () => {
  let page = 0;
  await using registry = serveEvil(undefined, () => {
    const link = `</v2/app/tags/list?last=${page++}>; rel="next"`;
    return Response.json({ tags: ["a"] }, { headers: { link } });
  });
  const command = ["ls", `${registry.address}/app`];
  const { message } = checkFailure(command, await runInTime(command));
  assertStringIncludes(message, "pages of tags: expected at most 1000");
});

Deno.test("57: a tag that moves between requests gives one image or the other, never both", async () => {
  await using dir = await tempDir();
  const later = await imageContents({ config: { author: "later" } });
  let count = 0;
  const both = { root: CONTENTS.root, blobs: new Map([...CONTENTS.blobs, ...later.blobs]) };
  await using registry = serveEvil(both, (seen) => {
    if (!seen.url.pathname.endsWith("/v1")) return undefined;
    const { root, blobs } = count++ === 0 ? CONTENTS : later;
    const headers = { "content-type": root.mediaType, "docker-content-digest": root.digest };
    const body = seen.method === "HEAD" ? null : toBytes(blobs.get(root.digest) ?? "");
    return new Response(body, { headers });
  });
  const printed = await taken(["copy", `${registry.address}/app:v1`, `oci:${dir.join("out")}:v1`]);
  assertEquals(printed.trim(), CONTENTS.root.digest);
});

/** Says nothing, or stops after a byte. */
const SILENT: readonly {
  readonly why: string;
  readonly trick: Trick;
  readonly command: readonly string[];
}[] = [
  { why: "a manifest that never comes", trick: never("/manifests/"), command: ["copy"] },
  { why: "a child's manifest that never comes", trick: never("/manifests/sha"), command: ["copy"] },
  { why: "a blob that never comes", trick: never("/blobs/"), command: ["copy"] },
  { why: "a blob that stops after a byte", trick: stalling("/blobs/"), command: ["copy"] },
  { why: "a blob that stops after a byte", trick: stalling("/blobs/"), command: ["export"] },
  { why: "a config that never comes", trick: never("/blobs/"), command: ["config"] },
  { why: "a list that never comes", trick: never("/tags/"), command: ["ls"] },
  { why: "a registry that never answers", trick: never("/"), command: ["push"] },
];

function never(part: string): Trick {
  return (seen) => isFor(part, seen) ? new Promise<Response>(() => {}) : undefined;
}

function stalling(part: string): Trick {
  return (seen) => {
    if (!isFor(part, seen)) return undefined;
    const { length = 0 } = CONTENTS.blobs.get(seen.url.pathname.split("/").at(-1) ?? "") ?? [];
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new Uint8Array(1)),
    });
    return new Response(body, { headers: { "content-length": String(length) } });
  };
}

for (const { why, trick, command: [verb = ""] } of SILENT) {
  Deno.test(`59: Ctrl-C ends ${verb} at once though it waits for ${why}`, async () => {
    await using dir = await tempDir();
    const index = await indexContents([CONTENTS]);
    const isChild = why.startsWith("a child");
    const stop = new AbortController();
    await using registry = serveEvil(isChild ? index : CONTENTS, (seen) => {
      const answer = trick(seen);
      if (answer !== undefined) setTimeout(() => stop.abort(new Error("enough")), 50);
      return answer;
    });
    await writeLayout(dir.join("layout"), CONTENTS);
    await Deno.mkdir(dir.join("out"));
    const image = `${registry.address}/app:v1`;
    const command = {
      copy: ["copy", image, `docker-archive:${dir.join("out", "image.tar")}`],
      export: ["export", image, dir.join("out", "rootfs.tar")],
      config: ["config", image],
      ls: ["ls", `${registry.address}/app`],
      push: ["push", dir.join("layout"), image],
    }[verb] ?? [];
    const start = performance.now();
    assertEquals((await refused(command, { signal: stop.signal })).message, "enough");
    assert(performance.now() - start < 5000);
    assertEquals(await listAll(dir.join("out")), []);
  });
}
