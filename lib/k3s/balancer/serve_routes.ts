// This file is a program's only one: it is put into an image as it is, and imports no other of davit.
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { connect, createServer, type Server, type Socket } from "node:net";

/** What is passed on, and where to. */
export interface ServedRoute {
  /** The port, which is that of the targets too. */
  readonly port: number;
  /** The protocol: `tcp` or `udp`. */
  readonly protocol: string;
  /** Names or addresses. */
  readonly targets: readonly string[];
}

/** Everything that a load balancer is told. */
export interface ServedRoutes {
  /** The routes. */
  readonly routes: readonly ServedRoute[];
  /** Seconds without a byte after which a connection is closed. */
  readonly timeout: number;
}

/** How long a target may take to answer, and for how long one that does not is left alone. */
const [CONNECT_MS, REST_MS] = [2_000, 10_000];
/** After which a UDP client that said nothing is forgotten. */
const UDP_IDLE_MS = 60_000;

/** Passes TCP connections and UDP packets on, to one target after the other. */
export class RouteServer {
  readonly #listeners = new Map<string, Listener>();
  readonly #address: string;
  #timeoutMs = 0;

  /** @param address Where it listens. */
  constructor(address: string) {
    this.#address = address;
  }

  /** Takes up routes: those that are there go on, with the connections that they have. */
  async update({ routes, timeout }: ServedRoutes): Promise<void> {
    this.#timeoutMs = timeout * 1000;
    const wanted = new Map(routes.map((route) => [`${route.port}/${route.protocol}`, route]));
    for (const [key, listener] of this.#listeners) {
      const route = wanted.get(key);
      if (route !== undefined) listener.targets.set(route.targets);
      else {
        listener.close();
        this.#listeners.delete(key);
      }
    }
    for (const [key, route] of wanted) {
      if (!this.#listeners.has(key)) this.#listeners.set(key, await this.#listen(route));
    }
  }

  /** Listens no more. */
  close(): void {
    for (const listener of this.#listeners.values()) listener.close();
    this.#listeners.clear();
  }

  async #listen({ port, protocol, targets: addresses }: ServedRoute): Promise<Listener> {
    const targets = new Targets(addresses);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (protocol === "udp") {
      const socket = relayDatagrams(targets, port);
      socket.once("error", reject).bind(port, this.#address, resolve);
      await promise;
      return { targets, close: () => socket.close() };
    }
    const server: Server = createServer({ allowHalfOpen: true }, (client) => {
      relay(client, targets, { port, timeoutMs: this.#timeoutMs });
    });
    server.once("error", reject).listen(port, this.#address, resolve);
    await promise;
    return { targets, close: () => server.close() };
  }
}

interface Listener {
  readonly targets: Targets;
  readonly close: () => void;
}

/** Targets in turn; one that failed comes last for a while. */
class Targets {
  #addresses: readonly string[];
  #next = 0;
  readonly #failures = new Map<string, number>();

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  set(addresses: readonly string[]): void {
    this.#addresses = addresses;
  }

  /** All of them, the one whose turn it is first. */
  inTurn(): readonly string[] {
    const count = this.#addresses.length;
    const start = this.#next++ % Math.max(1, count);
    const turn = [...this.#addresses.slice(start), ...this.#addresses.slice(0, start)];
    const rests = (address: string) => Date.now() - (this.#failures.get(address) ?? 0) < REST_MS;
    return [...turn.filter((address) => !rests(address)), ...turn.filter(rests)];
  }

  fail(address: string): void {
    this.#failures.set(address, Date.now());
  }
}

function relay(
  client: Socket,
  targets: Targets,
  options: { readonly port: number; readonly timeoutMs: number },
): void {
  const { port, timeoutMs } = options;
  client.on("error", () => client.destroy());
  const attempt = ([address, ...others]: readonly string[]) => {
    if (address === undefined || client.destroyed) return client.destroy();
    const target = connect({ host: address, port, allowHalfOpen: true });
    const fail = () => {
      targets.fail(address);
      target.destroy();
      attempt(others);
    };
    const timer = setTimeout(fail, CONNECT_MS);
    target.once("error", fail).once("connect", () => {
      clearTimeout(timer);
      target.off("error", fail);
      for (const [from, to] of [[client, target], [target, client]] as const) {
        from.setTimeout(timeoutMs, () => from.destroy());
        from.on("error", () => to.destroy()).on("close", () => to.destroySoon());
        from.pipe(to);
      }
    });
    target.on("close", () => clearTimeout(timer));
  };
  attempt(targets.inTurn());
}

/** Each client has a socket of its own towards its target, by which answers find back. */
function relayDatagrams(targets: Targets, port: number): DatagramSocket {
  const front = createSocket("udp4");
  const clients = new Map<
    string,
    { socket: DatagramSocket; target: string; timer: ReturnType<typeof setTimeout> }
  >();
  const forget = (key: string) => {
    clients.get(key)?.socket.close();
    clients.delete(key);
  };
  front.on("message", (packet, from) => {
    const key = `${from.address}:${from.port}`;
    const known = clients.get(key);
    const target = known?.target ?? targets.inTurn()[0];
    if (target === undefined) return;
    const socket = known?.socket ?? createSocket("udp4");
    if (known === undefined) {
      socket.on("message", (answer) => front.send(answer, from.port, from.address));
      socket.on("error", () => forget(key));
    }
    clearTimeout(known?.timer);
    clients.set(key, { socket, target, timer: setTimeout(() => forget(key), UDP_IDLE_MS) });
    socket.send(packet, port, target);
  });
  front.on("close", () => {
    for (const [key, { timer }] of clients) {
      clearTimeout(timer);
      forget(key);
    }
  });
  return front;
}

if (import.meta.main) {
  const server = new RouteServer("0.0.0.0");
  const [path = ""] = Deno.args;
  const say = (text: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
  const read = async () => await server.update(JSON.parse(await Deno.readTextFile(path)));
  Deno.addSignalListener("SIGHUP", () => void read().catch((error) => say(String(error))));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => Deno.exit());
  }
  await read();
  say("davit: the load balancer listens");
}
