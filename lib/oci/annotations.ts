/** String-to-string metadata of a descriptor, manifest or index. */
export type Annotations = Readonly<Record<string, string>>;

/**
 * The annotation keys davit reads or writes.
 *
 * @see {@link https://github.com/opencontainers/image-spec/blob/main/annotations.md image-spec, annotations}
 */
export const ANNOTATION = {
  refName: "org.opencontainers.image.ref.name",
  title: "org.opencontainers.image.title",
  created: "org.opencontainers.image.created",
  baseName: "org.opencontainers.image.base.name",
  baseDigest: "org.opencontainers.image.base.digest",
  containerdImageName: "io.containerd.image.name",
  attestationSubject: "vnd.docker.reference.digest",
  attestationType: "vnd.docker.reference.type",
  orasUnpack: "io.deis.oras.content.unpack",
  orasDigest: "io.deis.oras.content.digest",
} as const;
