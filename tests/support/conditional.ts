/**
 * Registers a test that needs something which is not on every machine.
 *
 * When `missing` says what is lacking, the test is skipped with that reason on standard error; on
 * CI, where everything must be there, it fails instead.
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
  Deno.stderr.writeSync(new TextEncoder().encode(`skipping "${name}": ${missing}\n`));
  Deno.test({ name, ignore: true, fn });
}
