import { removalsOf } from "./removal.ts";
import type { Operation, Plan } from "./operation.ts";

/** Writes a plan as a shell would run it: a line for each `docker` command, remarks in between. */
export function formatPlan({ server, steps, cleanup = [] }: Plan): string {
  const removals = removalsOf(cleanup).flat().flatMap(formatOperation);
  return steps.flatMap((step) => {
    if (step.kind === "work") return step.chains.flat().flatMap(formatOperation);
    if (step.kind === "words") return [`# wait until ${step.node} says "${step.words}"`];
    if (step.kind === "answer") {
      return step.registries.map(({ url }) => `# wait until ${url} answers`);
    }
    return [
      `# wait until ${step.level === "api" ? `the API of ${server} answers` : describe(step)}`,
    ];
  }).concat(removals).join("\n");
}

/** Writes operations as a shell would run them, a line each. */
export function formatOperations(operations: readonly Operation[]): string {
  return operations.flatMap(formatOperation).join("\n");
}

/** A plan as data to be shown: without what files hold, which may be secrets. */
export function outlinePlan(plan: Plan | readonly Operation[]): unknown {
  return JSON.parse(JSON.stringify(plan, (key, value) => key === "content" ? undefined : value));
}

function describe({ level, nodes }: { readonly level: string; readonly nodes: readonly string[] }) {
  const ready = `${nodes.join(", ")} ${nodes.length === 1 ? "is" : "are"} Ready`;
  return level === "system" ? `${ready}, and the system's deployments are available` : ready;
}

function formatOperation({ args, files, input, image }: Operation): readonly string[] {
  const line = [...(input === undefined ? [] : [input]), args]
    .map((words) => ["docker", ...words].map(quote).join(" ")).join(" | ");
  if (image !== undefined) return [`${line}  # davit's own registry, as ${image.name}`];
  if (files === undefined) return [line];
  return [`${line}  # a tar of ${files.map(({ path }) => path).join(", ")}`];
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
