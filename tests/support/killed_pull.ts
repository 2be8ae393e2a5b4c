import { digestBytes } from "../../lib/oci/digest.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { DAVIT } from "./cli.ts";

/** An image whose layers are served as slowly as is wished, and how much of them has gone out. */
export interface SlowImage extends AsyncDisposable {
  /** `127.0.0.1:port/app:v1`. */
  readonly name: string;
  /** The bytes of all layers. */
  readonly size: number;
  /** The bytes of layers that were sent, to however many pullers. */
  readonly sent: () => number;
  /** Fulfils when that many have been sent. */
  readonly whenSent: (count: number) => Promise<void>;
}

/** How a {@linkcode SlowImage} is served. */
export interface SlowImageOptions {
  /** The bytes of each layer. */
  readonly layers: readonly number[];
  /** Bytes that are sent between two pauses. */
  readonly chunkBytes: number;
  /** A pause, in milliseconds. */
  readonly pauseMs: number;
}

/** Serves an image of layers that no compression could shorten. */
export async function serveSlowImage(options: SlowImageOptions): Promise<SlowImage> {
  const blobs = new Map<string, Uint8Array<ArrayBuffer>>();
  const add = async (bytes: Uint8Array<ArrayBuffer>, mediaType: string) => {
    const digest = await digestBytes(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const config = await add(
    toJson({
      architecture: "amd64",
      os: "linux",
      rootfs: {
        type: "layers",
        diff_ids: options.layers.map((_, at) => `sha256:${String(at % 10).repeat(64)}`),
      },
    }),
    MEDIA_TYPE.ociConfig,
  );
  const layers = [];
  for (const size of options.layers) layers.push(await add(random(size), MEDIA_TYPE.ociLayerGzip));
  const mediaType = MEDIA_TYPE.ociManifest;
  const manifest = await add(toJson({ schemaVersion: 2, mediaType, config, layers }), mediaType);

  let sent = 0;
  let waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const counted = (size: number) => {
    sent += size;
    waiting.filter(({ count }) => sent >= count).forEach(({ resolve }) => resolve());
    waiting = waiting.filter(({ count }) => sent < count);
  };
  const closing = new AbortController();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, signal: closing.signal, onListen() {} },
    (request) => {
      const name = decodeURIComponent(request.url.split("/").at(-1) ?? "");
      const digest = name === "v1" ? manifest.digest : name;
      const bytes = blobs.get(digest);
      if (bytes === undefined) return new Response(null, { status: 404 });
      if (digest === manifest.digest || digest === config.digest) {
        return new Response(bytes, { headers: { "content-type": mediaType } });
      }
      const start = Number(/bytes=(\d+)-/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
      const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
      return new Response(slowly(bytes.subarray(start), options, counted), {
        status: start === 0 ? 200 : 206,
        headers: {
          "content-length": String(bytes.length - start),
          ...(start === 0 ? {} : { "content-range": range }),
        },
      });
    },
  );
  return {
    name: `127.0.0.1:${server.addr.port}/app:v1`,
    size: options.layers.reduce((sum, size) => sum + size, 0),
    sent: () => sent,
    whenSent(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (sent >= count) resolve();
      else waiting.push({ count, resolve });
      return promise;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await server.finished;
    },
  };
}

/**
 * Starts pullers one after the other and kills each, without a warning, when a random share of the
 * image has gone out; the last one may finish.
 *
 * @returns What the last one printed.
 */
export async function pullAndKill(
  image: SlowImage,
  words: readonly string[],
  kills: number,
): Promise<string> {
  const points = Array.from({ length: kills }, () => Math.random() * image.size).sort((a, b) =>
    a - b
  );
  for (const point of points) {
    const puller = start(words, "null");
    await Promise.race([image.whenSent(point), puller.status]);
    puller.kill("SIGKILL");
    const { signal } = await puller.status;
    if (signal !== "SIGKILL") throw new Error(`The puller ended before ${point} bytes were sent`);
  }
  const { code, stdout, stderr } = await start(words, "piped").output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

function start(words: readonly string[], output: "null" | "piped"): Deno.ChildProcess {
  const args = [...DAVIT, ...words];
  const command = new Deno.Command(Deno.execPath(), {
    args,
    stdin: "null",
    stdout: output,
    stderr: output,
  });
  return command.spawn();
}

function slowly(
  bytes: Uint8Array,
  { chunkBytes, pauseMs }: SlowImageOptions,
  counted: (size: number) => void,
): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at === bytes.length) return controller.close();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      const chunk = bytes.subarray(at, at + chunkBytes);
      at += chunk.length;
      controller.enqueue(chunk);
      counted(chunk.length);
    },
  }, { highWaterMark: 0 });
}

function random(size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, size)));
  }
  return bytes;
}

function toJson(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
