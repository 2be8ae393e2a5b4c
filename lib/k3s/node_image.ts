import { SpecError } from "../errors.ts";

/** k3s's names for what a server of its own says is the newest. */
const CHANNEL = /^(?:\+.+|latest|stable)$/;
/** A release, as k3s writes it and as a tag must. */
const RELEASE = /^v\d+\.\d+\.\d+(?:-rc\d+)?[+-]k3s\d+$/;

/**
 * The image of nodes that a user means: a release of k3s alone is its image; the `+` of a release,
 * which a tag cannot have, is a dash.
 *
 * @throws {SpecError} For a channel: what it means changes, and is known on the internet alone.
 */
export function parseNodeImage(text: string): string {
  if (CHANNEL.test(text)) {
    throw new SpecError(
      `Cannot use image "${text}": expected a release, not a channel, which means another one every ` +
        `month; such as v1.31.5-k3s1 or rancher/k3s:v1.31.5-k3s1`,
    );
  }
  if (RELEASE.test(text)) return `docker.io/rancher/k3s:${text.replace("+", "-")}`;
  return text.replace(/(:[^/+]*)\+(k3s\d+)$/, "$1-$2");
}
