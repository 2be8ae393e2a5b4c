/** A directory that is removed with everything in it when its scope ends. */
export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** Returns the path of something in the directory. */
  join(...parts: string[]): string;
}

/** Makes an empty directory: `await using dir = await tempDir()`. */
export async function tempDir(): Promise<TempDir> {
  const path = await Deno.makeTempDir({ prefix: "davit_test_" });
  return {
    path,
    join: (...parts) => [path, ...parts].join("/"),
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
