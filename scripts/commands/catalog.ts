import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import { parseRegistry } from "../../lib/oci/registry_name.ts";

interface Flags extends CommonFlags {
  readonly fullRef?: boolean;
}

/** `davit catalog REGISTRY` */
export const command: Command<Context> = buildCommand({
  docs: { brief: "List the repositories of a registry" },
  parameters: {
    flags: {
      fullRef: {
        kind: "boolean",
        brief: "Print names with the registry",
        optional: true,
        withNegated: false,
      },
      ...COMMON_FLAGS,
    },
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Registry",
          placeholder: "REGISTRY",
          parse: parseOnlyRegistry,
        },
      ],
    },
  },
  async func(this: Context, flags: Flags, name: string): Promise<void> {
    await using session = new Session(this, flags);
    const registry = await session.registry(name);
    for await (const repository of registry.catalog({ signal: session.signal })) {
      const text = flags.fullRef === true ? `${name}/${repository}` : repository;
      session.output.result(text, { registry: name, repository });
    }
  },
});

function parseOnlyRegistry(text: string): string {
  const isPlace = /^(?:oci|oci-archive|docker-archive|docker-legacy):/.test(text);
  if (!isPlace && !/[^/]\/[^/]/.test(text)) return parseRegistry(text.replace(/\/$/, ""));
  throw new SyntaxError(
    `Cannot list the repositories of "${text}": expected a registry; "davit ls ${text}" lists tags`,
  );
}
