/** Manifests, and the images that are filled into them. */
import { assertEquals, assertRejects } from "@std/assert";
import { buildsIn, fillIn, readManifests } from "../../lib/dev/manifests.ts";
import { NotFoundError, SpecError } from "../../lib/errors.ts";
import { tempDir } from "../support/temp_dir.ts";
import { makeTree } from "../support/tree.ts";

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: site }
spec:
  template:
    spec:
      initContainers: [{ name: first, image: davit://../tools/davit.yaml }]
      containers:
        - { name: site, image: "registry.example/site:v1" }
        - { name: other, image: busybox, env: [{ name: IMAGE, value: "davit://davit.yaml" }] }
`;
const SERVICE = "apiVersion: v1\nkind: Service\nmetadata: { name: site }\n";

Deno.test("manifests are read from files, in any number of documents, and from directories", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, {
    "all/a.yaml": `---\n${DEPLOYMENT}---\n# nothing\n---\n${SERVICE}`,
    "all/b.json": JSON.stringify({
      kind: "List",
      items: [{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } }],
    }),
    "all/notes.txt": "not a manifest",
    "one.yml": SERVICE,
  });
  const manifests = await readManifests([dir.join("all"), dir.join("one.yml")]);
  assertEquals(
    manifests.map(({ path, object }) => `${path.replace(dir.path, "")} ${object.kind}`),
    ["/all/a.yaml Deployment", "/all/a.yaml Service", "/all/b.json ConfigMap", "/one.yml Service"],
  );
});

Deno.test("builds are found wherever manifests name them, from where the manifest is", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "deploy/site.yaml": DEPLOYMENT });
  const manifests = await readManifests([dir.join("deploy/site.yaml")]);
  assertEquals(buildsIn(manifests), [dir.join("tools/davit.yaml"), dir.join("deploy/davit.yaml")]);
});

Deno.test("images are filled in for builds anywhere, for names where containers have them", async () => {
  await using dir = await tempDir();
  await makeTree(dir.path, { "deploy/site.yaml": DEPLOYMENT });
  const [filled] = fillIn(await readManifests([dir.join("deploy/site.yaml")]), {
    ofBuild: (path) => `built:${path.replace(dir.path, "")}`,
    ofImage: (name) => name.startsWith("registry.example/site") ? "filled@in" : name,
  });
  // deno-lint-ignore no-explicit-any
  const { spec } = (filled as any).spec.template;
  assertEquals(spec, {
    initContainers: [{ name: "first", image: "built:/tools/davit.yaml" }],
    containers: [
      { name: "site", image: "filled@in" },
      {
        name: "other",
        image: "busybox",
        env: [{ name: "IMAGE", value: "built:/deploy/davit.yaml" }],
      },
    ],
  });
});

Deno.test.each([
  { why: "what is no YAML", text: "a: [", says: "Cannot read" },
  { why: "what is no object", text: "- a\n", says: "metadata.name" },
  { why: "an object without a name", text: "apiVersion: v1\nkind: Pod\n", says: "metadata.name" },
])("readManifests() refuses $why, and says where", async ({ text, says }) => {
  await using dir = await tempDir();
  await Deno.writeTextFile(dir.join("a.yaml"), text);
  const error = await assertRejects(() => readManifests([dir.join("a.yaml")]), SpecError, says);
  assertEquals(error.message.includes(`${dir.join("a.yaml")}:1:`), true, error.message);
});

Deno.test("readManifests() says which manifest is missing", async () => {
  await assertRejects(() => readManifests(["/no/such.yaml"]), NotFoundError, "/no/such.yaml");
});
