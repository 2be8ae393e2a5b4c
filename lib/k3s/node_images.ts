import { createOciArchive } from "../archive/oci_archive.ts";
import type { DockerCli } from "../docker/cli.ts";
import type { DockerProcess } from "../docker/process.ts";
import { ClusterError, DockerError } from "../errors.ts";
import type { Image } from "../image/image.ts";
import type { CallOptions, ContentSource } from "../layer/content_source.ts";
import type { Digest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parseManifest } from "../oci/manifest.ts";
import type { Platform } from "../oci/platform.ts";
import { present } from "../oci/present.ts";
import type { Content } from "../store/content.ts";
import type { Destination, WriteOptions } from "../store/store.ts";
import { CLEAN, CONFIRM, CTR, IMPORT, LIST, PINNED, PULL } from "./ctr.ts";
import type { ImageServer } from "./image_server.ts";
import type { HeldLayer } from "./node_content.ts";
import { type NodeImage, type NodeListing, parseImages, parseListing } from "./node_listing.ts";
import { countBytes } from "./count_bytes.ts";

/** An import that runs in a node. */
interface Importing {
  readonly process: DockerProcess;
  readonly archive: Destination;
}

/** Images that an import is to confirm at its end. */
interface Announcement {
  readonly names: readonly string[];
  readonly pin: boolean;
}

/** Options of {@linkcode NodeImages.commit}. */
export interface ConfirmOptions extends CallOptions {
  /** Keeps the images from the kubelet's garbage collection; `true` unless said. */
  readonly pin?: boolean;
}

/** Options of {@linkcode NodeImages.pull}. */
export interface PullOptions extends CallOptions {
  /** What the image is called there, in full. */
  readonly names: readonly string[];
  /** How long the node may take to find the registry, in seconds. */
  readonly patience: number;
  /** Hears why the image itself cannot be read: not the node's fault. */
  readonly onBroken?: (error: unknown) => void;
}

/** The images of one node: what its containerd has, and an import that takes what it lacks. */
export class NodeImages implements ContentSource, AsyncDisposable {
  /** The node's name. */
  readonly node: string;
  readonly #cli: DockerCli;
  #listing: NodeListing;
  /** What was not sent because the node had it. */
  readonly #relied = new Set<Digest>();
  /** The names that an import gives, of those that the node was asked for and did not have. */
  readonly #newNames = new Set<string>();
  readonly #layers = new Map<Digest, Promise<readonly Descriptor[]>>();
  #importing: Promise<Importing> | undefined;
  /** What the program prints that brings images to the node and has not ended; its process ID first. */
  #running: Promise<string> | undefined;
  /** What the next import is to confirm itself. */
  #announced: Announcement = { names: [], pin: true };
  #sent = 0;

  private constructor(
    cli: DockerCli,
    node: string,
    { names, listing }: { readonly names: readonly string[]; readonly listing: NodeListing },
  ) {
    this.#cli = cli;
    this.node = node;
    this.#listing = listing;
    for (const name of names) if (!listing.images.has(name)) this.#newNames.add(name);
  }

  /**
   * Asks a node for what its containerd has.
   *
   * @param names The images that matter, by their full names.
   * @throws {DockerError} When the node does not answer.
   */
  static async open(
    cli: DockerCli,
    node: string,
    names: readonly string[] = [],
    options: CallOptions = {},
  ): Promise<NodeImages> {
    return new NodeImages(cli, node, { names, listing: await list(cli, node, names, options) });
  }

  /** The platform that the node runs. */
  get platform(): Platform {
    return this.#listing.platform;
  }

  /** How many bytes of blobs were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Says whether the node has the content, or got it by now. */
  has(digest: Digest): boolean {
    const isThere = this.#listing.content.has(digest);
    if (isThere) this.#relied.add(digest);
    return isThere;
  }

  /** Says whether the node lacks content; unlike {@linkcode has}, nothing is made of that. */
  lacks(digest: Digest): boolean {
    return !this.#listing.content.has(digest);
  }

  /** What the node said of an image, by its full name. */
  imageNamed(name: string): NodeImage | undefined {
    return this.#listing.images.get(name);
  }

  /** The manifest of an image that the node has, by its own digest or that of its config. */
  imageOf(id: Digest): Digest | undefined {
    return this.#listing.content.imageOf(id);
  }

