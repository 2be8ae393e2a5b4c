import { assert, assertEquals, assertThrows } from "@std/assert";
import { DocumentError, LimitExceededError } from "../../lib/errors.ts";
import { type ImageConfig, parseConfig } from "../../lib/oci/config.ts";
import type { JsonPath } from "../../lib/oci/json.ts";
import { MAX_CONFIG_BYTES, MAX_LIST_ITEMS } from "../../lib/oci/limits.ts";
import { changed, CONFIG_TEXT, digestOf, encode } from "./documents.ts";

Deno.test("parseConfig() gives what the document says", () => {
  assertEquals(parseConfig(encode(CONFIG_TEXT)), JSON.parse(CONFIG_TEXT));
});

Deno.test("parseConfig() gives every member that image-spec and Docker define", () => {
  const full: ImageConfig = {
    created: "2015-10-31T22:22:56.015925234Z",
    author: "Alyssa P. Hacker <alyspdev@example.test>",
    architecture: "arm64",
    os: "windows",
    "os.version": "10.0.17763.1",
    "os.features": ["win32k"],
    variant: "v8",
    config: {
      User: "-1",
      ExposedPorts: { "8080/tcp": {}, "53/udp": {} },
      Env: ["FOO=docker is a really", "EMPTY="],
      Entrypoint: ["/bin/app"],
      Cmd: ["--foreground"],
      Volumes: { "/data": {}, "../up": {} },
      WorkingDir: "/home/alice",
      Labels: { "com.example/key": "value", "": "" },
      StopSignal: "SIGKILL",
      Healthcheck: {
        Test: ["CMD", "true"],
        Interval: 30_000_000_000,
        Timeout: 1,
        StartPeriod: 2,
        StartInterval: 3,
        Retries: 4,
      },
      Shell: ["/bin/bash", "-c"],
      OnBuild: ["RUN make"],
      ArgsEscaped: true,
    },
    rootfs: { type: "layers", diff_ids: [digestOf("1"), digestOf("2")] },
    history: [{
      created: "2015-10-31T22:22:54.690851953Z",
      author: "a",
      created_by: "/bin/sh -c #(nop) ADD",
      comment: "c",
      empty_layer: false,
    }],
  };
  assertEquals(parseConfig(encode(JSON.stringify(full))), full);
});

Deno.test.each([
  { path: ["created"] },
  { path: ["config"] },
  { path: ["history"] },
  { path: ["os.features"] },
  { path: ["config", "Labels"] },
  { path: ["config", "Env"] },
  { path: ["config", "Entrypoint"] },
  { path: ["config", "Volumes"] },
  { path: ["config", "Healthcheck"] },
])("parseConfig() takes a null $path for none", ({ path }) => {
  const parent = path.length === 1 ? [] : path.slice(0, 1);
  const config = parseConfig(changed(CONFIG_TEXT, path, null));
  const holder = parent.reduce<unknown>((at, step) => Reflect.get(Object(at), step), config);
  assertEquals(Object.hasOwn(Object(holder), path.at(-1) ?? ""), false);
});

Deno.test("parseConfig() reads the empty config that Go's tools write", () => {
  const text = '{"architecture":"","created":"0001-01-01T00:00:00Z","history":null,"os":"",' +
    '"rootfs":{"type":"layers","diff_ids":null},"config":{}}';
  assertEquals(parseConfig(encode(text)), {
    architecture: "",
    created: "0001-01-01T00:00:00Z",
    os: "",
    rootfs: { type: "layers", diff_ids: [] },
    config: {},
  });
});

Deno.test("parseConfig() reads a config that names no platform", () => {
  const text = '{"rootfs":{"type":"layers","diff_ids":[]},"Os":1,"container_config":5}';
  const { os, architecture } = parseConfig(encode(text));
  assertEquals({ os, architecture }, { os: "", architecture: "" });
});

Deno.test.each<{ why: string; path: JsonPath; value: unknown; says: string }>([
  { why: "no rootfs", path: ["rootfs"], value: undefined, says: "an object at $.rootfs" },
  { why: "a rootfs of another type", path: ["rootfs", "type"], value: "x", says: '"layers"' },
  { why: "no type", path: ["rootfs", "type"], value: null, says: "$.rootfs.type" },
  { why: "no diff_ids", path: ["rootfs", "diff_ids"], value: undefined, says: "diff_ids" },
  { why: "a null diff_id", path: ["rootfs", "diff_ids", 0], value: null, says: "diff_ids[0]" },
  { why: "a path", path: ["rootfs", "diff_ids", 0], value: "sha256:../x", says: "64 lower-case" },
  { why: "an os as number", path: ["os"], value: 1, says: "a string at $.os" },
  { why: "Env as map", path: ["config", "Env"], value: { a: "b" }, says: "array at $.config.Env" },
  { why: "a number in Env", path: ["config", "Env", 0], value: 1, says: "$.config.Env[0]" },
  { why: "a null in Cmd", path: ["config", "Cmd", 0], value: null, says: "$.config.Cmd[0]" },
  { why: "a number as label", path: ["config", "Labels"], value: { a: 1 }, says: "Labels.a" },
  { why: "ports as list", path: ["config", "ExposedPorts"], value: ["80"], says: "an object" },
  { why: "a port with text", path: ["config", "ExposedPorts"], value: { a: "b" }, says: "object" },
  { why: "history as map", path: ["history"], value: {}, says: "an array at $.history" },
  { why: "a null entry", path: ["history", 0], value: null, says: "an object at $.history[0]" },
  { why: "empty_layer as text", path: ["history", 0, "empty_layer"], value: "x", says: "true or" },
  {
    why: "an interval that no double holds",
    path: ["config", "Healthcheck"],
    value: { Interval: 2 ** 60 },
    says: "$.config.Healthcheck.Interval",
  },
])("parseConfig() refuses $why", ({ path, value, says }) => {
  const bytes = changed(CONFIG_TEXT, path, value);
  const { message } = assertThrows(() => parseConfig(bytes), DocumentError, says);
  assert(message.startsWith("Cannot read config: expected "), message);
});

Deno.test("parseConfig() has limits of bytes and of layers", () => {
  parseConfig(encode(CONFIG_TEXT.padEnd(MAX_CONFIG_BYTES)));
  const long = encode(CONFIG_TEXT.padEnd(MAX_CONFIG_BYTES + 1));
  assertThrows(() => parseConfig(long), LimitExceededError, `${MAX_CONFIG_BYTES}`);
  const diffIds = Array.from({ length: MAX_LIST_ITEMS + 1 }, () => digestOf("0"));
  const many = changed(CONFIG_TEXT, ["rootfs", "diff_ids"], diffIds);
  assertThrows(() => parseConfig(many), LimitExceededError, `${MAX_LIST_ITEMS}`);
});

Deno.test("parseConfig() is not led astray by members called like methods of objects", () => {
  const text = '{"__proto__":{"os":"evil"},"constructor":1,"hasOwnProperty":2,' +
    '"rootfs":{"type":"layers","diff_ids":[]},"config":{"Labels":{"__proto__":"kept"}}}';
  const config = parseConfig(encode(text));
  assertEquals(config.os, "");
  assertEquals(Object.entries(config.config?.Labels ?? {}), [["__proto__", "kept"]]);
});
