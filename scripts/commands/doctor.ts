import { buildCommand, type Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { UsageError } from "../console/exit_code.ts";
import { COMMON_FLAGS, type CommonFlags } from "../console/flags.ts";
import { Session } from "../console/session.ts";
import type { ExamineTarget } from "../../lib/doctor/examine_registry.ts";
import type { Diagnosis } from "../../lib/doctor/diagnosis.ts";
import { NetworkError } from "../../lib/errors.ts";
import { present } from "../../lib/oci/present.ts";
import { isRepositoryPath, parseRepository } from "../../lib/oci/reference.ts";
import { parseRegistry } from "../../lib/oci/registry_name.ts";

interface Flags extends CommonFlags {
  readonly write?: string;
}

/** `davit doctor REGISTRY[/REPOSITORY]` */
export const command: Command<Context> = buildCommand({
  docs: {
    brief: "Find out what a registry can do, and what is in its way",
    fullDescription:
      `Find out what a registry does and what it does not, by trying: signing in, lists and their
pages, referrers, ranges, limits. Of a repository that is named, what can be read is tried; with
--write, uploads, mounts and deletion too, in a repository of their own, which is cleaned up.
What fails is explained. Exits 1 when the registry cannot be used.

  davit doctor registry.example
  davit doctor registry.example/app --write scratch/davit`,
  },
  parameters: {
    flags: {
      write: {
        kind: "parsed",
        brief:
          "Repository of the registry to write to, and to clean up; without it nothing is written",
        placeholder: "REPO",
        parse: String,
        optional: true,
      },
      ...COMMON_FLAGS,
    },
    aliases: { v: "verbose" },
    positional: {
      kind: "tuple",
      parameters: [
        {
          brief: "Registry, or a repository of it to read",
          placeholder: "REGISTRY[/REPOSITORY]",
          parse: parseTarget,
        },
      ],
    },
  },
  async func(this: Context, flags: Flags, place: ExamineTarget): Promise<void> {
    const { registry } = place;
    const scratch = flags.write === undefined ? undefined : parseScratch(flags.write, registry);
    await using session = new Session(this, flags);
    session.bind(present({ registry, repository: place.repository }), "place");
    const transport = await session.transportOptions();
    const { signal, output } = session;
    const { examineRegistry } = await import("../../lib/doctor/examine_registry.ts");
    const diagnosis = await examineRegistry({ ...place, ...present({ scratch }) }, {
      transport,
      signal,
    });
    output.result(describe(diagnosis), diagnosis);
    if (diagnosis.isWell) return;
    throw new NetworkError(`Cannot use "${registry}": see what failed`);
  },
});

function parseTarget(text: string): ExamineTarget {
  if (text.includes("/")) return parseRepository(text);
  return { registry: parseRegistry(text) };
}

/** A path in the registry, or its full name. */
function parseScratch(text: string, registry: string): string {
  const path = text.startsWith(`${registry}/`) ? text.slice(registry.length + 1) : text;
  if (isRepositoryPath(path)) return path;
  throw new UsageError(`Cannot write to "${text}": expected a repository of ${registry}`);
}

function describe({ findings }: Diagnosis): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings.map(({ check, verdict, detail }) =>
    `${verdict.padEnd(7)} ${check.padEnd(width)}  ${detail.replaceAll(/\p{Cc}+/gu, " ")}`
  ).join("\n");
}
