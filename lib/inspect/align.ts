/** Two items that stand for each other, or one that has no counterpart. */
export interface Pair<T> {
  readonly a?: T;
  readonly b?: T;
}

/** Beyond this, sequences are paired by position: no image has as many layers. */
const MAX_CELLS = 4_000_000;

/**
 * Lays two sequences side by side: what is equal stands together, in order; what lies between is
 * paired by position.
 */
export function align<T>(a: readonly T[], b: readonly T[], key: (item: T) => string): Pair<T>[] {
  const [left, right] = [a.map(key), b.map(key)];
  const pairs: Pair<T>[] = [];
  let [i, j] = [0, 0];
  for (const [nextA, nextB] of [...commonPositions(left, right), [a.length, b.length] as const]) {
    const count = Math.max(nextA - i, nextB - j);
    for (let at = 0; at < count; at++) {
      const one = i + at < nextA ? { a: a[i + at] as T } : {};
      const other = j + at < nextB ? { b: b[j + at] as T } : {};
      pairs.push({ ...one, ...other });
    }
    if (nextA < a.length && nextB < b.length) pairs.push({ a: a[nextA] as T, b: b[nextB] as T });
    [i, j] = [nextA + 1, nextB + 1];
  }
  return pairs;
}

/** The positions of a longest common subsequence. */
function commonPositions(
  a: readonly string[],
  b: readonly string[],
): readonly (readonly [number, number])[] {
  if (a.length * b.length > MAX_CELLS) {
    return a.flatMap((item, at) => item === b[at] ? [[at, at] as const] : []);
  }
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = a[i] === b[j]
        ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
        : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  const positions: (readonly [number, number])[] = [];
  let [i, j] = [0, 0];
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) positions.push([i++, j++]);
    else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return positions;
}
