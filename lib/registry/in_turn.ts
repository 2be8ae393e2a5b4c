const lasts = new Map<string, Promise<unknown>>();

/** Runs what this process does to one thing one after another, in the order it was asked for. */
export async function inTurn<T>(key: string, task: () => Promise<T>): Promise<T> {
  const before = lasts.get(key);
  const running = before === undefined ? task() : before.then(task, task);
  lasts.set(key, running);
  try {
    return await running;
  } finally {
    if (lasts.get(key) === running) lasts.delete(key);
  }
}
