/** A directory or volume in a node. */
export interface VolumeMount {
  /** A path of the engine's host, or a volume's name; an anonymous volume when absent. */
  readonly source?: string;
  /** The absolute path in the node. */
  readonly target: string;
  /** Options for docker: `ro`, `shared`. */
  readonly options?: string;
}

/** Places in a node that have a name of their own. */
const SHORTCUTS: Readonly<Record<string, string>> = {
  "k3s-storage": "/var/lib/rancher/k3s/storage",
  "k3s-manifests": "/var/lib/rancher/k3s/server/manifests",
  "k3s-manifests-custom": "/var/lib/rancher/k3s/server/manifests/custom",
  "k3s-containerd": "/var/lib/rancher/k3s/agent/etc/containerd/config.toml",
  "k3s-containerd-tmpl": "/var/lib/rancher/k3s/agent/etc/containerd/config.toml.tmpl",
  "k3s-registry-config": "/etc/rancher/k3s/registries.yaml",
};

/**
 * Turns `[SOURCE:]TARGET[:OPTIONS]` into a mount. The target may be one of k3d's names, such as
 * `k3s-storage`, alone or with a path behind it.
 *
 * @throws {SyntaxError} For a target that is not absolute, and more than two colons.
 * @example
 * ```ts
 * import { parseVolumeMount } from "@davit/davit/k3s";
 *
 * console.assert(parseVolumeMount("/src:/app:ro").options === "ro");
 * ```
 */
export function parseVolumeMount(text: string): VolumeMount {
  const parts = text.split(":");
  const [first = "", second, third, ...more] = parts;
  if (more.length > 0 || parts.includes("")) {
    throw refusal(text, "expected [SOURCE:]TARGET[:OPTIONS]");
  }
  const [source, target] = second === undefined ? [undefined, first] : [first, second];
  const path = expandShortcut(target);
  if (!path.startsWith("/")) {
    throw refusal(text, `expected an absolute path in the node, got "${target}"`);
  }
  return {
    ...(source === undefined ? {} : { source }),
    target: path,
    ...(third === undefined ? {} : { options: third }),
  };
}

/** Writes a mount as `docker create --volume` has it. */
export function formatVolumeMount({ source, target, options }: VolumeMount): string {
  return [source, target, options].filter((part) => part !== undefined).join(":");
}

/** Replaces a name of k3d's at the start of a path by the place it stands for. */
export function expandShortcut(path: string): string {
  const [name = "", ...rest] = path.split("/");
  const place = Object.hasOwn(SHORTCUTS, name) ? SHORTCUTS[name] : undefined;
  return place === undefined ? path : [place, ...rest].join("/");
}

function refusal(text: string, expected: string): SyntaxError {
  return new SyntaxError(`Cannot mount "${text}": ${expected}`);
}
