import { DockerError } from "../errors.ts";

/** How a `docker` command ended. */
export interface Failure {
  /** Its exit code. */
  readonly code: number;
  /** What it wrote to standard error. */
  readonly complaint: string;
}

/** What to do about failures that have nothing to do with what was asked. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /permission denied.*(?:docker daemon socket|docker API|docker\.sock)/i,
    'run as root, or as a user of the group "docker"',
  ],
  [
    /cannot connect to the docker daemon|error during connect|failed to connect to the docker/i,
    "start the engine, or say where it is by DOCKER_HOST or a context",
  ],
  [/context .*not found/i, 'list the contexts by "docker context ls"'],
  [/no space left on device/i, 'make room, for instance by "docker system prune"'],
];

/** A last line that only repeats what was asked: the one before it says why. */
const SUMMARY = /^Error: failed to start containers: /;

/** The error for a command that failed: Docker's own last line, and what to do when that is known. */
export function failureOf(act: string, { code, complaint }: Failure): DockerError {
  const lines = complaint.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const said = lines.findLast((line) => !SUMMARY.test(line)) ?? lines.at(-1);
  const [, advice] = ADVICE.find(([pattern]) => pattern.test(complaint)) ?? [];
  return new DockerError(
    `Cannot ${act}: ` +
      (said === undefined
        ? `docker exited with ${code} and said nothing`
        : `docker said "${said}"`) +
      (advice === undefined ? "" : `; ${advice}`),
    { exitCode: code },
  );
}
