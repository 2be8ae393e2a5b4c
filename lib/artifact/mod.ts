/**
 * Artifacts: files under a name in a registry, by themselves or about an image, such as signatures,
 * SBOMs and Helm charts. They are images as far as copying goes, and understood by `oras`.
 *
 * @example
 * ```ts
 * import { createArtifact } from "@davit/davit/artifact";
 *
 * const note = await createArtifact({
 *   artifactType: "application/vnd.example.note",
 *   annotations: { note: "nothing but this" },
 * });
 * console.assert((await note.layers()).length === 1);
 * ```
 *
 * @module
 */

export { type ArtifactFile, type ArtifactOptions, createArtifact } from "./create_artifact.ts";
export { type PulledFile, pullFiles, type PullFilesOptions } from "./pull_files.ts";
export { readReferrerTree, type ReferrerNode, type ReferrerTreeOptions } from "./referrer_tree.ts";
