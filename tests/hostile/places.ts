import { type FileSpec, makeTar } from "../archive/make_tar.ts";
import { type Contents, toBytes } from "./contents.ts";

/** Where hostile contents may lie. */
export type Place = "layout" | "oci-archive" | "registry";

/** Every place. */
export const PLACES: readonly Place[] = ["layout", "oci-archive", "registry"];

/** Contents in a place. Disposing of it closes the place. */
export interface Laid extends AsyncDisposable {
  /** The place's name, as a command takes it. */
  readonly location: string;
}

/** Lays contents out in a place, as `v1`. */
export async function layOut(
  contents: Contents,
  place: Place,
  directory: string,
): Promise<Laid> {
  if (place === "registry") {
    const registry = serveEvil(contents);
    return {
      location: `${registry.address}/app:v1`,
      [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
    };
  }
  const path = `${directory}/${place}`;
  if (place === "layout") await writeLayout(path, contents);
  else await makeTar(path, layoutFiles(contents));
  const location = `${place === "layout" ? "oci" : place}:${path}:v1`;
  return { location, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** Writes an OCI layout into a directory. */
export async function writeLayout(directory: string, contents: Contents): Promise<void> {
  for (const algorithm of ["sha256", "sha512"]) {
    await Deno.mkdir(`${directory}/blobs/${algorithm}`, { recursive: true });
  }
  for (const [name, content] of layoutFiles(contents)) {
    await Deno.writeFile(`${directory}/${name}`, toBytes(content));
  }
}

/** The files of an OCI layout that holds the contents and calls their root `v1`. */
export function layoutFiles({ root, blobs }: Contents): readonly (readonly [string, FileSpec])[] {
  const annotations = { "org.opencontainers.image.ref.name": "v1" };
  const index = { schemaVersion: 2, manifests: [{ ...root, annotations }] };
  return [
    ["oci-layout", '{"imageLayoutVersion":"1.0.0"}'],
    ["index.json", toBytes(index)],
    ...[...blobs].map(([digest, bytes]) => [`blobs/${digest.replace(":", "/")}`, bytes] as const),
  ];
}

/** A request as a registry saw it. */
export interface Seen {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
}

/** Answers a request in a way of its own, or `undefined` to have it answered as usual. */
export type Trick = (seen: Seen) => Response | undefined | Promise<Response>;

/** A registry that serves contents as `app:v1`, but for its tricks. */
export interface EvilRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly address: string;
  /** All requests so far. */
  readonly seen: readonly Seen[];
}

/** Serves contents to whoever asks; reads what is sent, and keeps nothing. */
export function serveEvil(
  contents?: Contents,
  trick: Trick = () => undefined,
): EvilRegistry {
  const seen: Seen[] = [];
  const closing = new AbortController();
  const { signal } = closing;
  const options = { hostname: "127.0.0.1", port: 0, signal, onListen() {} };
  const server = Deno.serve(options, async ({ method, url, headers, body }) => {
    const current = { method, url: new URL(url), headers };
    seen.push(current);
    const tricked = trick(current);
    if (tricked === undefined) await new Response(body).arrayBuffer();
    else await body?.cancel().catch(() => {});
    return await tricked ?? answer(current, contents);
  });
  return {
    address: `127.0.0.1:${server.addr.port}`,
    seen,
    async [Symbol.asyncDispose]() {
      closing.abort();
      await server.finished;
    },
  };
}

function answer({ method, url }: Seen, contents: Contents | undefined): Response {
  const [, kind, name = ""] = /\/v2\/app\/(manifests|blobs)\/(.+)$/.exec(url.pathname) ?? [];
  const digest = name === "v1" ? contents?.root.digest ?? "" : name;
  const bytes = kind === undefined ? undefined : contents?.blobs.get(digest);
  if (bytes === undefined) return new Response(null, { status: 404 });
  const headers = {
    "content-type": kind === "blobs" ? "application/octet-stream" : typeOf(digest, bytes, contents),
    "content-length": String(bytes.length),
    "docker-content-digest": digest,
  };
  return new Response(method === "HEAD" ? null : toBytes(bytes), { headers });
}

function typeOf(digest: string, bytes: Uint8Array, contents: Contents | undefined): string {
  if (digest === contents?.root.digest) return contents.root.mediaType;
  return JSON.parse(new TextDecoder().decode(bytes)).mediaType;
}
