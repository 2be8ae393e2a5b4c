import { findCommand, run } from "./command.ts";
import { tempDir } from "./temp_dir.ts";

/** A containerd of the test's own. */
export interface Containerd extends AsyncDisposable {
  /** The arguments that make `ctr` speak to it. */
  readonly ctr: readonly string[];
}

/** Starts a containerd whose state is in a temporary directory. */
export async function startContainerd(): Promise<Containerd> {
  await using scope = new AsyncDisposableStack();
  const dir = scope.use(await tempDir());
  const socket = dir.join("containerd.sock");
  await Deno.writeTextFile(
    dir.join("config.toml"),
    `version = 2
root = "${dir.join("root")}"
state = "${dir.join("state")}"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${socket}"
`,
  );
  const child = new Deno.Command(findCommand("containerd") ?? "containerd", {
    args: ["--config", dir.join("config.toml")],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  scope.defer(async () => {
    child.kill("SIGTERM");
    await child.status;
  });
  const ctr = ["--address", socket, "--namespace", "davit-test"];
  for (let attempt = 0; (await run("ctr", [...ctr, "version"])).code !== 0; attempt++) {
    if (attempt > 100) throw new Error("Cannot start containerd: it did not answer in 10 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const owned = scope.move();
  return { ctr, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
