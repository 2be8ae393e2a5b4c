import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Content } from "../store/content.ts";
import { receive } from "../store/receive.ts";
import { isSpoiled, resumeContent } from "../store/resume.ts";
import type { PartialFile } from "./partial_file.ts";

/**
 * Receives content into a file, which may have the beginning of it: that is hashed again, and only
 * the rest is fetched. If it turns out to be the beginning of something else, all of it is fetched.
 */
export async function receiveInto(
  file: PartialFile,
  content: Content,
  options: CallOptions,
): Promise<Descriptor> {
  const { size } = file;
  if (size > 0 && size <= (content.descriptor?.size ?? 0)) {
    let ahead = size;
    const keep = (chunk: Uint8Array) => {
      if (ahead === 0) return file.append(chunk);
      ahead -= chunk.length;
    };
    try {
      return await receive(resumeContent(content, file), keep, options);
    } catch (error) {
      if (!isSpoiled(error)) throw error;
    }
  }
  if (file.size > 0) await file.clear();
  return await receive(content, (chunk) => file.append(chunk), options);
}
