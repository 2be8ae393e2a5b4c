/**
 * Runs competitors in turns, A B A B, so that what the machine does meanwhile hits all of them, and
 * returns each one's median time in milliseconds.
 */
export async function alternate<Name extends string>(
  rounds: number,
  competitors: Readonly<Record<Name, (round: number) => Promise<unknown>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(competitors) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, took] of times) {
      const start = performance.now();
      await competitors[name](round);
      took.push(performance.now() - start);
    }
  }
  const medians = times.entries().map(([name, took]) => [name, median(took)]);
  return Object.fromEntries(medians) as Record<Name, number>;
}

function median(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[times.length >> 1] ?? NaN;
}
