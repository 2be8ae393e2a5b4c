/** Faults that a client has to get over: each ends in success, by the right bytes, betraying nobody. */
import { assert, assertEquals } from "@std/assert";
import { digestBytes } from "../../lib/oci/digest.ts";
import { tempDir } from "../support/temp_dir.ts";
import { taken } from "./attack.ts";
import { type Contents, imageContents, toBytes } from "./contents.ts";
import { type Seen, serveEvil, type Trick } from "./places.ts";

const SECRET = "open-sesame";
const BASIC = `Basic ${btoa(`user:${SECRET}`)}`;
const CONTENTS: Contents = await imageContents({ layers: [new Uint8Array(100_000).fill(7)] });
const [LAYER = new Uint8Array(), LAYER_DIGEST] = await largestBlob(CONTENTS);

interface Fault {
  /** The number in the list of bad inputs. */
  readonly item: number;
  readonly why: string;
  /** What the registry does; `other` is the other server's address, `count` tells its requests. */
  readonly trick: (other: string) => (seen: Seen, count: number) => Response | undefined;
  /** What the other server does, a token service. */
  readonly other?: Trick;
}

async function largestBlob(
  { blobs }: Contents,
): Promise<readonly [Uint8Array<ArrayBuffer>, string]> {
  const largest = [...blobs.values()].sort((a, b) => b.length - a.length)[0] ?? new Uint8Array();
  const bytes = new Uint8Array(largest);
  return [bytes, await digestBytes(bytes)];
}

/** Fails the first requests for a part of the API. */
function first(times: number, part: string, fail: (seen: Seen) => Response): Fault["trick"] {
  return () => {
    let left = times;
    return (seen) => seen.url.pathname.includes(part) && left-- > 0 ? fail(seen) : undefined;
  };
}

/** Answers requests for the layer. */
function forLayer(answer: (seen: Seen, count: number) => Response | undefined): Fault["trick"] {
  return () => {
    let count = 0;
    return (seen) => seen.url.pathname.endsWith(LAYER_DIGEST) ? answer(seen, count++) : undefined;
  };
}

function busy(headers: Record<string, string> = {}, status = 429): () => Response {
  return () => new Response("busy", { status, headers });
}

/** The start of the layer, announced as the whole, and then what the rest is replaced by. */
function broken(rest: (controller: ReadableStreamDefaultController) => void): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(LAYER.subarray(0, 40_000)),
    pull: rest,
  });
  return new Response(body, { headers: { "content-length": String(LAYER.length) } });
}

function hangUp(controller: ReadableStreamDefaultController): void {
  controller.close();
}

function root(headers: Readonly<Record<string, string>>): Fault["trick"] {
  return () => ({ url, method }) => {
    if (!url.pathname.endsWith("/v1")) return undefined;
    const bytes = toBytes(CONTENTS.blobs.get(CONTENTS.root.digest) ?? "");
    return new Response(method === "HEAD" ? null : bytes, {
      headers: { "content-type": CONTENTS.root.mediaType, ...headers },
    });
  };
}

/** Wants a token of the other server, which is told in these words. */
function bearer(words: (realm: string) => string, token = "good"): Fault["trick"] {
  return (other) => ({ headers }) =>
    headers.get("authorization") === `Bearer ${token}` ? undefined : new Response(null, {
      status: 401,
      headers: { "www-authenticate": words(`http://${other}/token`) },
    });
}

