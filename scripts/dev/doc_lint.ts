/** Lints the documentation of everything that `deno.json` exports. */
import config from "../../deno.json" with { type: "json" };

const root = new URL("../../", import.meta.url);
const entries = Object.values(config.exports).map((entry) => new URL(entry, root).pathname);
const missing = entries.filter((entry) => !exists(entry));
for (const entry of missing) print(`Cannot lint "${entry}": deno.json exports it, no such file\n`);

const present = entries.filter((entry) => !missing.includes(entry));
const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", ...present],
  cwd: root,
}).output();
if (!success) print(new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
Deno.exitCode = success && missing.length === 0 ? 0 : 1;

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function print(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}
