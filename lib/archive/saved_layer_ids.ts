import { type Digest, digestBytes } from "../oci/digest.ts";

/** Go's empty container config, which Docker writes for every layer but the top one. */
const CONTAINER_CONFIG = '{"Hostname":"","Domainname":"","User":"","AttachStdin":false,' +
  '"AttachStdout":false,"AttachStderr":false,"Tty":false,"OpenStdin":false,"StdinOnce":false,' +
  '"Env":null,"Cmd":null,"Image":"","Volumes":null,"WorkingDir":"","Entrypoint":null,' +
  '"OnBuild":null,"Labels":null}';

/**
 * The directories that `docker save` before version 25 puts layers into, each with the layer's diff
 * ID. That of the top layer is not among them: it is made of the image's config too.
 *
 * @param diffIds Of all layers, base first.
 * @param created The time that the layer's `json` tells: the epoch where the engine runs.
 */
export async function savedLayerIds(
  diffIds: readonly Digest[],
  created: string,
): Promise<ReadonlyMap<string, Digest>> {
  const ids = new Map<string, Digest>();
  let chain: Digest | undefined;
  let parent: Digest | undefined;
  for (const diffId of diffIds.slice(0, -1)) {
    chain = chain === undefined ? diffId : await digestText(`${chain} ${diffId}`);
    const below = parent === undefined ? "" : `,"parent":${JSON.stringify(parent)}`;
    parent = await digestText(
      `{"container_config":${CONTAINER_CONFIG},"created":${JSON.stringify(created)},` +
        `"layer_id":"${chain}"${below}}`,
    );
    ids.set(parent.slice("sha256:".length), diffId);
  }
  return ids;
}

function digestText(text: string): Promise<Digest> {
  return digestBytes(new TextEncoder().encode(text));
}
