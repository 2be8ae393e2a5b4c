/** Ports that neither the system nor Kubernetes gives out by itself. */
const FIRST = 61_000;
const COUNT = 4_000;
const ATTEMPTS = 50;

/**
 * A port of this machine that nobody listens on, by chance, so that those who ask at the same time
 * get different ones.
 *
 * @param hostIp The address it is for. @param isLocal Whether it can be tried on this machine.
 */
export function findFreePort(hostIp: string, isLocal: boolean): number {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
    const port = FIRST + random % COUNT;
    if (!isLocal || isFree(hostIp, port)) return port;
  }
  return FIRST;
}

function isFree(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    return true; // an address of another machine, or no permission: the engine will tell
  }
}
