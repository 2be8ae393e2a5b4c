import { assertEquals } from "@std/assert";
import { chooseChallenge, parseChallenges } from "../../lib/registry/challenge.ts";

const TABLE: readonly {
  readonly why: string;
  readonly header: string;
  readonly expected: readonly (readonly [string, Record<string, string>])[];
}[] = [
  { why: "nothing", header: "", expected: [] },
  { why: "a scheme alone", header: "Negotiate", expected: [["negotiate", {}]] },
  {
    why: "quoted parameters",
    header: 'Bearer realm="https://a.example/token",service="a",scope="repository:x:pull,push"',
    expected: [["bearer", {
      realm: "https://a.example/token",
      service: "a",
      scope: "repository:x:pull,push",
    }]],
  },
  {
    why: "unquoted parameters",
    header: "Bearer realm=https://a.example/token?x=y, service=a",
    expected: [["bearer", { realm: "https://a.example/token?x=y", service: "a" }]],
  },
  {
    why: "escapes in quotes",
    header: String.raw`Basic realm="he\"\l\lo, world"`,
    expected: [["basic", { realm: 'he"llo, world' }]],
  },
  {
    why: "names in any case and space around the sign",
    header: 'bEaReR REALM = "r" , Service="s"',
    expected: [["bearer", { realm: "r", service: "s" }]],
  },
  {
    why: "several challenges in one line",
    header: 'Negotiate abc==, Basic realm="b", Bearer realm="r",service="s"',
    expected: [["negotiate", {}], ["basic", { realm: "b" }], ["bearer", {
      realm: "r",
      service: "s",
    }]],
  },
  { why: "an empty value", header: 'Bearer realm=""', expected: [["bearer", { realm: "" }]] },
  {
    why: "a quote that never ends",
    header: 'Basic realm="b',
    expected: [["basic", { realm: "b" }]],
  },
  {
    why: "a repeated parameter, the first of which counts",
    header: 'Bearer realm="one",realm="two"',
    expected: [["bearer", { realm: "one" }]],
  },
  { why: "junk", header: '"=,;\u00e9 Basic realm=x', expected: [["basic", { realm: "x" }]] },
];

for (const { why, header, expected } of TABLE) {
  Deno.test({
    name: `parseChallenges() reads ${why}`,
    permissions: "none",
    fn() {
      const challenges = parseChallenges(header);
      assertEquals(
        challenges.map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]),
        expected.map(([scheme, parameters]) => [scheme, parameters]),
      );
    },
  });
}

Deno.test("parseChallenges() reads a long hostile header in no time", () => {
  assertEquals(parseChallenges(`Basic ${"a=".repeat(20_000)}`).length, 1);
  assertEquals(parseChallenges(`${'"\\'.repeat(20_000)}`).length, 0);
});

for (
  const { header, chosen } of [
    { header: 'Negotiate, Basic realm="b"', chosen: "basic" },
    { header: 'Bearer realm="r", Basic realm="b"', chosen: "bearer" },
    { header: 'Bearer service="s", Basic realm="b"', chosen: "basic" },
    { header: "Negotiate, Digest realm=d", chosen: undefined },
  ]
) {
  Deno.test(`chooseChallenge() of ${header} is ${chosen ?? "none"}`, () => {
    assertEquals(chooseChallenge(parseChallenges(header))?.scheme, chosen);
  });
}
