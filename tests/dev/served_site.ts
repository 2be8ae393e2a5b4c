import { findCommand, runOk } from "../support/command.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";

/** The port of every node that leads to the site. */
export const NODE_PORT = 30080;

/** A directory with a build of a small web server, and manifests that run it. */
export interface ServedSite extends AsyncDisposable {
  readonly dir: string;
  /** The build file. */
  readonly build: string;
  /** The directory of manifests. */
  readonly manifests: string;
  /** Writes what the server is to answer. */
  edit(text: string): Promise<void>;
}

const BUILD = `from: scratch
layers:
  - copy: tools
    to: /bin
  - copy: site
    to: /srv
config:
  entrypoint: [/bin/sh, /srv/start]
  env: { PATH: /bin }
  ports: [8080]
tags: ["registry.example/site:v1"]
`;

/** Says what it serves when it starts; it goes at once when it is told to. */
const START = `echo "serving $(cat /srv/index.html)"
trap 'exit 0' TERM
httpd -f -h /srv -p 8080 & wait
`;

const MANIFESTS = `apiVersion: apps/v1
kind: Deployment
metadata: { name: site }
spec:
  selector: { matchLabels: { app: site } }
  template:
    metadata: { labels: { app: site } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: web, image: "davit://../davit.yaml" }]
---
apiVersion: v1
kind: Service
metadata: { name: site }
spec:
  type: NodePort
  selector: { app: site }
  ports: [{ port: 80, targetPort: 8080, nodePort: ${NODE_PORT} }]
`;

/** Makes the directory; it answers `one` at first. */
export async function makeServedSite(): Promise<ServedSite> {
  await using scope = new AsyncDisposableStack();
  const dir = scope.use(await tempDir());
  const busybox = await Deno.readFile(findCommand("busybox") ?? "busybox");
  const applets = ["cat", "echo", "httpd", "sh", "sleep"];
  await makeTree(dir.path, {
    "davit.yaml": BUILD,
    "deploy/site.yaml": MANIFESTS,
    "site/index.html": "one",
    "site/start": START,
    "tools/busybox": { content: busybox, mode: 0o755 },
    ...Object.fromEntries(applets.map((name) => [`tools/${name}`, { symlink: "busybox" }])),
  });
  const owned = scope.move();
  return {
    dir: dir.path,
    build: dir.join("davit.yaml"),
    manifests: dir.join("deploy"),
    edit: (text) => Deno.writeTextFile(dir.join("site/index.html"), text),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The address of a node, which this machine reaches. */
export async function addressOf(node: string): Promise<string> {
  const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
  return (await runOk("docker", ["inspect", "--format", format, node])).stdout.trim();
}

/** What a web server answers; `undefined` while there is none. */
export async function answerOf(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1000) });
    return response.ok ? await response.text() : void await response.body?.cancel();
  } catch {
    return undefined;
  }
}

/** Waits until a web server answers a text, for half a minute. */
export async function untilAnswered(url: string, text: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (let answer = await answerOf(url); answer !== text; answer = await answerOf(url)) {
    if (Date.now() > deadline) throw new Error(`${url} answers "${answer}", and not "${text}"`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
