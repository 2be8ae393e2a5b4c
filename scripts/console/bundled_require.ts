import process from "node:process";

/**
 * Lets npm packages that `deno bundle` took in find the modules of Node: a bundle asks for them by a
 * global `require()`, which ES modules do not have.
 */
export function provideRequire(): void {
  Object.assign(globalThis, { require: (name: string) => process.getBuiltinModule(name) });
}
