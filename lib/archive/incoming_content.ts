import type { Digest } from "../oci/digest.ts";
import { decompress } from "../stream/decompress.ts";
import { measure, type Measurement } from "../stream/measure.ts";
import { verify } from "../stream/verify.ts";
import { type Content, isVerified } from "../store/content.ts";
import { isResumable, resumeContent } from "../store/resume.ts";
import { SizeMismatchError } from "../errors.ts";
import type { IncomingBlob } from "./tar_output.ts";

/** Content on its way into an archive: as it is, or as the plain tar that it holds. */
export class IncomingContent implements IncomingBlob {
  readonly size: number | undefined;
  readonly digest: Digest | undefined;
  readonly resume?: NonNullable<IncomingBlob["resume"]>;
  readonly #content: Content;
  readonly #plain: boolean;
  #measured: Promise<Measurement> | undefined;
  #diffId: Digest | undefined;

  /** @param options Whether a compressed layer is to arrive as the tar that it holds. */
  constructor(content: Content, options: { readonly plain: boolean }) {
    this.#content = content;
    this.#plain = options.plain;
    this.digest = content.descriptor?.digest;
    this.size = options.plain ? undefined : content.descriptor?.size;
    if (!options.plain && isResumable(content)) {
      this.resume = (beginning) => openVerified(resumeContent(content, beginning));
    }
  }

  /** The digest of the plain tar, when that is what passed. */
  get diffId(): Digest | undefined {
    return this.#diffId;
  }

  async open(): Promise<ReadableStream<Uint8Array>> {
    const source = await openVerified(this.#content);
    if (!this.#plain) return source;
    const what = this.digest === undefined ? {} : { what: `layer "${this.digest}"` };
    const { stream, done } = measure(decompress(source, what));
    this.#measured = done;
    return stream;
  }

  async seal(size: number): Promise<Digest> {
    this.#diffId = (await this.#measured)?.digest;
    const sealed = await this.#content.sealed();
    if (!this.#plain && sealed.size !== size) {
      throw new SizeMismatchError(sealed.size, size, { digest: sealed.digest });
    }
    return sealed.digest;
  }
}

/** Opens content so that it fails at its end unless it is what its descriptor says. */
export async function openVerified(content: Content): Promise<ReadableStream<Uint8Array>> {
  const source = await content.open();
  const { descriptor } = content;
  return descriptor === undefined || isVerified(content) ? source : verify(source, descriptor);
}
