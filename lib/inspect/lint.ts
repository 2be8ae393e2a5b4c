import { UnsupportedError } from "../errors.ts";
import type { Image, View } from "../image/image.ts";
import { listImages } from "../image/select.ts";
import type { CallOptions } from "../layer/content_source.ts";
import { type ImageConfig, parseConfig } from "../oci/config.ts";
import type { Digest } from "../oci/digest.ts";
import { isImageConfigType } from "../oci/media_type.ts";
import type { Platform } from "../oci/platform.ts";
import { present } from "../oci/present.ts";
import { Permits } from "../store/permits.ts";
import { cleanPath } from "./entry_paths.ts";
import { FileTree } from "./file_tree.ts";
import { lintConfig } from "./lint_config.ts";
import { lintFiles, lintHead } from "./lint_files.ts";
import { lintContents, lintLayers, lintWaste } from "./lint_layers.ts";
import { isAtLeast, type LintFinding, type LintRuleId } from "./lint_rules.ts";
import { surveyLayer } from "./surveyed_layer.ts";

/** Options of {@linkcode lintImage}. */
export interface LintOptions extends CallOptions {
  /** Rules whose findings are left out. */
  readonly ignore?: readonly LintRuleId[];
}

/** What was found about an image. */
export interface LintReport {
  /** The digest of its manifest. */
  readonly digest: Digest;
  /** What it runs on, where it is one of several images. */
  readonly platform?: Platform;
  /** What was found, the worst first. */
  readonly findings: readonly LintFinding[];
  /** Bytes of files that the image carries and no container sees. */
  readonly wastedBytes: number;
}

/** How many layers are read at once. */
const JOBS = 4;

/**
 * Looks for what is wrong with an image though it is valid: secrets, bytes for nothing, programs
 * that run as others, layers that no other build repeats, a config that its files do not bear out.
 * Each layer is read once.
 *
 * @throws {UnsupportedError} For an artifact.
 * @throws {DocumentError} When a layer is no tar.
 * @example
 * ```ts
 * import { configureImage, emptyImage } from "@davit/davit/image";
 * import { lintImage } from "@davit/davit/inspect";
 *
 * const image = configureImage(emptyImage(), { env: { API_TOKEN: "abc" }, user: "1000" });
 * const { findings } = await lintImage(image);
 * console.assert(findings[0]?.rule === "secret-env");
 * ```
 */
export async function lintImage(image: Image, options: LintOptions = {}): Promise<LintReport> {
  const { ignore = [], signal } = options;
  const { digest } = await image.descriptor();
  const config = await readConfig(image);
  const heads: LintFinding[] = [];
  let passwd: string | undefined;
  let passwdLayer = 0;
  const permits = new Permits(JOBS);
  const surveys = (await image.layers()).map((layer, index) =>
    permits.run(() =>
      surveyLayer(layer, {
        signal,
        onHead(entry, head) {
          const found = lintHead(entry, { head, layer: index + 1 });
          if (found !== undefined) heads.push(found);
          if (cleanPath(entry.header.name) === "etc/passwd" && index + 1 >= passwdLayer) {
            passwdLayer = index + 1;
            passwd = new TextDecoder().decode(head);
          }
        },
      }), signal)
  );
  const layers = await Promise.all(surveys);
  const tree = new FileTree(layers);
  const wasted = [...lintWaste(layers, tree)];
  const all = [
    ...heads,
    ...lintConfig(config, tree, passwd),
    ...lintFiles(tree),
    ...lintLayers(layers),
    ...wasted,
    ...lintContents(layers, tree),
  ];
  return {
    digest,
    findings: all.filter(({ rule }) => !ignore.includes(rule)).sort(byBadness),
    wastedBytes: wasted.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
  };
}

/**
 * Does {@linkcode lintImage} for an image, or for all images of an index, one after the other.
 * Attestations and other artifacts of an index are left out.
 *
 * @throws {UnsupportedError} When there is no image.
 * @throws {DocumentError} When a layer is no tar.
 */
export async function lintImages(
  view: View,
  options: LintOptions = {},
): Promise<readonly LintReport[]> {
  if (view.kind === "image") return [await lintImage(view, options)];
  const reports: LintReport[] = [];
  for (const { image, platform } of await listImages(view)) {
    if (!isImageConfigType((await image.configDescriptor()).mediaType)) continue;
    reports.push({ ...await lintImage(image, options), ...present({ platform }) });
  }
  if (reports.length > 0) return reports;
  const { digest } = await view.descriptor();
  throw new UnsupportedError(`Cannot lint "${digest}": expected an image, got none`);
}

async function readConfig(image: Image): Promise<ImageConfig> {
  const { mediaType } = await image.configDescriptor();
  if (isImageConfigType(mediaType)) return parseConfig(await image.config());
  throw new UnsupportedError(`Cannot lint an artifact: expected an image, got "${mediaType}"`);
}

/** The worst first; then as an index of the image: by rule, layer and path. */
function byBadness(a: LintFinding, b: LintFinding): number {
  if (a.level !== b.level) return isAtLeast(a.level, b.level) ? -1 : 1;
  if (a.rule !== b.rule) return a.rule < b.rule ? -1 : 1;
  if (a.layer !== b.layer) return (a.layer ?? 0) - (b.layer ?? 0);
  return (a.path ?? "") < (b.path ?? "") ? -1 : 1;
}
