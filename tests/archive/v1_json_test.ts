import { assertEquals } from "@std/assert";
import { formatGoTime } from "../../lib/archive/go_time.ts";
import { splitRepoTag, toRepoTag } from "../../lib/archive/repo_tag.ts";
import { encodeRepositories, parseRepositories } from "../../lib/archive/repositories.ts";
import { formatV1Config } from "../../lib/archive/v1_config.ts";
import { v1LayerId } from "../../lib/archive/v1_id.ts";
import { formatV1Json } from "../../lib/archive/v1_json.ts";

function pureTest(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

for (
  const [text, written] of [
    ["2020-05-06T07:08:09.120000000Z", "2020-05-06T07:08:09.12Z"],
    ["2020-05-06T07:08:09.000Z", "2020-05-06T07:08:09Z"],
    ["2020-05-06T07:08:10Z", "2020-05-06T07:08:10Z"],
    ["2020-05-06T07:08:10.50+02:00", "2020-05-06T07:08:10.5+02:00"],
    ["2020-05-06T07:08:10+00:00", "2020-05-06T07:08:10Z"],
    ["", "0001-01-01T00:00:00Z"],
    [null, "0001-01-01T00:00:00Z"],
  ] as const
) {
  pureTest(`formatGoTime() writes ${JSON.stringify(text)} as Go does`, () => {
    assertEquals(formatGoTime(text), written);
  });
}

pureTest("formatV1Config() keeps known fields in Go's order and leaves zeros out", () => {
  const config = {
    Hostname: "",
    Domainname: "d",
    User: "0",
    Tty: false,
    Labels: { "b": "<", "10": "x", "9": "y" },
    ExposedPorts: { "80/tcp": {} },
    Cmd: null,
    Entrypoint: [],
    Unknown: 1,
    Shell: ["/bin/sh"],
  };
  assertEquals(
    formatV1Config(config),
    '{"Domainname":"d","Labels":{"10":"x","9":"y","b":"\\u003c"},"User":"0",' +
      '"ExposedPorts":{"80/tcp":{}},"Shell":["/bin/sh"]}',
  );
});

pureTest("formatV1Json() tells of the image in its top layer only", () => {
  const common = { id: "1", parent: "0", history: { created_by: "RUN x", comment: "c" } };
  assertEquals(
    formatV1Json(common),
    '{"architecture":"","created":"0001-01-01T00:00:00Z","os":"","rootfs":{"type":"",' +
      '"diff_ids":null},"config":{},"container_config":{"Cmd":["RUN x"]},"id":"1","parent":"0",' +
      '"comment":"c"}',
  );
  const image = {
    architecture: "arm64",
    os: "linux",
    variant: "v8",
    created: "2021-01-01T00:00:00Z",
  };
  assertEquals(
    formatV1Json({ ...common, image }),
    '{"architecture":"arm64","created":"2021-01-01T00:00:00Z","os":"linux","rootfs":{"type":"",' +
      '"diff_ids":null},"config":{},"container_config":{"Cmd":["RUN x"]},"id":"1","parent":"0",' +
      '"comment":"c"}',
  );
});

pureTest("v1LayerId() hashes digest and parent, and the config of a top layer", async () => {
  const digest = `sha256:${"0".repeat(64)}` as const;
  const sha256 = async (text: string) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
  const hex = "0".repeat(64);
  assertEquals(await v1LayerId(digest, ""), await sha256(`${hex} `));
  assertEquals(await v1LayerId(digest, "p"), await sha256(`${hex} p`));
  const config = new TextEncoder().encode("{}");
  assertEquals(await v1LayerId(digest, "", config), await sha256(`${hex}  {}`));
});

for (
  const [name, repoTag] of [
    ["alpine", "alpine:latest"],
    ["index.docker.io/library/alpine:3", "alpine:3"],
    ["docker.io/org/app", "org/app:latest"],
    ["localhost:5000/app", "localhost:5000/app:latest"],
    [`app:v1@sha256:${"0".repeat(64)}`, "app:v1"],
    [`app@sha256:${"0".repeat(64)}`, undefined],
  ] as const
) {
  pureTest(`toRepoTag() makes ${repoTag} of ${name.slice(0, 40)}`, () => {
    assertEquals(toRepoTag(name), repoTag);
  });
}

pureTest("a repo tag is split at the colon of its tag, not of its port", () => {
  assertEquals(splitRepoTag("localhost:5000/app:v1"), {
    repository: "localhost:5000/app",
    tag: "v1",
  });
});

pureTest("repositories are written sorted as text, and read back", () => {
  const bytes = encodeRepositories([
    { id: "b", repoTags: ["app:9", "app:10"] },
    { id: "a", repoTags: ["abc:v1"] },
  ]);
  assertEquals(
    new TextDecoder().decode(bytes),
    '{"abc":{"v1":"a"},"app":{"10":"b","9":"b"}}',
  );
  assertEquals(parseRepositories(new TextEncoder().encode('{"app":{"v1":"a","v2":"a"}}')), [
    { id: "a", repoTags: ["app:v1", "app:v2"] },
  ]);
});
