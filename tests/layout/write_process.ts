/** Writes to a layout from a process of its own: `write_process.ts DIRECTORY PREFIX COUNT`. */
import { createLayout } from "../../lib/layout/mod.ts";
import { bytesContent, describeBytes } from "../../lib/store/content.ts";

const [directory = "", prefix = "", count = "0"] = Deno.args;
for (let n = 0; n < Number(count); n++) {
  await using layout = await createLayout(directory);
  const bytes = new TextEncoder().encode(`content ${prefix} ${n % 3}`);
  const descriptor = await describeBytes(bytes, "text/plain");
  await layout.write(bytesContent(bytes, descriptor), { names: [`${prefix}-${n}`] });
  await layout.commit();
}
