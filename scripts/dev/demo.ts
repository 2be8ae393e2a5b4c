/**
 * The whole story in ten seconds: a base image from files of this machine, an embedded registry, a
 * build on top of the base, a push, a pull back, tarballs, and Docker when an engine answers.
 */
import { Build } from "../../lib/compose/build.ts";
import { DockerDaemon } from "../../lib/docker/daemon.ts";
import { selectImage } from "../../lib/image/select.ts";
import { openDestination, openSource } from "../../lib/places/open.ts";
import { parseLocation } from "../../lib/places/location.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { copy } from "../../lib/store/copy.ts";
import { serveRegistry } from "../../lib/server/serve_registry.ts";
import { formatBytes } from "../console/format_bytes.ts";

const PAGE = "<h1>Built without Docker</h1>\n";

await using scope = new AsyncDisposableStack();
const directory = await Deno.makeTempDir({ prefix: "davit-demo-" });
scope.defer(() => Deno.remove(directory, { recursive: true }));
const server = scope.use(await serveRegistry());
const transport = scope.use(new Transport());
const places = { transport };

say(`davit demo: no network, no Docker; a registry in this process at ${server.address}`);

const base = `${server.address}/demo/base:v1`;
await step("base image from files of this machine, pushed", async () => {
  const { tools, command } = await findTools(`${directory}/base`);
  await Deno.mkdir(`${directory}/base/srv/html`, { recursive: true });
  await Deno.writeTextFile(`${directory}/base/srv/html/old.html`, "<h1>It works!</h1>\n");
  const [output] = await Build.from("scratch")
    .copy(`${directory}/base`)
    .config({ cmd: [...command, "/srv/html/index.html"], env: { PATH: "/bin" } })
    .tag(base)
    .run({ places });
  return [`${base} (${tools})`, output?.descriptor.digest];
});

const site = `${server.address}/demo/site:v1`;
await Deno.mkdir(`${directory}/site`);
await Deno.writeTextFile(`${directory}/site/index.html`, PAGE);
const build = Build.from(base)
  .remove("srv/html")
  .copy(`${directory}/site`, { to: "/srv/html" })
  .config({ labels: { "org.opencontainers.image.title": "demo" } })
  .tag(site);

const pushed = await step("a directory whited out, another added, pushed", async () => {
  const [output] = await build.run({ places });
  return [site, output?.descriptor.digest];
});

const layout = parseLocation(`oci:${directory}/layout:v1`);
await step("pulled back into an OCI layout, every byte verified", async () => {
  await using from = await openSource(parseLocation(site), places);
  await using to = await openDestination(layout, places);
  const { digest } = await copy(from.view, to.destination, { names: to.names });
  await to.destination.commit();
  return [digest === pushed ? "the digest that was pushed" : "ANOTHER DIGEST", digest];
});

await step("what the layout holds", async () => {
  await using opened = await openSource(layout, places);
  const layers = await (await selectImage(opened.view)).layers();
  const sizes = await Promise.all(layers.map((layer) => layer.size()));
  return [`layers of ${sizes.map(formatBytes).join(", ")}`, undefined];
});

await step("the same build again: the same digest", async () => {
  const [output] = await build.run({ places });
  const same = output?.descriptor.digest === pushed ? "identical" : "DIFFERENT";
  return [same, output?.descriptor.digest];
});

for (const form of ["docker-archive", "docker-legacy", "oci-archive"] as const) {
  await step(`written as ${form}`, async () => {
    const path = `${directory}/${form}.tar`;
    const [output] = await build.output(`${form}:${path}`).run({ places });
    const size = formatBytes((await Deno.stat(path)).size);
    const same = output?.descriptor.digest === pushed;
    return [
      same ? size : `${size}; its layers are plain tars: the digest is another`,
      output?.descriptor.digest,
    ];
  });
}

await using docker = new DockerDaemon();
if (await docker.ping()) {
  await step("loaded into Docker and run", async () => {
    const name = "davit-demo:v1";
    const [output] = await build.output(`docker-daemon:${name}`).run({ places });
    const args = ["run", "--rm", "--network", "none", name];
    const ran = await new Deno.Command("docker", { args }).output();
    await new Deno.Command("docker", { args: ["rmi", name] }).output();
    const [said = ""] = new TextDecoder().decode(ran.success ? ran.stdout : ran.stderr).split("\n");
    return [
      ran.success ? said : `loaded, but this engine cannot run it: ${said}`,
      output?.descriptor.digest,
    ];
  });
} else {
  say("  (no Docker engine answers here: loading and running is left out)");
}

/** Runs one step and says what came of it, its digest, and how long it took. */
async function step(
  title: string,
  run: () => Promise<readonly [result: string, digest: string | undefined]>,
): Promise<string | undefined> {
  const start = performance.now();
  const [result, digest] = await run();
  const time = `${Math.round(performance.now() - start)} ms`;
  say(`\n${title}  [${time}]\n  ${result}${digest === undefined ? "" : `\n  ${digest}`}`);
  return digest;
}

/** Puts a program that can print a file into the base: busybox where it is, else `cat`. */
async function findTools(root: string): Promise<{ tools: string; command: string[] }> {
  await Deno.mkdir(`${root}/bin`, { recursive: true });
  const busybox = "/bin/busybox";
  if (await Deno.stat(busybox).then(() => true, () => false)) {
    await Deno.copyFile(busybox, `${root}/bin/busybox`);
    return { tools: busybox, command: ["/bin/busybox", "cat"] };
  }
  await Deno.copyFile("/bin/cat", `${root}/bin/cat`);
  const { stdout } = await new Deno.Command("ldd", { args: ["/bin/cat"] }).output();
  for (const [path] of new TextDecoder().decode(stdout).matchAll(/\/[^\s:)]+/g)) {
    await Deno.mkdir(`${root}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.copyFile(path, `${root}${path}`);
  }
  return { tools: "/bin/cat and its libraries", command: ["/bin/cat"] };
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}
