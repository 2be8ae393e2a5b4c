import type { Operation, Plan } from "./operation.ts";

/** Writes a plan as a shell would run it: a line for each `docker` command, remarks in between. */
export function formatPlan({ server, steps }: Plan): string {
  return steps.flatMap((step) => {
    if (step.kind === "work") return step.chains.flat().flatMap(formatOperation);
    return [
      `# wait until ${step.level === "api" ? `the API of ${server} answers` : describe(step)}`,
    ];
  }).join("\n");
}

function describe({ level, nodes }: { readonly level: string; readonly nodes: readonly string[] }) {
  const ready = `${nodes.join(", ")} ${nodes.length === 1 ? "is" : "are"} Ready`;
  return level === "system" ? `${ready}, and the system's deployments are available` : ready;
}

function formatOperation({ args, files }: Operation): readonly string[] {
  const line = ["docker", ...args].map(quote).join(" ");
  if (files === undefined) return [line];
  return [`${line}  # a tar of ${files.map(({ path }) => path).join(", ")}`];
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
