/** What competitors do, by name. */
export type Competitors<Name extends string, Stage> = Readonly<
  Record<Name, (stage: Stage) => Promise<unknown>>
>;

/**
 * Runs competitors in turns, A B A B, so that what the machine does meanwhile hits all of them, and
 * returns each one's median time in milliseconds.
 */
export function alternate<Name extends string>(
  rounds: number,
  competitors: Competitors<Name, number>,
): Promise<Record<Name, number>> {
  return alternateOn((round, run) => run(round), rounds, competitors);
}

/**
 * Like {@linkcode alternate}, each run on a stage of its own.
 *
 * @param onStage Sets a stage up, runs a competitor on it and puts it away; only the run is timed.
 */
export async function alternateOn<Name extends string, Stage>(
  onStage: (round: number, run: (stage: Stage) => Promise<void>) => Promise<void>,
  rounds: number,
  competitors: Competitors<Name, Stage>,
): Promise<Record<Name, number>> {
  const names = Object.keys(competitors) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, took] of times) {
      await onStage(round, async (stage) => {
        const start = performance.now();
        await competitors[name](stage);
        took.push(performance.now() - start);
      });
    }
  }
  const medians = times.entries().map(([name, took]) => [name, median(took)]);
  return Object.fromEntries(medians) as Record<Name, number>;
}

function median(times: readonly number[]): number {
  return times.toSorted((left, right) => left - right)[times.length >> 1] ?? NaN;
}
