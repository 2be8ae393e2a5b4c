import type { TempDir } from "../support/temp_dir.ts";

/** Puts a shell script in the place of the `docker` command and returns its path. */
export async function fakeDocker(dir: TempDir, script: string): Promise<string> {
  const path = dir.join("docker");
  await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}
