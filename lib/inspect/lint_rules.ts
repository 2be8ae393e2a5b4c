/** How bad a finding is, in the words of SARIF. */
export type LintLevel = "error" | "warning" | "note";

/** What is looked for. */
export interface LintRule {
  /** How bad it is. */
  readonly level: LintLevel;
  /** What it finds. */
  readonly brief: string;
  /** What to do about it. */
  readonly help: string;
}

/** The names of the rules, which do not change between versions. */
export type LintRuleId =
  | "secret-content"
  | "secret-file"
  | "secret-env"
  | "secret-history"
  | "setuid"
  | "capabilities"
  | "world-writable"
  | "device-file"
  | "wasted-bytes"
  | "package-cache"
  | "same-content"
  | "duplicate-path"
  | "non-canonical-tar"
  | "many-layers"
  | "empty-layer"
  | "root-user"
  | "unknown-user"
  | "no-command"
  | "missing-command"
  | "missing-workdir"
  | "no-platform"
  | "shell-form";

/** Something that was found. */
export interface LintFinding {
  /** The rule that found it. */
  readonly rule: LintRuleId;
  /** How bad it is. */
  readonly level: LintLevel;
  /** What it is. */
  readonly message: string;
  /** The file that it is about. */
  readonly path?: string;
  /** The layer that it is in, base first, from 1. */
  readonly layer?: number;
  /** How many bytes could be saved. */
  readonly bytes?: number;
}

/** Every rule by its name. */
export const LINT_RULES: Readonly<Record<LintRuleId, LintRule>> = {
  "secret-content": {
    level: "error",
    brief: "A file holds a private key or a token",
    help: "Pass secrets when the container starts; a later layer that deletes them does not help",
  },
  "secret-file": {
    level: "warning",
    brief: "A file has the name of one that holds secrets",
    help: "Leave it out of the build, with .dockerignore or a narrower copy",
  },
  "secret-env": {
    level: "error",
    brief: "A variable of the config holds a secret",
    help: "Pass the variable when the container starts",
  },
  "secret-history": {
    level: "warning",
    brief: "A command in the history names a secret",
    help: "Use a build secret rather than a build argument",
  },
  "setuid": {
    level: "warning",
    brief: "A program runs as its owner or group, whoever starts it",
    help: "Remove the bit where the image does not need it",
  },
  "capabilities": {
    level: "note",
    brief: "A program has capabilities of its own",
    help: "Remove the attribute where the image does not need it",
  },
  "world-writable": {
    level: "warning",
    brief: "Anybody may write a file or directory",
    help: "Remove the bit, or set the sticky bit of a directory",
  },
  "device-file": {
    level: "warning",
    brief: "A layer holds a device",
    help: "Runtimes make the devices that a container needs",
  },
  "wasted-bytes": {
    level: "warning",
    brief: "A layer holds what a later layer replaces or deletes",
    help: "Make and delete files in the same layer, or flatten the image",
  },
  "package-cache": {
    level: "warning",
    brief: "Caches of a package manager are left",
    help: "Clean up in the same layer as the installation",
  },
  "same-content": {
    level: "note",
    brief: "Large files of the same content have several places",
    help: "Use hard links, or one place",
  },
  "duplicate-path": {
    level: "error",
    brief: "A layer has a path more than once",
    help: "Which one counts depends on who unpacks it: write it once",
  },
  "non-canonical-tar": {
    level: "note",
    brief: "A layer is written in a way that another build will not repeat",
    help: "davit canonicalises: retime and recompress give the same bytes anywhere",
  },
  "many-layers": {
    level: "warning",
    brief: "The image has more layers than every engine takes",
    help: "Flatten some of them",
  },
  "empty-layer": {
    level: "note",
    brief: "A layer changes nothing",
    help: "Leave it out",
  },
  "root-user": {
    level: "warning",
    brief: "Containers run as root",
    help: "Set a user",
  },
  "unknown-user": {
    level: "error",
    brief: "The config names a user that /etc/passwd does not have",
    help: "Create the user, or use its number",
  },
  "no-command": {
    level: "note",
    brief: "The config names no command",
    help: "Set an entrypoint or a command, unless this is a base for others",
  },
  "missing-command": {
    level: "error",
    brief: "The command is not in the image, or cannot be executed",
    help: "Give it its whole path, and the mode 755",
  },
  "missing-workdir": {
    level: "note",
    brief: "The working directory is relative, or not in the image",
    help: "Runtimes make it, owned by root: create it with the owner it needs",
  },
  "no-platform": {
    level: "error",
    brief: "The config names no platform",
    help: "Set os and architecture, so that engines choose the image rightly",
  },
  "shell-form": {
    level: "note",
    brief: "The command runs in a shell, which gets the signals in its place",
    help: "Use the exec form, or exec in the shell",
  },
};

/** Says whether a text is the name of a rule. */
export function isLintRule(text: string): text is LintRuleId {
  return Object.hasOwn(LINT_RULES, text);
}

/** Makes a finding of a rule. */
export function finding(
  rule: LintRuleId,
  message: string,
  about: Pick<LintFinding, "path" | "layer" | "bytes"> = {},
): LintFinding {
  return { rule, level: LINT_RULES[rule].level, message, ...about };
}

const RANKS: Readonly<Record<LintLevel, number>> = { error: 2, warning: 1, note: 0 };

/** Says whether a level is as bad as another, or worse. */
export function isAtLeast(level: LintLevel, limit: LintLevel): boolean {
  return RANKS[level] >= RANKS[limit];
}
