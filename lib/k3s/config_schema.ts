import { z } from "zod";
import type { ClusterSpec } from "./spec.ts";

const text = z.string().min(1);
const filters = z.array(text).optional().describe('Which nodes: "server:0", "agent:*", "all"');
const count = z.int().min(0);
const flag = z.boolean();
/** Ports and the like: YAML reads them as numbers unless they are in quotes. */
const digits = z.union([text, z.int().min(0)]).transform(String);

const kubeAPI = z.strictObject({
  host: text.optional(),
  hostIP: text.optional(),
  hostPort: digits.optional(),
});

const registry = z.strictObject({
  name: text.optional(),
  host: text.optional(),
  hostPort: digits.optional(),
  image: text.optional(),
  proxy: z.strictObject({
    remoteURL: text.optional(),
    username: text.optional(),
    password: text.optional(),
  }).optional(),
  volumes: z.array(text).optional(),
  enforcePortMatch: flag.optional(),
  deleteEnabled: flag.optional(),
});

const registries = z.strictObject({
  create: z.union([registry, z.array(registry)])
    .transform((made) => Array.isArray(made) ? made : [made]).optional()
    .describe("One registry, or several; k3d takes one"),
  use: z.array(text).optional(),
  config: text.optional().describe("The registries.yaml of k3s, or a path to one"),
});

const options = z.strictObject({
  k3d: z.strictObject({
    wait: flag.optional(),
    timeout: digits.optional(),
    disableLoadbalancer: flag.optional(),
    disableImageVolume: flag.optional(),
    disableRollback: flag.optional(),
    loadbalancer: z.strictObject({ configOverrides: z.array(text).optional() }).optional(),
  }).optional(),
  k3s: z.strictObject({
    extraArgs: z.array(z.strictObject({ arg: text, nodeFilters: filters })).optional(),
    nodeLabels: z.array(z.strictObject({ label: text, nodeFilters: filters })).optional(),
  }).optional(),
  kubeconfig: z.strictObject({
    updateDefaultKubeconfig: flag.optional(),
    switchCurrentContext: flag.optional(),
  }).optional(),
  runtime: z.strictObject({
    gpuRequest: z.string().optional(),
    serversMemory: z.string().optional(),
    agentsMemory: z.string().optional(),
    hostPidMode: flag.optional(),
    labels: z.array(z.strictObject({ label: text, nodeFilters: filters })).optional(),
    ulimits: z.array(z.strictObject({ name: text, soft: z.int(), hard: z.int() })).optional(),
  }).optional(),
  davit: z.strictObject({
    waitFor: z.enum(["api", "nodes", "system"]).optional(),
    loadbalancerImage: text.optional(),
    mtu: z.int().min(576).max(65535).optional(),
    serversCpus: digits.optional(),
    agentsCpus: digits.optional(),
  }).optional().describe("What k3d does not know"),
});

/** A config file that keeps to the schema. */
export interface Config extends Omit<ClusterSpec, "name"> {
  /** The version of the format. */
  readonly apiVersion: "k3d.io/v1alpha5";
  /** The kind of config. */
  readonly kind: "Simple";
  /** Where the name stands. */
  readonly metadata?: {
    /** The name of the cluster. */
    readonly name?: string;
  };
}

const config = z.strictObject({
  apiVersion: z.literal("k3d.io/v1alpha5"),
  kind: z.literal("Simple"),
  metadata: z.strictObject({ name: text.optional() }).optional(),
  servers: count.min(1).optional(),
  agents: count.optional(),
  kubeAPI: kubeAPI.optional(),
  image: text.optional(),
  network: text.optional(),
  subnet: text.optional().describe("CIDR, or auto"),
  token: text.optional(),
  volumes: z.array(z.strictObject({ volume: text, nodeFilters: filters })).optional(),
  ports: z.array(z.strictObject({ port: digits, nodeFilters: filters })).optional(),
  env: z.array(z.strictObject({ envVar: text, nodeFilters: filters })).optional(),
  files: z.array(z.strictObject({
    source: text,
    destination: text,
    description: z.string().optional(),
    nodeFilters: filters,
  })).optional(),
  registries: registries.optional(),
  hostAliases: z.array(z.strictObject({ ip: text, hostnames: z.array(text).min(1) })).optional(),
  options: options.optional(),
}).describe("How davit makes a cluster; k3d reads it too, but for options.davit");

/** The schema of a config file: `k3d.io/v1alpha5`, kind `Simple`. */
export const configSchema: z.ZodType<Config> = config as z.ZodType<Config>;

/** The keys that a mapping of a config file may have. @param path The way to it. */
export function knownKeysOf(path: readonly PropertyKey[]): readonly string[] {
  let schema: z.ZodType = config;
  for (const key of path) {
    schema = branch(unwrap(schema), typeof key === "number");
    if (schema instanceof z.ZodObject) schema = schema.shape[String(key)] as z.ZodType;
    else if (schema instanceof z.ZodArray) schema = schema.element as z.ZodType;
  }
  schema = branch(unwrap(schema), false);
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** The JSON Schema of a config file, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(config, { io: "input" });
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodPipe ? unwrap(schema.in as z.ZodType) : schema;
}

/** Of a mapping or a list of such, the one that is meant. */
function branch(schema: z.ZodType, isList: boolean): z.ZodType {
  if (!(schema instanceof z.ZodUnion)) return schema;
  const found = schema.options.find((option) => option instanceof z.ZodArray === isList);
  return (found ?? schema) as z.ZodType;
}
