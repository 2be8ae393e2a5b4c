import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Validator } from "@cfworker/json-schema";
import { SpecError } from "../../lib/errors.ts";
import { parseSync, syncJsonSchema } from "../../lib/sync/parse_sync.ts";

const WHOLE = `
defaults:
  platforms: [linux/amd64, linux/arm64]
  referrers: true
sync:
  - image: nginx:1.27
    to: oci:mirror:nginx
  - repository: registry.example/app
    to: oci:mirror
    tags: { match: ^v, except: [-rc, -beta], semver: ">=1.2 <3", latest: 5 }
    delete: true
  - registry: registry.example:5000
    to: mirror.example/backup
    repositories: { match: [^team/] }
    platforms: [linux/amd64]
`;

Deno.test("parseSync() reads every kind of entry", async () => {
  const { defaults, sync } = await parseSync(WHOLE);
  assertEquals(defaults?.referrers, true);
  assertEquals(sync.length, 3);
});

const BROKEN: readonly { readonly text: string; readonly says: readonly string[] }[] = [
  { text: "", says: ["sync.yaml: ", "expected a mapping"] },
  { text: "sync: 5", says: ["sync.yaml:1:7: ", "expected a list"] },
  { text: "sync: []\nsinc: []", says: ["sync.yaml:2:1: ", "but defaults, sync"] },
  { text: "sync:\n- to: a", says: ["sync.yaml:2:3: ", "one of image, repository, registry"] },
  { text: "sync:\n- image: nginx", says: ['"sync.0.to"', "expected a string, got nothing"] },
  {
    text: "sync:\n- repository: a.example/b:v1\n  to: b.example/c",
    says: ["sync.yaml:2:15: ", "expected a repository without a tag"],
  },
  {
    text: "sync:\n- repository: a.example/b\n  to: b.example/c:v1",
    says: ["sync.yaml:3:7: ", "a repository without a tag, or oci:DIR"],
  },
  {
    text: "sync:\n- repository: a.example/b\n  to: b.example/c\n  tag: x",
    says: ["sync.yaml:4:3: ", 'no key "tag" here, but repository, to, tags, delete'],
  },
  {
    text: "sync:\n- repository: a.example/b\n  to: b.example/c\n  tags: { match: '(' }",
    says: ["sync.yaml:4:18: ", '"sync.0.tags.match"', "expected a regular expression"],
  },
  {
    text: "sync:\n- repository: a.example/b\n  to: b.example/c\n  tags: { semver: newest }",
    says: ['"sync.0.tags.semver"', 'such as ">=1.2 <3"'],
  },
  {
    text: "sync:\n- image: a.example/b\n  to: b.example/c\n  platforms: [a/b/c/d]",
    says: ['"sync.0.platforms.0"', 'such as "linux/arm64"'],
  },
  { text: "sync:\n- registry: a b\n  to: c.example", says: ["expected HOST[:PORT]"] },
];

for (const { text, says } of BROKEN) {
  Deno.test(`parseSync() refuses ${JSON.stringify(text)}, and says where`, async () => {
    const { message } = await assertRejects(() => parseSync(text), SpecError);
    for (const part of says) assertStringIncludes(message, part);
  });
}

Deno.test("syncJsonSchema() takes what parseSync() takes, and refuses another key", async () => {
  const validator = new Validator(await syncJsonSchema(), "2020-12");
  const spec = await parseSync(WHOLE);
  assertEquals(validator.validate(spec).valid, true);
  assertEquals(validator.validate({ ...spec, sinc: [] }).valid, false);
});