  /** The blob that the node has a layer's tar in: the tar itself, if it has that. */
  layerOf(tar: Digest): HeldLayer | undefined {
    return this.#listing.content.layerOf(tar);
  }

  /**
   * Asks the node again, and says whether it has lost what was not sent because it was there.
   *
   * @throws {DockerError} When the node does not answer.
   */
  async hasLostContent(names: readonly string[], options: CallOptions = {}): Promise<boolean> {
    this.#listing = await list(this.#cli, this.node, names, options);
    const lost = [...this.#relied].filter((digest) => !this.#listing.content.has(digest));
    this.#relied.clear();
    return lost.length > 0;
  }

  /**
   * Reads a document that the node has.
   *
   * @throws {ClusterError} When it does not have it, or does not answer.
   */
  async fetch({ digest }: Pick<Descriptor, "digest">): Promise<ReadableStream<Uint8Array>> {
    const act = `read "${digest}" in "${this.node}"`;
    try {
      const args = ["exec", this.node, ...CTR, "content", "get", digest];
      const text = await this.#cli.run(args, { act });
      return ReadableStream.from([new TextEncoder().encode(text)]);
    } catch (cause) {
      if (!(cause instanceof DockerError)) throw cause;
      throw new ClusterError(cause.message, { node: this.node, cause });
    }
  }

  /**
   * The layers of a manifest that the node has, which is read once.
   *
   * @throws {ClusterError} As {@linkcode fetch} does.
   */
  layersOf(manifest: Digest): Promise<readonly Descriptor[]> {
    const known = this.#layers.get(manifest) ?? this.#readLayers(manifest);
    this.#layers.set(manifest, known);
    return known;
  }

  /**
   * Says beforehand what {@linkcode commit} will be asked to confirm, so that the import does it, and
   * nothing has to start in the node for that.
   */
  announce(names: readonly string[], { pin = true }: ConfirmOptions = {}): void {
    this.#announced = { names, pin };
  }

  /**
   * Sends content, into an import that begins with the first.
   *
   * @throws {DockerError} When the node's containerd gives up; the message quotes what it said.
   */
  async write(content: Content, options: WriteOptions = {}): Promise<Descriptor> {
    const { process, archive } = await (this.#importing ??= this.#import());
    const isNew = content.descriptor === undefined ||
      !this.#listing.content.has(content.descriptor.digest);
    const counted = isNew ? countBytes(content, (bytes) => this.#sent += bytes) : content;
    try {
      const written = await archive.write(counted, options);
      this.#listing.content.add(written.digest);
      return written;
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) await process.finished(options);
      throw error;
    }
  }

  /**
   * Has the node pull an image from a registry in its network, and give it names.
   *
   * @throws {DockerError} When it cannot; the message quotes what it said.
   * @throws {ClusterError} When it begins to, and reads no further.
   */
  async pull(server: ImageServer, image: Image, options: PullOptions): Promise<void> {
    const { names, patience, onBroken, signal } = options;
    const stalling = new AbortController();
    const onStalled = () =>
      stalling.abort(
        new ClusterError(
          `Cannot have "${this.node}" pull images: expected it to read what it asked for, got a stop`,
          { node: this.node },
        ),
      );
    const onBytes = (bytes: number) => void (this.#sent += bytes);
    using offer = await server.offer(image, { onBytes, onStalled, ...present({ onBroken }) });
    const act = `pull images into "${this.node}"`;
    const words = ["sh", `${patience}s`, offer.reference, ...names];
    await using process = this.#cli.spawn(["exec", this.node, "sh", "-c", PULL, ...words], { act });
    this.#running = textOf(process);
    await process.stdin.close();
    const signals = signal === undefined ? [] : [signal];
    await process.finished({ signal: AbortSignal.any([stalling.signal, ...signals]) });
  }

  /**
   * Ends the import, waits until containerd has it, and has it check that the names stand for what
   * was sent, and all of it.
   *
   * @throws {DockerError} When containerd does not take it.
   * @throws {ClusterError} When a name stands for something else, or not all of it is there.
   */
  async commit(names: ReadonlyMap<string, Digest>, options: ConfirmOptions = {}): Promise<void> {
    const { pin = true } = options;
    const importing = await this.#importing;
    let output: string | undefined;
    if (importing !== undefined) {
      await importing.archive.commit(options).catch((error) => {
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      });
      await importing.process.finished(options);
      this.#importing = undefined;
      if (this.#isAnnounced(names, pin)) output = (await this.#running)?.replace(/^.*\n/, "");
    } else if (this.#running === undefined && this.#isConfirmed(names, pin)) return;
    const found = parseImages(output ?? await this.#confirm([...names.keys()], options));
    for (const [name, digest] of names) this.#require(name, digest, found.get(name));
    this.#running = undefined;
  }

  /** Ends an import or pull that was not committed; containerd drops what it had of it. */
  async abandon(): Promise<void> {
    const importing = await this.#importing?.catch(() => undefined);
    const running = this.#running;
    this.#importing = this.#running = undefined;
    if (running === undefined) return;
    await importing?.process[Symbol.asyncDispose]();
    await importing?.archive[Symbol.asyncDispose]();
    const [pid = ""] = (await running).split("\n", 1);
    const act = `clean up in "${this.node}"`;
    const args = ["exec", this.node, "sh", "-c", CLEAN, "sh", pid, ...this.#newNames];
    // A node that is gone has nothing to be cleaned up.
    await this.#cli.run(args, { act }).catch(() => {});
  }

  /** As {@linkcode abandon}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.abandon();
  }

  /** Whether the node has said already all that a confirmation would ask for. */
  #isConfirmed(names: ReadonlyMap<string, Digest>, pin: boolean): boolean {
    return [...names].every(([name, digest]) => {
      const image = this.imageNamed(name);
      return image?.digest === digest && image.isWhole && image.isPinned === pin;
    });
  }

  #isAnnounced(names: ReadonlyMap<string, Digest>, pin: boolean): boolean {
    const announced = new Set(this.#announced.names);
    return this.#announced.pin === pin && names.keys().every((name) => announced.has(name));
  }

  async #confirm(names: readonly string[], options: ConfirmOptions): Promise<string> {
    const act = `check the images of "${this.node}"`;
    const words = ["sh", labelOf(options), ...names];
    return await this.#cli.run(["exec", this.node, "sh", "-c", CONFIRM, ...words], {
      ...options,
      act,
    });
  }

  async #readLayers(digest: Digest): Promise<readonly Descriptor[]> {
    return parseManifest(await new Response(await this.fetch({ digest })).bytes()).layers;
  }

  #require(name: string, digest: Digest, found: NodeImage | undefined): void {
    if (found?.digest === digest && found.isWhole) return;
    const actual = found === undefined
      ? "none"
      : found.digest === digest
      ? `${found.status}, ${found.status.startsWith("complete") ? "not unpacked" : "not all of it"}`
      : found.digest;
    throw new ClusterError(
      `Cannot find image "${name}" in "${this.node}": expected all of ${digest}, got ${actual}`,
      { node: this.node },
    );
  }

  async #import(): Promise<Importing> {
    const { names } = this.#announced;
    const words = names.length === 0 ? [] : [labelOf(this.#announced), ...names];
    const args = ["exec", "--interactive", this.node, "sh", "-c", IMPORT, "sh", ...words];
    const process = this.#cli.spawn(args, { act: `import images into "${this.node}"` });
    this.#running = textOf(process);
    return { process, archive: await createOciArchive(process.stdin) };
  }
}

function labelOf({ pin = true }: ConfirmOptions): string {
  return `${PINNED}=${pin ? "pinned" : ""}`;
}

/** What a program prints until its end, or until nobody listens any more. */
async function textOf({ stdout }: DockerProcess): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const bytes of stdout) text += decoder.decode(bytes, { stream: true });
  } catch {
    // What it had printed by then counts.
  }
  return text;
}

async function list(
  cli: DockerCli,
  node: string,
  names: readonly string[],
  options: CallOptions,
): Promise<NodeListing> {
  const act = `list the images of "${node}"`;
  const args = ["exec", node, "sh", "-c", LIST, "sh", ...names];
  const output = await cli.run(args, { ...options, act });
  if (output.includes("\n\n")) return parseListing(output);
  throw new ClusterError(
    `Cannot ${act}: expected all that it has, got the end in the middle; is the connection to the ` +
      "engine sound?",
    { node },
  );
}
