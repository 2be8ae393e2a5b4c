import { DavitError } from "../errors.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Digest } from "../oci/digest.ts";
import { describeReferrer, type Referrer } from "../oci/referrer.ts";
import type { Content } from "../store/content.ts";
import type { Referrers, ReferrersOptions, WriteOptions } from "../store/store.ts";
import { ArchiveWriter } from "./archive_writer.ts";
import { OCI_FORM } from "./oci_form.ts";
import type { TarOutput } from "./tar_output.ts";

/** Writes an OCI layout in a tar, which may hold what is about its images. */
export class OciArchiveWriter extends ArchiveWriter implements Referrers {
  readonly #referrers = new Map<Digest, Referrer>();

  /** Nothing is written yet. @param output Owned from here on. */
  constructor(label: string, output: TarOutput) {
    super(label, OCI_FORM, output);
  }

  /** Writes content once; what is about something is listed from then on. */
  override async write(content: Content, options: WriteOptions = {}): Promise<Descriptor> {
    const written = await super.write(content, options);
    const referrer = this.#describe(written);
    if (referrer !== undefined) this.#referrers.set(written.digest, referrer);
    return written;
  }

  /** Lists what was written about a manifest. */
  async *referrers(subject: Digest, options: ReferrersOptions = {}): AsyncGenerator<Descriptor> {
    for (const referrer of this.#referrers.values()) {
      const { artifactType = referrer.descriptor.artifactType } = options;
      if (referrer.subject !== subject) continue;
      if (referrer.descriptor.artifactType === artifactType) yield referrer.descriptor;
    }
  }

  #describe(written: Descriptor): Referrer | undefined {
    const bytes = this.documentOf(written.digest);
    try {
      return bytes === undefined ? undefined : describeReferrer(bytes, written);
    } catch (error) {
      if (!(error instanceof DavitError)) throw error;
      return undefined;
    }
  }
}
