import { mergeSpecs } from "../../lib/k3s/merge_specs.ts";
import { DEFAULT_CLUSTER } from "../../lib/k3s/names.ts";
import type { ClusterSpec } from "../../lib/k3s/spec.ts";
import { specFromEnvironment } from "../../lib/k3s/spec_from_environment.ts";
import { formatDuration } from "../../lib/k3s/duration.ts";
import type { WaitFlags } from "./cluster_flags.ts";
import type { ClusterSpecFlags } from "./cluster_spec_flags.ts";
import type { Context } from "./context.ts";
import { readTextFile } from "./read_text_file.ts";
import { specFromFlags } from "./spec_from_flags.ts";

/** What a cluster is to be, and where its paths start from. */
export interface FoundSpec {
  /** What the cluster is to be. */
  readonly spec: ClusterSpec;
  /** The directory that relative paths start from. */
  readonly directory: string;
}

/** Puts together what flags, the environment and a config file say: each wins over those behind it. */
export async function readClusterSpec(
  context: Context,
  flags: ClusterSpecFlags & WaitFlags & { readonly config?: string },
  name: string | undefined,
): Promise<FoundSpec> {
  const { config } = flags;
  const fromFile = config === undefined ? {} : await readConfig(context, config);
  const spec = [
    specFromEnvironment(context.env),
    specFromFlags(flags),
    waitSpec(flags),
    name === undefined ? {} : { name },
  ].reduce(mergeSpecs, fromFile);
  const directory = config?.includes("/") ? config.slice(0, config.lastIndexOf("/")) || "/" : ".";
  const named = { ...spec, name: spec.name ?? DEFAULT_CLUSTER };
  return { spec: flags.enforceRegistryPortMatch === true ? enforced(named) : named, directory };
}

function enforced(spec: ClusterSpec): ClusterSpec {
  const { create = [], ...registries } = spec.registries ?? {};
  const made = create.map((registry) => ({ ...registry, enforcePortMatch: true }));
  return { ...spec, registries: { ...registries, create: made } };
}

async function readConfig(context: Context, path: string): Promise<ClusterSpec> {
  const { parseClusterConfig } = await import("../../lib/k3s/parse_config.ts");
  const text = path === "-" ? await new Response(context.stdin).text() : await readTextFile(path);
  const name = path === "-" ? "the config on standard input" : path;
  return await parseClusterConfig(text, { path: name, env: context.env });
}

function waitSpec({ wait, timeout }: WaitFlags): ClusterSpec {
  return {
    options: {
      k3d: {
        ...(wait === undefined ? {} : { wait: wait !== false }),
        ...(timeout === undefined ? {} : { timeout: formatDuration(timeout) }),
      },
      davit: wait === undefined || wait === false ? {} : { waitFor: wait },
    },
  };
}
