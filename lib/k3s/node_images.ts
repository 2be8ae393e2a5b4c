import { createOciArchive } from "../archive/oci_archive.ts";
import type { DockerCli } from "../docker/cli.ts";
import type { DockerProcess } from "../docker/process.ts";
import { ClusterError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Digest } from "../oci/digest.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { parsePlatform, type Platform } from "../oci/platform.ts";
import type { Content } from "../store/content.ts";
import type { Destination, WriteOptions } from "../store/store.ts";

/** How `uname -m` names what images call otherwise. */
const MACHINES: ReadonlyMap<string, string> = new Map([
  ["x86_64", "amd64"],
  ["aarch64", "arm64"],
  ["armv7l", "arm/v7"],
]);

const CTR = ["ctr", "--namespace", "k8s.io"] as const;

/** The images of one node: what its containerd has, and an import that takes what it lacks. */
export class NodeImages implements AsyncDisposable {
  /** The node's name. */
  readonly node: string;
  /** The platform that the node runs. */
  readonly platform: Platform;
  readonly #cli: DockerCli;
  readonly #present: Set<string>;
  #importing: Promise<{ process: DockerProcess; archive: Destination }> | undefined;
  #sent = 0;

  private constructor(cli: DockerCli, node: string, [machine = "", ...digests]: readonly string[]) {
    this.#cli = cli;
    this.node = node;
    this.platform = parsePlatform(`linux/${MACHINES.get(machine) ?? machine}`);
    this.#present = new Set(digests);
  }

  /**
   * Asks a node for what its containerd has.
   *
   * @throws {DockerError} When the node does not answer.
   */
  static async open(cli: DockerCli, node: string, options: CallOptions = {}): Promise<NodeImages> {
    const script = `uname -m && ${CTR.join(" ")} content ls --quiet`;
    const act = `list the images of "${node}"`;
    const output = await cli.run(["exec", node, "sh", "-c", script], { ...options, act });
    return new NodeImages(cli, node, output.trim().split("\n"));
  }

  /** How many bytes of blobs were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Says whether the node has the content, or got it by now. */
  has(digest: Digest): boolean {
    return this.#present.has(digest);
  }

  /**
   * Sends content, into an import that begins with the first.
   *
   * @throws {DockerError} When the node's containerd gives up; the message quotes what it said.
   */
  async write(content: Content, options: WriteOptions = {}): Promise<Descriptor> {
    const { process, archive } = await (this.#importing ??= this.#import());
    try {
      const written = await archive.write(content, options);
      if (!this.#present.has(written.digest)) this.#sent += written.size;
      this.#present.add(written.digest);
      return written;
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) await process.finished(options);
      throw error;
    }
  }

  /**
   * Ends the import, waits until containerd has it, and asks whether the names now stand for what was
   * sent.
   *
   * @throws {DockerError} When containerd does not take it.
   * @throws {ClusterError} When a name stands for something else.
   */
  async commit(names: ReadonlyMap<string, Digest>, options: CallOptions = {}): Promise<void> {
    const importing = await this.#importing;
    this.#importing = undefined;
    if (importing !== undefined) {
      await importing.archive.commit(options).catch((error) => {
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      });
      await importing.process.finished(options);
    }
    const act = `list the images of "${this.node}"`;
    const listed = await this.#cli.run(["exec", this.node, ...CTR, "images", "ls"], {
      ...options,
      act,
    });
    for (const [name, digest] of names) {
      const line = listed.split("\n").find((line) => line.startsWith(`${name} `));
      if (line?.includes(digest)) continue;
      throw new ClusterError(
        `Cannot find image "${name}" in "${this.node}": expected ${digest}, got ` +
          `${line === undefined ? "none" : line.trim().split(/\s+/)[2]}`,
        { node: this.node },
      );
    }
  }

  /** Ends an import that was not committed. */
  async [Symbol.asyncDispose](): Promise<void> {
    const importing = await this.#importing?.catch(() => undefined);
    await importing?.process[Symbol.asyncDispose]();
    await importing?.archive[Symbol.asyncDispose]();
  }

  async #import(): Promise<{ process: DockerProcess; archive: Destination }> {
    const args = ["exec", "--interactive", this.node, ...CTR, "images", "import", "-"];
    const process = this.#cli.spawn(args, { act: `import images into "${this.node}"` });
    process.stdout.pipeTo(new WritableStream()).catch(() => {}); // what it lists is asked for later
    return { process, archive: await createOciArchive(process.stdin) };
  }
}
