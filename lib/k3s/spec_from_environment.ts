import type { ReadVariable } from "./expand_variables.ts";
import type { ClusterSpec } from "./spec.ts";

type Parse = (text: string) => unknown;

/** The single values that k3d reads from the environment too: `K3D_OPTIONS_K3D_TIMEOUT`. */
const VALUES: Readonly<Record<string, Parse>> = {
  "servers": parseCount,
  "agents": parseCount,
  "image": String,
  "network": String,
  "subnet": String,
  "token": String,
  "kubeAPI.host": String,
  "kubeAPI.hostIP": String,
  "kubeAPI.hostPort": String,
  "options.k3d.wait": parseFlag,
  "options.k3d.timeout": String,
  "options.k3d.disableLoadbalancer": parseFlag,
  "options.k3d.disableRollback": parseFlag,
  "options.kubeconfig.updateDefaultKubeconfig": parseFlag,
  "options.kubeconfig.switchCurrentContext": parseFlag,
  "options.runtime.gpuRequest": String,
  "options.runtime.serversMemory": String,
  "options.runtime.agentsMemory": String,
  "options.runtime.hostPidMode": parseFlag,
};

/**
 * What the environment says of a cluster: single values of the spec, as `K3D_` and their way in upper
 * case.
 *
 * @throws {SyntaxError} For a number or a flag that is none.
 * @example
 * ```ts
 * import { specFromEnvironment } from "@davit/davit/k3s";
 *
 * const spec = specFromEnvironment((name) => name === "K3D_SERVERS" ? "3" : undefined);
 * console.assert(spec.servers === 3);
 * ```
 */
export function specFromEnvironment(env: ReadVariable): ClusterSpec {
  const spec: Record<string, unknown> = {};
  for (const [way, parse] of Object.entries(VALUES)) {
    const name = `K3D_${way.replaceAll(".", "_").toUpperCase()}`;
    const text = env(name);
    if (text !== undefined && text !== "") {
      place(spec, way.split("."), parseValue(name, text, parse));
    }
  }
  return spec;
}

function place(
  into: Record<string, unknown>,
  [key = "", ...rest]: readonly string[],
  value: unknown,
) {
  if (rest.length === 0) into[key] = value;
  else place((into[key] ??= {}) as Record<string, unknown>, rest, value);
}

function parseValue(name: string, text: string, parse: Parse): unknown {
  const value = parse(text);
  if (value !== undefined) return value;
  const expected = parse === parseFlag ? "true or false" : "a whole number";
  throw new SyntaxError(`Cannot use ${name}="${text}": expected ${expected}`);
}

function parseCount(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

function parseFlag(text: string): boolean | undefined {
  if (/^(?:true|1)$/i.test(text)) return true;
  return /^(?:false|0)$/i.test(text) ? false : undefined;
}
