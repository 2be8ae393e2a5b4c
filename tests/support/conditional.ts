/**
 * Registers a test that needs something which is not on every machine.
 *
 * When `missing` says what is lacking, the test is skipped and its name says so, which every
 * reporter prints; on CI, where everything must be there, it fails instead.
 */
export function conditionalTest(
  name: string,
  missing: string | undefined,
  fn: (t: Deno.TestContext) => Promise<void> | void,
): void {
  if (missing === undefined) return Deno.test(name, fn);
  if (Deno.env.get("CI") === "true") {
    return Deno.test(name, () => {
      throw new Error(`Cannot skip on CI: ${missing}`);
    });
  }
  Deno.test({ name: `${name} (skipped: ${missing})`, ignore: true, fn });
}
