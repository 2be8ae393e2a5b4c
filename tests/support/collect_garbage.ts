/** Has the runtime collect what nobody holds. */
export async function collectGarbage(): Promise<void> {
  let isCollected = false;
  const registry = new FinalizationRegistry(() => isCollected = true);
  registry.register({}, undefined);
  for (let round = 0; !isCollected || round < 20; round++) {
    Array.from({ length: 50_000 }, (_, index) => ({ index }));
    await new Promise((resolve) => setTimeout(resolve));
  }
}
