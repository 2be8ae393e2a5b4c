/** A registry in a process of its own, for tests that kill it: `serve_process.ts DIRECTORY`. */
import { serveRegistry } from "../../lib/server/mod.ts";

const [directory = ""] = Deno.args;
const server = await serveRegistry({ directory });
await Deno.stdout.write(new TextEncoder().encode(`${server.url}\n`));
await server.finished;
