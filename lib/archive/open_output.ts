import type { ArchiveForm } from "./archive_form.ts";
import { openOutputPath } from "./output_path.ts";
import { StagedPipe } from "./staged_pipe.ts";
import { TarFile } from "./tar_file.ts";
import type { TarOutput } from "./tar_output.ts";
import { TarPipe } from "./tar_pipe.ts";

/** Where an archive is written: the path of a file, or a stream such as standard output. */
export type ArchiveTarget = string | WritableStream<Uint8Array>;

/**
 * Opens what the tar of an archive goes to.
 *
 * @throws {FileError} When the path is a directory's, or no file can be made there.
 */
export async function openOutput(target: ArchiveTarget, form: ArchiveForm): Promise<TarOutput> {
  if (typeof target !== "string") return await openPipe(target, form);
  const output = await openOutputPath(target);
  if (output.kind === "file") return await TarFile.create(output.path, form);
  return await openPipe(output.pipe, form);
}

/** How messages name an archive that goes to a target. */
export function labelOf(kind: string, target: ArchiveTarget): string {
  return typeof target === "string" ? `${kind}:${target}` : `${kind}:-`;
}

async function openPipe(
  pipe: WritableStream<Uint8Array>,
  form: ArchiveForm,
): Promise<TarOutput> {
  return form.anyOrder ? new TarPipe(pipe, form) : await StagedPipe.create(pipe, form);
}
