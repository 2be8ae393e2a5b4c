import type { Descriptor } from "../oci/descriptor.ts";
import { digestBytes } from "../oci/digest.ts";
import { MEDIA_TYPE } from "../oci/media_type.ts";
import { type Answer, discard } from "../registry/answer.ts";
import type { RepositoryApi } from "../registry/repository_api.ts";
import { repositoryScope } from "../registry/scope.ts";
import { cancelUpload, locationOf } from "../registry/upload_session.ts";
import type { Notes, Seen } from "./notes.ts";

/** What the probes of writing work with. */
export interface Scratch {
  readonly api: RepositoryApi;
  /** A blob of another repository, for a mount. */
  readonly elsewhere:
    | { readonly repository: string; readonly blob: Descriptor }
    | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Tries writing, in a repository that was named for it, and takes away what it wrote. */
export async function probeWriting(notes: Notes, scratch: Scratch): Promise<void> {
  const probe = new WriteProbe(notes, scratch);
  try {
    await probe.run();
  } finally {
    await probe.cleanUp();
  }
}

class WriteProbe {
  readonly #notes: Notes;
  readonly #api: RepositoryApi;
  readonly #scratch: Scratch;
  readonly #id: string = crypto.randomUUID();
  /** What is there because of this, by path below the repository; the last is to go first. */
  readonly #written = new Set<string>();
  readonly #sessions = new Set<URL>();
  #chunkMinimum: number | undefined;

  constructor(notes: Notes, scratch: Scratch) {
    this.#notes = notes;
    this.#scratch = scratch;
    this.#api = scratch.api;
  }

  async run(): Promise<void> {
    const notes = this.#notes;
    await notes.try("upload-single", () => this.#uploadAtOnce());
    const [blob, bytes] = await this.#blob("chunked");
    const isUp = await notes.try("upload-chunked", () => this.#uploadInChunks(blob, bytes));
    if (this.#chunkMinimum !== undefined) {
      notes.add("chunk-minimum", ["yes", `chunks have at least ${this.#chunkMinimum} bytes`]);
    }
    await notes.try("mount", () => this.#mount(true));
    await notes.try("mount-anonymous", () => this.#mount(false));
    if (!isUp) return;
    const tag = `davit-doctor-${this.#id}`;
    let image: Descriptor | undefined;
    await notes.try("push", async () => {
      image = await this.#putManifest(blob, tag);
      return ["yes", "takes an image manifest under a tag"];
    }, "failed");
    if (image === undefined) return;
    const subject = image;
    await notes.try("subject", () => this.#putReferrer(blob, subject));
    await notes.try("delete-tag", () => this.#delete(`manifests/${tag}`, "tags"));
    await notes.try("delete-manifest", () => this.#deleteManifests());
    await notes.try("delete-blob", () => this.#delete(`blobs/${blob.digest}`, "blobs"));
  }

  /** Deletes what is left; says what cannot be. */
  async cleanUp(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => cancelUpload(this.#api, session)));
    const left: string[] = [];
    for (const path of [...this.#written].reverse()) {
      const status = await this.#deleteStatus(path, AbortSignal.timeout(10_000)).catch(() => 0);
      if (![200, 202, 204, 404].includes(status)) left.push(path);
    }
    if (left.length === 0 && this.#written.size === 0) return;
    const names = left.filter((path) => path.startsWith("manifests/")).join(", ");
    this.#notes.add(
      "clean-up",
      left.length === 0
        ? ["yes", "all that was written is deleted"]
        : names === ""
        ? ["no", "blobs without a name stay until the registry collects its garbage"]
        : ["no", `cannot delete ${names} of ${this.#api.label}: delete it by hand`],
    );
  }

  async #blob(purpose: string): Promise<readonly [Descriptor, Uint8Array]> {
    const bytes = new TextEncoder().encode(`davit doctor: ${purpose} ${this.#id}\n`);
    const digest = await digestBytes(bytes);
    return [{ mediaType: "application/vnd.davit.doctor", digest, size: bytes.length }, bytes];
  }

  async #uploadAtOnce(): Promise<Seen> {
    const [{ digest }, body] = await this.#blob("at once");
    const answer = await this.#post(`?digest=${encodeURIComponent(digest)}`, body);
    if (answer.status === 201) {
      this.#written.add(`blobs/${digest}`);
      return ["yes", "takes a blob in one request"];
    }
    this.#sessions.add(locationOf(answer));
    return ["no", "wants two requests for a blob"];
  }

  async #uploadInChunks(blob: Descriptor, bytes: Uint8Array): Promise<Seen> {
    const opened = await this.#post("");
    const minimum = Number(opened.headers.get("oci-chunk-min-length") ?? "0");
    if (minimum > 0) this.#chunkMinimum = minimum;
    let location = locationOf(opened);
    this.#sessions.add(location);
    const middle = minimum > 0 ? bytes.length : Math.floor(bytes.length / 2);
    const chunks = [[0, middle], [middle, bytes.length]] as const;
    for (const [start, end] of chunks.filter(([start, end]) => start < end)) {
      const answer = await this.#send("PATCH", location, [202, 201, 204], {
        headers: {
          "content-type": "application/octet-stream",
          "content-range": `${start}-${end - 1}`,
        },
        body: bytes.slice(start, end),
      });
      this.#sessions.delete(location);
      if (answer.headers.has("location")) location = locationOf(answer);
      this.#sessions.add(location);
    }
    const target = new URL(location);
    target.searchParams.set("digest", blob.digest);
    await this.#send("PUT", target, [201, 204], {});
    this.#sessions.delete(location);
    this.#written.add(`blobs/${blob.digest}`);
    return ["yes", "takes a blob in pieces: an upload that broke off can go on"];
  }

  async #mount(saysFrom: boolean): Promise<Seen> {
    const { elsewhere } = this.#scratch;
    if (elsewhere === undefined) {
      return ["unknown", "name a repository to read as well, to mount a blob from"];
    }
    const { repository, blob: { digest } } = elsewhere;
    const query = new URLSearchParams(
      saysFrom ? { mount: digest, from: repository } : { mount: digest },
    );
    const scopes = [repositoryScope(repository, "pull")];
    const answer = await this.#post(`?${query}`, undefined, scopes);
    const what = saysFrom ? `a blob of ${repository}` : "a blob that it is not told the place of";
    if (answer.status !== 201) {
      this.#sessions.add(locationOf(answer));
      return ["no", `does not take ${what} by itself: it is sent again`];
    }
    this.#written.add(`blobs/${digest}`);
    return ["yes", `takes ${what} by itself`];
  }

  async #putManifest(config: Descriptor, tag: string): Promise<Descriptor> {
    const { descriptor } = await this.#put({ config, layers: [config] }, tag);
    this.#written.add(`manifests/${descriptor.digest}`);
    return descriptor;
  }

  async #putReferrer(config: Descriptor, subject: Descriptor): Promise<Seen> {
    const { descriptor, answer } = await this.#put({ config, layers: [config], subject });
    this.#written.add(`manifests/${descriptor.digest}`);
    const list = await this.#send("GET", `referrers/${subject.digest}`, [200, 400, 404, 405], {});
    const isListed = list.status === 200 &&
      (await new Response(list.body ?? null).text()).includes(descriptor.digest);
    await discard(list);
    if (isListed) return ["yes", "lists what was pushed about an image"];
    return answer.headers.has("oci-subject")
      ? ["no", "says OCI-Subject but lists nothing: clients have to keep the list all the same"]
      : ["no", "does not list what was pushed about an image: clients keep the list"];
  }

  async #put(
    parts: { readonly config: Descriptor; readonly layers: readonly Descriptor[] } & {
      readonly subject?: Descriptor;
    },
    tag?: string,
  ): Promise<{ readonly descriptor: Descriptor; readonly answer: Answer }> {
    const mediaType = MEDIA_TYPE.ociManifest;
    const manifest = { schemaVersion: 2, mediaType, ...parts };
    const body = new TextEncoder().encode(JSON.stringify(manifest));
    const digest = await digestBytes(body);
    const answer = await this.#send("PUT", `manifests/${tag ?? digest}`, [201, 200, 202], {
      headers: { "content-type": mediaType },
      body,
    });
    return { descriptor: { mediaType, digest, size: body.length }, answer };
  }

