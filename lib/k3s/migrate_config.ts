/** A config file as it was read. */
type Fields = Record<string, unknown>;

/** One version's step to the next. */
interface Migration {
  readonly to: string;
  readonly migrate: (config: Fields) => Fields;
}

/** The version that davit works with, and k3d since 5.5. */
export const CONFIG_VERSION = "k3d.io/v1alpha5";

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "k3d.io/v1alpha2": { to: "k3d.io/v1alpha3", migrate: fromSecond },
  "k3d.io/v1alpha3": { to: "k3d.io/v1alpha4", migrate: fromThird },
  "k3d.io/v1alpha4": { to: CONFIG_VERSION, migrate: (config) => config },
};

/** The versions that can be read, the oldest first. */
export const CONFIG_VERSIONS: readonly string[] = [...Object.keys(MIGRATIONS), CONFIG_VERSION];

/** Brings a config of an older version to today's; any other value stays as it is. */
export function migrateConfig(value: unknown): unknown {
  let config = value;
  while (isFields(config)) {
    const step = MIGRATIONS[String(config["apiVersion"])];
    if (step === undefined) break;
    config = { ...step.migrate(config), apiVersion: step.to };
  }
  return config;
}

/** Filters had brackets; labels and the arguments of k3s stood elsewhere; a registry had no words. */
function fromSecond(config: Fields): Fields {
  const { labels, options, registries, ...rest } = config;
  const { k3d, k3s, runtime, ...others } = isFields(options) ? options : {};
  const { disableHostIPInjection: _, ...k3dRest } = isFields(k3d) ? k3d : {};
  const { extraServerArgs, extraAgentArgs, ...k3sRest } = isFields(k3s) ? k3s : {};
  const extraArgs = [
    ...list(extraServerArgs).map((arg) => ({ arg, nodeFilters: ["server:*"] })),
    ...list(extraAgentArgs).map((arg) => ({ arg, nodeFilters: ["agent:*"] })),
  ];
  const migrated = {
    ...rest,
    ...(registries === undefined ? {} : { registries: modernRegistries(registries) }),
    options: {
      ...others,
      ...(k3d === undefined ? {} : { k3d: k3dRest }),
      ...(k3s === undefined ? {} : { k3s: { ...k3sRest, extraArgs } }),
      ...(runtime === undefined && labels === undefined ? {} : {
        runtime: {
          ...(isFields(runtime) ? runtime : {}),
          ...(labels === undefined ? {} : { labels }),
        },
      }),
    },
  };
  return mapFilters(migrated) as Fields;
}

/** Whether there was to be a registry was all that could be said. */
function modernRegistries(registries: unknown): unknown {
  if (!isFields(registries) || typeof registries["create"] !== "boolean") return registries;
  const { create, ...rest } = registries;
  return create ? { ...rest, create: {} } : rest;
}

/** The name stood on top. */
function fromThird({ name, ...config }: Fields): Fields {
  return name === undefined ? config : { ...config, metadata: { name } };
}

/** Writes `server[0]` as `server:0`, wherever filters stand. */
function mapFilters(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mapFilters);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === "nodeFilters" ? list(inner).map(modernFilter) : mapFilters(inner),
    ]),
  );
}

function modernFilter(filter: unknown): unknown {
  return typeof filter === "string" ? filter.replace(/\[([^\]]*)\]/, ":$1") : filter;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
