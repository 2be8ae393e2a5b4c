/** The names of `@std/assert` over `node:assert`, for where JSR cannot be reached. */
import strict, { AssertionError } from "node:assert/strict";

export function assert(condition: unknown, message?: string): asserts condition {
  strict.ok(condition, message);
}

export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  strict.deepStrictEqual(actual, expected, message);
}

export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  strict.notDeepStrictEqual(actual, expected, message);
}

export function assertStrictEquals<T>(actual: T, expected: T, message?: string): void {
  strict.strictEqual(actual, expected, message);
}

export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T> {
  strict.ok(actual !== undefined && actual !== null, message ?? "expected a value, got none");
}

export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  strict.match(actual, expected, message);
}

export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  strict.ok(
    actual.includes(expected),
    message ?? `expected ${JSON.stringify(actual)} to include ${JSON.stringify(expected)}`,
  );
}

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

export function assertInstanceOf<E extends Error>(
  actual: unknown,
  expected: ErrorClass<E>,
  message?: string,
): asserts actual is E {
  strict.ok(
    actual instanceof expected,
    message ?? `expected ${expected.name}, got ${describe(actual)}`,
  );
}

export function assertThrows<E extends Error = Error>(
  run: () => unknown,
  expected?: ErrorClass<E>,
  includes?: string,
): E {
  try {
    run();
  } catch (error) {
    return checked(error, expected, includes);
  }
  return fail("expected an exception, got none");
}

export async function assertRejects<E extends Error = Error>(
  run: () => PromiseLike<unknown>,
  expected?: ErrorClass<E>,
  includes?: string,
): Promise<E> {
  try {
    await run();
  } catch (error) {
    return checked(error, expected, includes);
  }
  return fail("expected a rejection, got none");
}

export function fail(message: string): never {
  throw new AssertionError({ message });
}

function checked<E extends Error>(error: unknown, expected?: ErrorClass<E>, includes?: string): E {
  if (expected !== undefined && !(error instanceof expected)) {
    throw new AssertionError({
      message: `expected ${expected.name}, got ${describe(error)}`,
      actual: error,
    });
  }
  if (!(error instanceof Error)) return fail(`expected an Error, got ${String(error)}`);
  if (includes !== undefined) assertStringIncludes(error.message, includes);
  return error as E;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
