import { buildCommand, type Command } from "@stricli/core";
import { type ClusterOutputFlags, OUTPUT_FLAGS } from "../console/cluster_flags.ts";
import { ClusterSession } from "../console/cluster_session.ts";
import type { Context } from "../console/context.ts";
import { registryProgram } from "../console/registry_program.ts";
import { parseRegistryPort } from "../../lib/k3s/registries/registry_words.ts";
import type { RegistryContainer } from "../../lib/k3s/registries/registry.ts";
import type { RegistrySpec } from "../../lib/k3s/registries/registry_spec.ts";
import { present } from "../../lib/oci/present.ts";

interface Flags extends ClusterOutputFlags {
  readonly image?: string;
  readonly port?: Pick<RegistrySpec, "host" | "hostPort">;
  readonly volume?: readonly string[];
  readonly cluster?: string;
  readonly defaultNetwork?: string;
  readonly proxyRemoteUrl?: string;
  readonly proxyUsername?: string;
  readonly proxyPassword?: string;
  readonly deleteEnabled?: boolean;
  readonly enforcePortMatch?: boolean;
  readonly noHelp?: boolean;
  readonly dryRun?: boolean;
}

/** `davit registry create [NAME]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Make a registry in a container",
    fullDescription:
      `Make a registry in a container, which clusters use, and wait until it answers. It is davit's own,
put together from the davit that runs here: nothing is pulled. --image takes another one that starts
as registry:2 does. What is pushed stays in a volume until the registry is deleted.

  davit registry create
  davit registry create images -p 5000
  davit registry create hub --proxy-remote-url https://registry-1.docker.io
  davit cluster create dev --registry-use images`,
  },
  parameters: {
    flags: {
      image: text("Image that starts as registry:2 does; davit's own unless said", "IMAGE"),
      port: {
        kind: "parsed",
        brief: "Where it is published (127.0.0.1, a free port unless said)",
        placeholder: "[HOST:]PORT",
        parse: parseRegistryPort,
        optional: true,
      },
      volume: {
        ...text("Directory or volume; at /var/lib/registry is what is pushed", "[SRC:]DEST"),
        variadic: true,
      },
      cluster: text("Cluster to connect it to, as registry connect does", "NAME"),
      defaultNetwork: text("Network that it is made in (bridge unless said)", "NAME"),
      proxyRemoteUrl: text("Registry to fetch from, and to keep what was fetched", "URL"),
      proxyUsername: text("Who signs in there", "USER"),
      proxyPassword: text("That user's password", "PASSWORD"),
      deleteEnabled: flag("Let manifests be deleted; davit's own registry always does"),
      enforcePortMatch: flag("Have it listen in the container on its port outside too"),
      noHelp: flag("Do not say what to do next"),
      dryRun: flag("Print the docker commands, and make nothing"),
      ...OUTPUT_FLAGS,
    },
    aliases: { c: "cluster", i: "image", p: "port", v: "volume" },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "Name; the container's begins with davit- (registry unless said)",
        placeholder: "NAME",
        parse: String,
        optional: true,
      }],
    },
  },
  async func(this: Context, flags: Flags, name?: string): Promise<void> {
    using session = new ClusterSession(this, flags);
    const { output } = session;
    const { createRegistryContainer, planRegistryContainer } = await import(
      "../../lib/k3s/registries/create_registry.ts"
    );
    const { image, port = {}, volume: volumes, deleteEnabled, enforcePortMatch } = flags;
    const proxy = present({
      remoteURL: flags.proxyRemoteUrl,
      username: flags.proxyUsername,
      password: flags.proxyPassword,
    });
    const spec = {
      ...port,
      ...present({ name, image, volumes, deleteEnabled, enforcePortMatch, proxy }),
    };
    const options = {
      ...session.options,
      ...present({ network: flags.defaultNetwork, registryProgram: registryProgram() }),
      onWarning: (text: string) => output.note(text),
    };
    if (flags.dryRun) {
      const { formatOperations, outlinePlan } = await import("../../lib/k3s/format_plan.ts");
      const operations = await planRegistryContainer(spec, options);
      return output.result(formatOperations(operations), outlinePlan(operations));
    }
    const registry = await session.run(() => createRegistryContainer(spec, options));
    if (flags.cluster !== undefined) await connect(session, registry.name, flags.cluster);
    const host = `localhost:${registry.hostPort}`;
    output.result(registry.name, { name: registry.name, host, image: registry.image });
    if (flags.noHelp) return;
    for (const line of howTo(registry, flags.proxyRemoteUrl)) output.note(line);
  },
});

/** What a registry is good for; one that stands in front of another takes no pushes. */
function howTo(
  { name, port, hostPort }: RegistryContainer,
  upstream: string | undefined,
): readonly string[] {
  const host = `localhost:${hostPort}`;
  const clusters = `davit cluster create --registry-use ${name}`;
  if (upstream !== undefined) {
    return [
      `Images of ${upstream} come through it: docker pull ${host}/IMAGE`,
      `Nodes pull through it by themselves once they use it: ${clusters}`,
    ];
  }
  return [
    `Push to it as ${host}/IMAGE: docker tag app ${host}/app && docker push ${host}/app`,
    `Use it in a cluster: ${clusters}`,
    `Pods run it as ${host}/IMAGE too, or as ${name}:${port}/IMAGE`,
  ];
}

/** A registry that cannot be connected is of no use to whoever wanted it so. */
async function connect(session: ClusterSession, name: string, cluster: string): Promise<void> {
  const { connectRegistryToCluster } = await import(
    "../../lib/k3s/registries/connect_registry.ts"
  );
  try {
    await connectRegistryToCluster(name, cluster, session.options);
  } catch (error) {
    const { deleteRegistryContainer } = await import("../../lib/k3s/registries/registry_calls.ts");
    const { signal: _interrupted, ...options } = session.options;
    await deleteRegistryContainer(name, options);
    throw error;
  }
}

function text(brief: string, placeholder: string) {
  return { kind: "parsed", brief, placeholder, parse: String, optional: true } as const;
}

function flag(brief: string) {
  return { kind: "boolean", brief, optional: true, withNegated: false } as const;
}
