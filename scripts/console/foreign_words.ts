/** What the commands of docker, podman, skopeo, regctl, oras, umoci and k3d are called here. */
const COMMANDS: Readonly<Record<string, string>> = {
  list: '"davit ls REPOSITORY"',
  tags: '"davit ls REPOSITORY"',
  "list-tags": '"davit ls REPOSITORY"',
  images: '"davit ls REPOSITORY"',
  repositories: '"davit catalog REGISTRY"',
  login: '"davit auth login REGISTRY"',
  logout: '"davit auth logout REGISTRY"',
  inspect: '"davit manifest IMAGE", "davit config IMAGE" and "davit digest IMAGE"',
  save: '"davit pull IMAGE FILE", or "davit copy docker-daemon:IMAGE FORM:FILE"',
  rm: '"davit delete IMAGE"',
  rmi: '"davit delete IMAGE"',
  mv: '"davit tag IMAGE TAG" and "davit delete IMAGE"',
  import:
    '"davit image import IMAGE", into clusters; "davit append -f TAR" makes an image of files',
  history: '"davit config IMAGE"',
  attach: '"davit artifact push NAME --subject IMAGE"',
  discover: '"davit artifact tree IMAGE"',
  referrers: '"davit artifact tree IMAGE"',
  unpack: '"davit export IMAGE - | tar x"',
  serve: '"davit registry serve"',
  gc: '"davit registry gc DIR"',
  create: '"davit cluster create"',
  start: '"davit cluster start"',
  stop: '"davit cluster stop"',
  kubectl: 'kubectl itself, once "davit cluster create" has written its kubeconfig',
  "image ls": '"davit ls REPOSITORY"',
  "image list": '"davit ls REPOSITORY"',
  "image rm": '"davit delete IMAGE"',
  "image delete": '"davit delete IMAGE"',
  "image pull": '"davit pull IMAGE FILE"',
  "image push": '"davit push FILE IMAGE"',
  "image copy": '"davit copy SRC DST"',
  "image save": '"davit pull IMAGE FILE"',
  "image inspect": '"davit manifest IMAGE" and "davit config IMAGE"',
  "index inspect": '"davit manifest IMAGE"',
  "registry login": '"davit auth login REGISTRY"',
  "registry logout": '"davit auth logout REGISTRY"',
  "registry ls": '"davit catalog REGISTRY"',
  "artifact attach": '"davit artifact push NAME --subject IMAGE"',
  "artifact ls": '"davit artifact tree IMAGE"',
  "artifact list": '"davit artifact tree IMAGE"',
};

const UNVERIFIED = "--insecure allows certificates that nobody vouches for, and plain http";
const EVERY_PLATFORM = "all platforms go along unless --platform says which";
const ONE_PLATFORM = "it is --platform OS/ARCH[/VARIANT] here";
const AUTHORITIES = "it is --ca FILE here; certs.d of docker and podman counts too";
const CREDENTIALS = "it is --creds USER[:PASS] here";
const NO_DOCKERFILE = "what is built is said in a davit.yaml, not in a Dockerfile";

/** What the flags of the same tools are here, whatever the command. */
const FLAGS: Readonly<Record<string, string>> = {
  "tls-verify": UNVERIFIED,
  "src-tls-verify": UNVERIFIED,
  "dest-tls-verify": UNVERIFIED,
  "insecure-skip-tls-verify": UNVERIFIED,
  "plain-http": UNVERIFIED,
  all: `${EVERY_PLATFORM}; "davit copy --all-tags" takes all tags`,
  "all-platforms": EVERY_PLATFORM,
  "multi-arch": EVERY_PLATFORM,
  "override-os": ONE_PLATFORM,
  "override-arch": ONE_PLATFORM,
  "override-variant": ONE_PLATFORM,
  os: ONE_PLATFORM,
  arch: ONE_PLATFORM,
  "dest-creds": "it is --dst-creds USER[:PASS] here, or --creds for both sides",
  username: CREDENTIALS,
  password: CREDENTIALS,
  "dest-username": "it is --dst-creds USER[:PASS] here, or --creds for both sides",
  "src-username": "it is --src-creds USER[:PASS] here, or --creds for both sides",
  authfile: "the variable REGISTRY_AUTH_FILE names another file of credentials",
  "cert-dir": AUTHORITIES,
  "src-cert-dir": AUTHORITIES,
  "dest-cert-dir": AUTHORITIES,
  cacert: AUTHORITIES,
  "ca-file": AUTHORITIES,
  "preserve-digests": "digests stay as they are anyway",
  "retry-times": "what fails for a while is tried again anyway",
  "image-parallel-copies": "it is --jobs N here",
  concurrency: "it is --jobs N here",
  recursive: '"davit copy --referrers" takes along what is about an image',
  quiet: "results are on standard output, all else is on standard error",
  debug: "it is --verbose here",
  "build-arg": NO_DOCKERFILE,
};

/**
 * What a command of another tool is here.
 *
 * @param command The words before it, as davit has them: `davit image`.
 */
export function commandHere(command: string, word: string): string | undefined {
  const words = [...command.split(" ").slice(1), word].join(" ");
  return Object.hasOwn(COMMANDS, words) ? `here it is ${COMMANDS[words]}` : undefined;
}

/** What a flag of another tool is here, by its name without dashes or value. */
export function flagHere(name: string): string | undefined {
  return Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
}
