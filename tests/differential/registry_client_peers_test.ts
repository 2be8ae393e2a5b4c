import { assert, assertEquals } from "@std/assert";
import { Repository } from "../../lib/registry/repository.ts";
import { Transport } from "../../lib/registry/transport.ts";
import { copy } from "../../lib/store/copy.ts";
import { MemoryStore } from "../../lib/store/memory.ts";
import { runOk } from "../support/command.ts";
import { DOCKER_REGISTRY_NEEDS, startDockerRegistry } from "../support/docker_registry.ts";
import { makeImage } from "../support/images.ts";
import { peerTest } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const IMAGE = makeImage([
  [{ path: "hello", content: "hello\n" }],
  [{ path: "big", content: new Uint8Array(3_000_000).map((_, at) => at * at) }],
], { labels: { made: "here" } });

for (
  const { auth } of [{ auth: "basic" }, { auth: "token" }] as const
) {
  peerTest(
    `what davit pushes with ${auth} authentication is whole for crane and skopeo`,
    { needs: [...DOCKER_REGISTRY_NEEDS, "crane", "skopeo"] },
    async () => {
      await using registry = await startDockerRegistry({ auth });
      await using home = await tempDir();
      const entry = { auth: btoa(`${registry.username}:${registry.password}`) };
      const config = JSON.stringify({ auths: { [registry.name]: entry } });
      await Deno.writeTextFile(home.join("config.json"), config);
      const { username, password } = registry;
      using transport = new Transport({
        keychain: { credentials: () => Promise.resolve({ username, password }) },
      });
      await using app = new Repository({ registry: registry.name, repository: "team/app" }, {
        transport,
      });
      const { digest } = await copy(IMAGE, app, { names: ["v1"] });

      const name = `${registry.name}/team/app:v1`;
      const env = { DOCKER_CONFIG: home.path };
      if (auth === "basic") { // crane refuses every token service on this machine
        await runOk("crane", ["validate", "--remote", name], { env });
        assertEquals((await runOk("crane", ["digest", name], { env })).stdout.trim(), digest);
      }
      const inspected = await runOk("skopeo", [
        ...["inspect", "--tls-verify=false", "--authfile", home.join("config.json")],
        `docker://${name}`,
      ]);
      const { Digest, Labels } = JSON.parse(inspected.stdout);
      assertEquals([Digest, Labels], [digest, { made: "here" }]);
    },
  );
}

peerTest(
  "what crane pushes, schema 2 or OCI, davit pulls byte for byte",
  { needs: [...DOCKER_REGISTRY_NEEDS, "crane"] },
  async () => {
    await using registry = await startDockerRegistry();
    await using directory = await tempDir();
    await Deno.writeTextFile(directory.join("hello"), "hello\n");
    await runOk("tar", ["-cf", directory.join("layer.tar"), "-C", directory.path, "hello"]);
    using transport = new Transport();
    await using app = new Repository({ registry: registry.name, repository: "app" }, { transport });
    for (const flags of [[], ["--oci-empty-base"]]) {
      const name = `${registry.name}/app:v1`;
      await runOk("crane", ["append", ...flags, "-f", directory.join("layer.tar"), "-t", name]);
      const expected = await runOk("crane", ["manifest", name]);
      const view = await app.open("v1");
      assert(view.kind === "image");
      assertEquals(await view.manifest(), expected.bytes);
      const store = new MemoryStore();
      await copy(view, store, { names: ["v1"] });
      const [layer] = await view.layers();
      assert(layer !== undefined);
      const bytes = await new Response(layer.compressed()).bytes();
      const blob = await runOk("crane", ["blob", `${registry.name}/app@${await layer.digest()}`]);
      assertEquals(bytes, blob.bytes);
    }
  },
);
