import type { Image } from "../image/image.ts";
import type { Digest } from "../oci/digest.ts";
import { bytesContent, type Content, layerContent } from "../store/content.ts";
import { countBytes } from "./count_bytes.ts";

/** One image for one node. */
interface Offer {
  readonly contents: ReadonlyMap<string, Content>;
}

/**
 * A registry for the time of an import, which nodes pull from over their network. What it offers is
 * found by whoever was told its name, and each node has its own, by which its bytes are counted.
 */
export class ImageServer implements AsyncDisposable {
  readonly #offers = new Map<string, Offer>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(hostname: string) {
    const handler = (request: Request) => this.#answer(request);
    this.#server = Deno.serve({ hostname, port: 0, onListen() {} }, handler);
  }

  /**
   * Begins to listen.
   *
   * @param hostname The address of this machine in the nodes' network.
   * @throws {Deno.errors.AddrNotAvailable} When it is not one of this machine.
   */
  static listen(hostname: string): ImageServer {
    return new ImageServer(hostname);
  }

  /**
   * Offers an image to one node.
   *
   * @param onBytes Hears of the bytes that the node fetches.
   * @returns The name to pull it by.
   */
  async offer(image: Image, onBytes: (count: number) => void): Promise<string> {
    const descriptor = await image.descriptor();
    const contents = [
      bytesContent(await image.manifest(), descriptor),
      bytesContent(await image.config(), await image.configDescriptor()),
      ...(await image.layers()).map(layerContent),
    ];
    const name = `davit/${crypto.randomUUID()}`;
    this.#offers.set(name, {
      contents: new Map(contents.flatMap((content) => {
        const digest = content.descriptor?.digest;
        return digest === undefined ? [] : [[digest, countBytes(content, onBytes)] as const];
      })),
    });
    const { hostname, port } = this.#server.addr;
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    return `${host}:${port}/${name}@${descriptor.digest}`;
  }

  /** Hangs up. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer({ method, url }: Request): Promise<Response> {
    const { pathname } = new URL(url);
    if (pathname === "/v2/") return Response.json({});
    const [, name = "", digest = ""] = /^\/v2\/(.+)\/(?:manifests|blobs)\/(.+)$/.exec(pathname) ??
      [];
    const content = this.#offers.get(name)?.contents.get(digest as Digest);
    if (content?.descriptor === undefined) return new Response(null, { status: 404 });
    const headers = {
      "content-type": content.mediaType,
      "content-length": String(content.descriptor.size),
      "docker-content-digest": digest,
    };
    return new Response(method === "HEAD" ? null : await content.open(), { headers });
  }
}