const FAULTS: readonly Fault[] = [
  {
    item: 56,
    why: "whose challenge is Basic and Bearer at once",
    trick: bearer((realm) => `Negotiate, Bearer realm="${realm}",service="x", Basic realm="x"`),
    other: () => Response.json({ token: "good" }),
  },
  {
    item: 56,
    why: "whose challenge has commas within quotes and words without",
    trick: bearer((realm) => `Bearer realm="${realm}",scope="a:b:pull,push,x",service=un-quoted`),
    other: () => Response.json({ token: "good" }),
  },
  ...[{}, { expires_in: 1e300 }, { expires_in: -1 }, { expires_in: "soon" }].map((more) => ({
    item: 56,
    why: `whose token comes with ${JSON.stringify(more)}`,
    trick: bearer((realm) => `Bearer realm="${realm}",service="x"`),
    other: () => Response.json({ token: "good", ...more }),
  })),
  {
    item: 57,
    why: "that names a wrong digest with a tag",
    trick: root({ "docker-content-digest": `sha256:${"0".repeat(64)}` }),
  },
  { item: 57, why: "that names no digest at all", trick: root({}) },
  {
    item: 57,
    why: "whose HEAD is about something else than its GET",
    trick: () => ({ url, method }) =>
      method === "HEAD" && url.pathname.includes("/manifests/")
        ? new Response(null, { headers: { "docker-content-digest": `sha256:${"1".repeat(64)}` } })
        : undefined,
  },
  {
    item: 57,
    why: "that says of blobs that they are gzip-encoded",
    trick: forLayer(() => new Response(LAYER, { headers: { "content-encoding": "gzip" } })),
  },
  {
    item: 57,
    why: "that answers a range with all there is",
    trick: forLayer((_, count) => count === 0 ? broken(hangUp) : undefined),
  },
  {
    item: 59,
    why: "that is too busy for a second, without saying how long",
    trick: first(1, "/manifests/", busy()),
  },
  {
    item: 59,
    why: "that is too busy for some seconds",
    trick: first(2, "/blobs/", busy({ "retry-after": "1" })),
  },
  {
    item: 59,
    why: "that is too busy until a date",
    trick: first(
      1,
      "/blobs/",
      () => busy({ "retry-after": new Date(Date.now() + 1000).toUTCString() })(),
    ),
  },
  { item: 59, why: "in a storm of 503", trick: first(3, "/blobs/", busy({}, 503)) },
  {
    item: 59,
    why: "that stalls within a blob",
    trick: forLayer((_, count) => count === 0 ? broken(() => {}) : undefined),
  },
  {
    item: 59,
    why: "that closes after the head",
    trick: forLayer((_, count) =>
      count > 0 ? undefined : new Response(new ReadableStream({ pull: hangUp }), {
        headers: { "content-length": String(LAYER.length) },
      })
    ),
  },
];

for (const { item, why, trick, other } of FAULTS) {
  Deno.test(`${item}: an image comes whole from a registry ${why}`, async () => {
    await using dir = await tempDir();
    const told: string[] = [];
    await using stranger = serveEvil(undefined, (seen) => {
      told.push(seen.headers.get("authorization") ?? "");
      return other?.(seen);
    });
    const act = trick(stranger.address);
    let count = 0;
    await using registry = serveEvil(CONTENTS, (seen) => {
      const isToken = other !== undefined;
      const shown = seen.headers.get("authorization");
      if (!isToken && shown !== BASIC) {
        const headers = { "www-authenticate": 'Basic realm="x"' };
        return new Response(null, { status: 401, headers });
      }
      return act(seen, count++);
    });
    const auths = { [registry.address]: { auth: BASIC.slice("Basic ".length) } };
    await Deno.writeTextFile(dir.join("config.json"), JSON.stringify({ auths }));
    const env = { DOCKER_CONFIG: dir.path, HOME: dir.path };
    const out = `oci:${dir.join("out")}:v1`;
    const words = ["copy", "--timeout", "0.4", `${registry.address}/app:v1`, out];
    assertEquals((await taken(words, { env })).trim(), CONTENTS.root.digest);
    const blob = await Deno.readFile(dir.join("out", "blobs", LAYER_DIGEST.replace(":", "/")));
    assertEquals(blob, LAYER);
    if (other === undefined) assertEquals(told, []);
    else assert(told.every((header) => header === BASIC), "a token service is told the password");
    const bearers = registry.seen.map(({ headers }) => headers.get("authorization") ?? "");
    if (other !== undefined) assert(!bearers.includes(BASIC), "the registry itself is not");
  });
}
