import { DocumentError, FileError, UnsupportedError } from "../errors.ts";
import { fileFailure } from "../layer/file_failure.ts";
import { DocumentField } from "../oci/document_field.ts";
import { readDocument } from "./read_document.ts";
import { Roots } from "./roots.ts";

const VERSION = "1.0.0";

/**
 * Says whether a directory is a layout; `false` also when there is no such directory.
 *
 * @throws {UnsupportedError} When it is a layout of another version.
 * @throws {DocumentError} When its `oci-layout` file is not one.
 * @throws {FileError} When the path is not a directory's.
 */
export async function isLayout(path: string): Promise<boolean> {
  const text = await readIfThere(`${path}/oci-layout`, path);
  if (text === undefined) return false;
  const version = DocumentField.parse(`"${path}/oci-layout"`, text)
    .member("imageLayoutVersion").string();
  if (version === VERSION) return true;
  throw new UnsupportedError(
    `Cannot open OCI layout "${path}": expected imageLayoutVersion "${VERSION}", got "${version}"`,
  );
}

/**
 * Makes a directory a layout, creating it if need be. A layout that is there stays as it is.
 *
 * @throws {FileError} When the directory cannot be made, or holds an `index.json` of something else.
 */
export async function prepareLayout(path: string): Promise<void> {
  if (await isLayout(path)) return;
  await Deno.mkdir(`${path}/blobs/sha256`, { recursive: true })
    .catch((error) => Promise.reject(fileFailure("write", path, error)));
  const index = await readIfThere(`${path}/index.json`, path);
  if (index === undefined) await writeNew(`${path}/index.json`, Roots.empty().format());
  else refuseOther(path, index);
  await writeNew(`${path}/oci-layout`, JSON.stringify({ imageLayoutVersion: VERSION }));
}

function refuseOther(path: string, index: Uint8Array): void {
  try {
    Roots.parse(index);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new FileError(
      `Cannot create an OCI layout in "${path}": its index.json belongs to something else; ` +
        `give an empty directory`,
      path,
      { cause: error },
    );
  }
}

async function readIfThere(file: string, directory: string): Promise<Uint8Array | undefined> {
  try {
    return await readDocument(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotADirectory)) throw error;
    throw new FileError(
      `Cannot open OCI layout "${directory}": expected a directory, got a file; an OCI layout in ` +
        `a tar is named "oci-archive:${directory}"`,
      directory,
      { cause: error },
    );
  }
}

/** Writes a file unless it is there, so that nobody ever sees half of it. */
async function writeNew(path: string, text: string): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  await Deno.writeTextFile(temporary, text, { createNew: true });
  try {
    await Deno.link(temporary, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    await Deno.remove(temporary);
  }
}
