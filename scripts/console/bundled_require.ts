/**
 * Lets npm packages that `deno bundle` took in find the modules of Node: a bundle asks for them by a
 * global `require()`, which ES modules do not have. The global `process` loads on first use.
 */
export function provideRequire(): void {
  const require = (name: string) => globalThis.process.getBuiltinModule(name);
  Object.assign(globalThis, { require });
}
