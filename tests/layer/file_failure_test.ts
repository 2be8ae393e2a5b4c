import {
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { FileError } from "../../lib/errors.ts";
import { faultError, fileFailure } from "../../lib/layer/file_failure.ts";

for (
  const { cause, path = "a/b", says } of [
    { cause: new Deno.errors.NotFound("os error 2"), says: "it does not exist" },
    { cause: new Deno.errors.PermissionDenied("os error 13"), says: "permission denied" },
    { cause: new Deno.errors.InvalidData("not valid UTF-8"), says: "not UTF-8" },
    { cause: new Deno.errors.NotFound("x"), path: "a/\ufffd", says: "not UTF-8" },
    { cause: new Error("device on fire"), says: "device on fire" },
    {
      cause: new Error("No space left on device (os error 28): open 'a/b'"),
      says: "no space left on device",
    },
    { cause: new Deno.errors.NotADirectory("os error 20"), says: "is a file" },
  ]
) {
  Deno.test(`a ${cause.name} of ${path} becomes an error that says "${says}"`, () => {
    const error = fileFailure("read", path, cause);
    assertInstanceOf(error, FileError);
    assertStringIncludes(error.message, `Cannot read "${path}": `);
    assertStringIncludes(error.message, says);
    assertEquals([error.path, error.cause], [path, cause]);
    const { name, message } = cause;
    assertEquals(faultError({ source: path, name, message }).message, error.message);
  });
}

Deno.test("an error that names its file already is passed on, and so is what is no error", () => {
  const error = new FileError("Cannot read", "a");
  assertStrictEquals(fileFailure("list", "b", error), error);
  assertEquals(fileFailure("list", "b", "a reason"), "a reason");
});

Deno.test("a file that is to be written is not said to be missing, but its directory", () => {
  const error = fileFailure("write", "a/b", new Deno.errors.NotFound("os error 2"));
  assertInstanceOf(error, FileError);
  assertEquals(
    error.message,
    'Cannot write "a/b": the directory that it belongs in does not exist; make that first',
  );
});

Deno.test("who may not write is told so, and not to leave the file out", () => {
  const error = fileFailure("write", "a", new Deno.errors.PermissionDenied("os error 13"));
  assertInstanceOf(error, FileError);
  assertEquals(
    error.message,
    'Cannot write "a": permission denied; run as a user who may write it',
  );
});
