import type { Image } from "../image/image.ts";
import type { Digest } from "../oci/digest.ts";
import { bytesContent, type Content, layerContent } from "../store/content.ts";
import { countBytes } from "./count_bytes.ts";

/** One image for one node. */
interface Offer extends OfferListener {
  readonly contents: ReadonlyMap<string, Content>;
}

/** Hears what becomes of an offer. */
export interface OfferListener {
  /** Hears of the bytes that the node fetches. */
  readonly onBytes: (count: number) => void;
  /** Hears that the node asks for something of it. */
  readonly onRequest?: () => void;
  /** Hears why what it is offered cannot be read: not the node's fault. */
  readonly onBroken?: (error: unknown) => void;
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
    const onError = () => new Response(null, { status: 500 }); // what is the matter, the offer hears
    this.#server = Deno.serve({ hostname, port: 0, onListen() {}, onError }, handler);
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
   * @param listener Hears what becomes of it.
   * @returns The name to pull it by.
   */
  async offer(image: Image, listener: OfferListener): Promise<string> {
    const descriptor = await image.descriptor();
    const contents = [
      bytesContent(await image.manifest(), descriptor),
      bytesContent(await image.config(), await image.configDescriptor()),
      ...(await image.layers()).map(layerContent),
    ];
    const name = `davit/${crypto.randomUUID()}`;
    const { onBytes } = listener;
    this.#offers.set(name, {
      ...listener,
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

  #answer({ method, url }: Request): Response {
    const { pathname } = new URL(url);
    if (pathname === "/v2/") return Response.json({});
    const [, name = "", digest = ""] = /^\/v2\/(.+)\/(?:manifests|blobs)\/(.+)$/.exec(pathname) ??
      [];
    const offer = this.#offers.get(name);
    offer?.onRequest?.();
    const content = offer?.contents.get(digest as Digest);
    if (offer === undefined || content?.descriptor === undefined) {
      return new Response(null, { status: 404 });
    }
    const headers = {
      "content-type": content.mediaType,
      "content-length": String(content.descriptor.size),
      "docker-content-digest": digest,
    };
    if (method === "HEAD") return new Response(null, { headers });
    return new Response(ReadableStream.from(read(content, offer)), { headers });
  }
}

async function* read(content: Content, { onBroken }: OfferListener): AsyncGenerator<Uint8Array> {
  try {
    yield* await content.open();
  } catch (error) {
    onBroken?.(error);
    throw error;
  }
}
