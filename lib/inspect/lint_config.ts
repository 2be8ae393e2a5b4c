import type { ContainerConfig, ImageConfig } from "../oci/config.ts";
import type { FileTree } from "./file_tree.ts";
import { finding, type LintFinding } from "./lint_rules.ts";
import { isSecretVariable } from "./secrets.ts";

/** Looks at what a config says, and whether the files bear it out. */
export function* lintConfig(
  config: ImageConfig,
  tree: FileTree,
  passwd: string | undefined,
): Generator<LintFinding> {
  const { os, architecture, history = [], config: container = {} } = config;
  if (os === "" || architecture === "") {
    yield finding("no-platform", `os "${os}", architecture "${architecture}"`);
  }
  for (const variable of container.Env ?? []) {
    const [name = "", ...rest] = variable.split("=");
    if (isSecretVariable(name, rest.join("="))) {
      yield finding("secret-env", `the variable ${name} has a value`);
    }
  }
  for (const [index, { created_by: command = "" }] of history.entries()) {
    for (const [, name = "", value = ""] of command.matchAll(/\b([A-Za-z_]\w*)=("[^"]*"|\S+)/g)) {
      if (!isSecretVariable(name, value.replaceAll('"', ""))) continue;
      yield finding("secret-history", `step ${index + 1} of the history gives ${name} a value`);
    }
  }
  yield* lintUser(container, passwd);
  yield* lintCommand(container, tree, os);
  const { WorkingDir: workdir = "" } = container;
  if (workdir !== "" && os !== "windows") {
    const isThere = workdir.startsWith("/") && tree.resolve(workdir) !== undefined;
    if (!isThere) yield finding("missing-workdir", `the working directory is "${workdir}"`);
  }
}

function* lintUser(
  { User: user = "" }: ContainerConfig,
  passwd: string | undefined,
): Generator<LintFinding> {
  const [name = ""] = user.split(":");
  if (name === "" || name === "root" || name === "0") {
    const said = name === "" ? "the config names no user" : `the user is ${name}`;
    return yield finding("root-user", said);
  }
  if (/^\d+$/.test(name)) return;
  const known = passwd?.split("\n").some((line) => line.startsWith(`${name}:`)) ?? false;
  if (!known) yield finding("unknown-user", `the user is "${name}"`);
}

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

function* lintCommand(
  container: ContainerConfig,
  tree: FileTree,
  os: string,
): Generator<LintFinding> {
  const { Entrypoint: entrypoint = [], Cmd: cmd = [], Env: env = [] } = container;
  const words = [...entrypoint, ...cmd];
  const [program] = words;
  if (program === undefined) return yield finding("no-command", "neither entrypoint nor command");
  if (os === "windows") return;
  const shell = entrypoint.length > 0 ? entrypoint : cmd;
  if (/(?:^|\/)(?:ba|da|a)?sh$/.test(shell[0] ?? "") && shell[1] === "-c") {
    yield finding("shell-form", `${shell.slice(0, 2).join(" ")} runs the command`);
  }
  const path = env.find((variable) => variable.startsWith("PATH="))?.slice(5) ?? DEFAULT_PATH;
  const { WorkingDir: workdir = "/" } = container;
  const candidates = program.startsWith("/")
    ? [program]
    : program.includes("/")
    ? [`${workdir}/${program}`]
    : path.split(":").map((directory) => `${directory}/${program}`);
  const modes = candidates.map((candidate) => {
    const resolved = tree.resolve(candidate);
    return resolved === undefined ? undefined : tree.headerAt(resolved);
  }).filter((header) => header?.type === "file");
  if (modes.length === 0) {
    return yield finding("missing-command", `"${program}" is not in the image`);
  }
  if (modes.some((header) => ((header?.mode ?? 0) & 0o111) !== 0)) return;
  yield finding("missing-command", `"${program}" is not executable`);
}
