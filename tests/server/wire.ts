import { createRegistry, diskRepositories, memoryRepositories } from "../../lib/server/mod.ts";
import type { CreateRegistryOptions, RegistryHandler } from "../../lib/server/mod.ts";
import type { Algorithm, Digest } from "../../lib/oci/digest.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";
import { assertEquals } from "@std/assert";
import { tempDir } from "../support/temp_dir.ts";

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly text: string;
  /** The code of the first error in the body. */
  readonly code: string | undefined;
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string | ReadableStream<Uint8Array>;
}

/** Talks to a registry as a client does. */
export class Wire {
  readonly registry: Pick<RegistryHandler, "fetch">;

  constructor(registry: Pick<RegistryHandler, "fetch">) {
    this.registry = registry;
  }

  async send(method: string, path: string, options: SendOptions = {}): Promise<Answer> {
    const { headers = {}, body } = options;
    const response = await this.registry.fetch(
      new Request(`http://registry.test${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: body as BodyInit }),
      }),
    );
    const bytes = await response.bytes();
    const text = new TextDecoder().decode(bytes);
    return { status: response.status, headers: response.headers, bytes, text, code: codeOf(text) };
  }

  /** Begins an upload and returns its location. */
  async begin(repository: string): Promise<string> {
    const { status, headers } = await this.send("POST", `/v2/${repository}/blobs/uploads/`);
    assertEquals(status, 202);
    return headers.get("location") ?? "";
  }

  async pushBlob(
    repository: string,
    content: Uint8Array | string,
    algorithm: Algorithm = "sha256",
  ): Promise<Descriptor> {
    const bytes = bytesOf(content);
    const digest = await digestBytes(bytes, algorithm);
    const location = await this.begin(repository);
    const { status } = await this.send("PUT", `${location}?digest=${digest}`, { body: bytes });
    assertEquals(status, 201);
    return { mediaType: "application/octet-stream", digest, size: bytes.length };
  }

  putManifest(
    repository: string,
    reference: string,
    manifest: object | string,
    mediaType: string = MEDIA_TYPE.ociManifest,
  ): Promise<Answer> {
    const body = typeof manifest === "string" ? manifest : JSON.stringify(manifest);
    return this.send("PUT", `/v2/${repository}/manifests/${reference}`, {
      body: bytesOf(body),
      headers: mediaType === "" ? {} : { "content-type": mediaType },
    });
  }

  /** Pushes an image with one layer and returns its descriptor. */
  async pushImage(
    repository: string,
    reference: string | undefined,
    fields: object = {},
  ): Promise<Descriptor> {
    const layer = await this.pushBlob(repository, `layer of ${repository} ${reference}`);
    const manifest = { ...await this.imageOf(repository, [layer]), ...fields };
    const bytes = bytesOf(JSON.stringify(manifest));
    const digest = await digestBytes(bytes);
    const { status, text } = await this.putManifest(repository, reference ?? digest, manifest);
    assertEquals(status, 201, text);
    return { mediaType: MEDIA_TYPE.ociManifest, digest, size: bytes.length };
  }

  /** A manifest of layers that are there, with a config that is pushed for it. */
  async imageOf(repository: string, layers: readonly Descriptor[]): Promise<object> {
    const config = await this.pushBlob(repository, "{}");
    return {
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: { ...config, mediaType: MEDIA_TYPE.ociConfig },
      layers: layers.map((layer) => ({ ...layer, mediaType: MEDIA_TYPE.ociLayerGzip })),
    };
  }
}

/** Registers a test once for each place a registry can keep its content in. */
export function eachBackend(
  name: string,
  test: (wire: Wire) => Promise<void>,
  options: Omit<CreateRegistryOptions, "repositories"> = {},
): void {
  Deno.test(`${name} (memory)`, async () => {
    await test(new Wire(createRegistry({ ...options, repositories: memoryRepositories() })));
  });
  Deno.test(`${name} (disk)`, async () => {
    await using directory = await tempDir();
    const repositories = await diskRepositories(directory.path);
    await test(new Wire(createRegistry({ ...options, repositories })));
  });
}

export function bytesOf(content: Uint8Array | string): Uint8Array<ArrayBuffer> {
  return typeof content === "string" ? new TextEncoder().encode(content) : new Uint8Array(content);
}

export function digestOf(content: string, algorithm: Algorithm = "sha256"): Promise<Digest> {
  return digestBytes(bytesOf(content), algorithm);
}

function codeOf(text: string): string | undefined {
  if (!text.startsWith('{"errors":')) return undefined;
  const body: { errors: { code: string }[] } = JSON.parse(text);
  return body.errors[0]?.code;
}
