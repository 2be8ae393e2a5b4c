/** Every form a location has, for messages and help. */
export const LOCATION_FORMS: readonly string[] = [
  "REGISTRY/REPOSITORY[:TAG|@DIGEST]",
  "oci:DIR[:TAG]",
  "oci-archive:FILE[:TAG]",
  "docker-archive:FILE[:REF]",
  "docker-legacy:FILE[:REF]",
  "docker-daemon:REF",
  "k3s:CLUSTER",
];

/** The places of other tools that there are none of here, and what comes nearest. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ["dir", "an OCI layout, oci:DIR, keeps digests too"],
  [
    "containers-storage",
    '"podman save --format oci-archive" and oci-archive:FILE bring images over',
  ],
  ["docker-image", "an image of Docker is docker-daemon:REF"],
  ["ostree", "an OCI layout is oci:DIR"],
  ["sif", '"singularity" converts OCI archives, oci-archive:FILE'],
  ["tarball", '"davit append -f FILE" makes an image of a tar'],
]);

/** Names shorter than these are too like the names of images. */
const TYPED: readonly string[] = [
  "oci-archive",
  "docker-archive",
  "docker-legacy",
  "docker-daemon",
];

/** How many letters may be wrong. */
const MAX_MISTYPED = 2;

/**
 * Refuses what can only be meant for a transport, and is none: a name of Docker Hub's, which has the
 * same form, would be looked for there.
 *
 * @throws {SyntaxError} With the transport that was meant, or all there are.
 */
export function refuseUnknownTransport(text: string): void {
  const [, word = "", rest = ""] = /^([a-z][a-z0-9-]*):(.*)$/s.exec(text) ?? [];
  if (word === "" || /^\d+\//.test(rest)) return;
  const meant = TYPED.find((name) => distance(word, name) <= MAX_MISTYPED);
  if (meant !== undefined) throw unknown(text, word, `did you mean "${meant}:${rest}"?`);
  const instead = FOREIGN.get(word);
  if (instead !== undefined) throw unknown(text, word, instead);
  if (/^(?:\/|\.\.?\/|~\/)/.test(rest)) {
    const forms = LOCATION_FORMS.slice(1).join(", ");
    throw unknown(text, word, `expected one of ${forms}, or a registry's name`);
  }
}

function unknown(text: string, word: string, advice: string): SyntaxError {
  const hub = text.includes("/") ? "" : `; the image of Docker Hub is "docker.io/library/${text}"`;
  return new SyntaxError(
    `Cannot use "${text}" as a place: there is no transport "${word}:"; ${advice}${hub}`,
  );
}

/** How many letters have to be put in, left out or replaced to get from one word to another. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [position, letter] of [...from].entries()) {
    const next = [position + 1];
    for (const [index, other] of [...to].entries()) {
      const replaced = (row[index] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
