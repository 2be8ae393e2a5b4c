import type { Image } from "../image/image.ts";
import type { Digest } from "../oci/digest.ts";
import { bytesContent, type Content, layerContent } from "../store/content.ts";
import type { OnCopyEvent } from "../store/events.ts";
import { present } from "../oci/present.ts";
import { watchedBody } from "./watched_body.ts";

/** Options of {@linkcode ImageServer.listen}. */
export interface ImageServerOptions {
  /** How long a node may leave what it asked for unread, in milliseconds; 20000 unless said. */
  readonly patience?: number;
  /** Hears what nodes fetch. */
  readonly onEvent?: OnCopyEvent;
}

/** One image for one node. */
interface Offer extends OfferListener {
  readonly contents: ReadonlyMap<string, Content>;
  readonly withdrawn: AbortSignal;
}

/** Hears what becomes of an offer. */
export interface OfferListener {
  /** Hears of the bytes that the node fetches. */
  readonly onBytes: (count: number) => void;
  /** Hears that the node asked for something and does not read on. */
  readonly onStalled?: () => void;
  /** Hears why what it is offered cannot be read: not the node's fault. */
  readonly onBroken?: (error: unknown) => void;
}

/** An image that can be pulled until the end of a scope. */
export interface StandingOffer extends Disposable {
  /** The name to pull it by. */
  readonly reference: string;
}

/**
 * A registry for the time of an import, which nodes pull from over their network. What it offers is
 * found by whoever was told its name, and each node has its own, by which its bytes are counted.
 */
export class ImageServer implements AsyncDisposable {
  readonly #offers = new Map<string, Offer>();
  readonly #closing = new AbortController();
  readonly #patience: number;
  readonly #onEvent: OnCopyEvent | undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #fetches = 0;

  private constructor(hostname: string, { patience = 20_000, onEvent }: ImageServerOptions) {
    this.#patience = patience;
    this.#onEvent = onEvent;
    const handler = (request: Request) => this.#answer(request);
    const onError = () => new Response(null, { status: 500 }); // what is the matter, the offer hears
    const { signal } = this.#closing;
    const options = { hostname, port: 0, signal, onListen() {}, onError };
    this.#server = Deno.serve(options, handler);
  }

  /**
   * Begins to listen.
   *
   * @param hostname The address of this machine in the nodes' network.
   * @throws {Deno.errors.AddrNotAvailable} When it is not one of this machine.
   */
  static listen(hostname: string, options: ImageServerOptions = {}): ImageServer {
    return new ImageServer(hostname, options);
  }

  /**
   * Offers an image to one node. Once the offer is withdrawn, a pull of it fails at once.
   *
   * @param listener Hears what becomes of it.
   */
  async offer(image: Image, listener: OfferListener): Promise<StandingOffer> {
    const descriptor = await image.descriptor();
    const contents = [
      bytesContent(await image.manifest(), descriptor),
      bytesContent(await image.config(), await image.configDescriptor()),
      ...(await image.layers()).map(layerContent),
    ];
    const name = `davit/${crypto.randomUUID()}`;
    const withdrawing = new AbortController();
    this.#offers.set(name, {
      ...listener,
      withdrawn: withdrawing.signal,
      contents: new Map(contents.flatMap((content) => {
        const digest = content.descriptor?.digest;
        return digest === undefined ? [] : [[digest, content] as const];
      })),
    });
    const { hostname, port } = this.#server.addr;
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    return {
      reference: `${host}:${port}/${name}@${descriptor.digest}`,
      [Symbol.dispose]: () => {
        this.#offers.delete(name);
        withdrawing.abort();
      },
    };
  }

  /** Hangs up, on nodes that still read too. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#server.finished;
  }

  #answer({ method, url }: Request): Response {
    const { pathname } = new URL(url);
    if (pathname === "/v2/") return Response.json({});
    const [, name = "", digest = ""] = /^\/v2\/(.+)\/(?:manifests|blobs)\/(.+)$/.exec(pathname) ??
      [];
    const offer = this.#offers.get(name);
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
    return new Response(this.#bodyOf(content, offer), { headers });
  }

  #bodyOf(content: Content, offer: Offer): ReadableStream<Uint8Array> {
    const { mediaType, descriptor } = content;
    const id = this.#fetches++;
    const onEvent = this.#onEvent;
    onEvent?.({ kind: "start", id, mediaType, ...present({ size: descriptor?.size }) });
    let bytes = 0;
    return watchedBody(() => content.open(), {
      signal: offer.withdrawn,
      patience: this.#patience,
      onStalled: () => offer.onStalled?.(),
      onBytes(count) {
        offer.onBytes(count);
        onEvent?.({ kind: "progress", id, bytes: bytes += count });
      },
      onEnd() {
        if (descriptor !== undefined) onEvent?.({ kind: "done", id, outcome: "sent", descriptor });
      },
      onBroken: (error) => offer.onBroken?.(error),
    });
  }
}
