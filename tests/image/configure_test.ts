import { assertEquals, assertRejects } from "@std/assert";
import { annotateImage, type ConfigChanges, configureImage } from "../../lib/image/configure.ts";
import { emptyImage } from "../../lib/image/empty.ts";
import { jsonOf } from "../support/images.ts";

async function configured(...changes: readonly ConfigChanges[]) {
  const image = changes.reduce((base, change) => configureImage(base, change), emptyImage());
  return jsonOf(await image.config());
}

const CASES: readonly {
  readonly does: string;
  readonly changes: readonly ConfigChanges[];
  readonly config: Record<string, unknown>;
}[] = [
  {
    does: "sets the entrypoint",
    changes: [{ entrypoint: ["/a"] }],
    config: { Entrypoint: ["/a"] },
  },
  {
    does: "drops an inherited cmd when the entrypoint changes",
    changes: [{ cmd: ["old"] }, { entrypoint: ["/a"] }],
    config: { Entrypoint: ["/a"] },
  },
  {
    does: "keeps a cmd that comes with the entrypoint",
    changes: [{ cmd: ["old"] }, { entrypoint: ["/a"], cmd: ["new"] }],
    config: { Entrypoint: ["/a"], Cmd: ["new"] },
  },
  {
    does: "replaces a variable in its place and appends new ones",
    changes: [{ env: { A: "1", B: "2" } }, { env: { C: "x=y", A: "3" } }],
    config: { Env: ["A=3", "B=2", "C=x=y"] },
  },
  {
    does: "merges labels",
    changes: [{ labels: { a: "1", b: "<2>" } }, { labels: { b: "3" } }],
    config: { Labels: { a: "1", b: "3" } },
  },
  {
    does: "exposes ports as tcp unless said",
    changes: [{ exposedPorts: ["80", "53/udp"] }],
    config: { ExposedPorts: { "80/tcp": {}, "53/udp": {} } },
  },
  {
    does: "sets user, directory, signal and volumes",
    changes: [{ user: "1000:1000", workingDir: "/srv", stopSignal: "SIGINT", volumes: ["/data"] }],
    config: {
      User: "1000:1000",
      WorkingDir: "/srv",
      StopSignal: "SIGINT",
      Volumes: { "/data": {} },
    },
  },
];

for (const { does, changes, config } of CASES) {
  Deno.test(`configureImage() ${does}`, async () => {
    assertEquals((await configured(...changes)).config, config);
  });
}

Deno.test("configureImage() sets when and by whom the image was made", async () => {
  const config = await configured({ created: "2020-01-02T03:04:05Z", author: "Ann" });
  assertEquals([config.created, config.author], ["2020-01-02T03:04:05Z", "Ann"]);
});

for (const port of ["0", "65536", "http", "80/icmp", "-1", ""]) {
  Deno.test(`configureImage() refuses the port "${port}"`, async () => {
    await assertRejects(() => configured({ exposedPorts: [port] }), SyntaxError, "expose the port");
  });
}

Deno.test("configureImage() refuses a variable without a name", async () => {
  await assertRejects(() => configured({ env: { "": "x" } }), SyntaxError, "variable");
});

Deno.test("annotateImage() adds annotations and leaves the config alone", async () => {
  const base = emptyImage();
  const image = annotateImage(annotateImage(base, { a: "1", b: "2" }), { b: "3" });
  assertEquals(jsonOf(await image.manifest()).annotations, { a: "1", b: "3" });
  assertEquals(await image.config(), await base.config());
});