  async #deleteManifests(): Promise<Seen> {
    const paths = [...this.#written].filter((path) => path.startsWith("manifests/")).reverse();
    let seen: Seen = ["unknown", "nothing to delete"];
    for (const path of paths) seen = await this.#delete(path, "manifests");
    return seen;
  }

  async #delete(path: string, kind: string): Promise<Seen> {
    const status = await this.#deleteStatus(path, this.#scratch.signal);
    if (![200, 202, 204].includes(status)) return ["no", `does not delete ${kind} (${status})`];
    this.#written.delete(path);
    return ["yes", `deletes ${kind}`];
  }

  async #deleteStatus(target: string, signal: AbortSignal | undefined): Promise<number> {
    const answer = await this.#api.request({
      method: "DELETE",
      target,
      access: "pull,push,delete",
      expected: [200, 202, 204, 400, 401, 403, 404, 405, 501],
      signal,
    });
    await discard(answer);
    return answer.status;
  }

  #post(
    query: string,
    body: Uint8Array | undefined = undefined,
    scopes: readonly string[] = [],
  ): Promise<Answer> {
    return this.#send("POST", `blobs/uploads/${query}`, [201, 202], {
      scopes,
      headers: { "content-type": "application/octet-stream" },
      ...(body === undefined ? {} : { body }),
    });
  }

  async #send(
    method: string,
    target: string | URL,
    expected: readonly number[],
    more: {
      readonly scopes?: readonly string[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array;
    },
  ): Promise<Answer> {
    const access = method === "GET" ? "pull" : "pull,push";
    const { signal } = this.#scratch;
    const answer = await this.#api.request({ method, target, access, expected, signal, ...more });
    if (method !== "GET") await discard(answer);
    return answer;
  }
}
