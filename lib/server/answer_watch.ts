import { unsupportedMethod } from "./answers.ts";
import type { Exchange } from "./desk.ts";

/** `/healthz`: says that it answers. */
export function answerHealth(exchange: Exchange): Promise<Response> {
  return answerText(exchange, () => Promise.resolve("ok\n"));
}

/** `/metrics` */
export function answerMetrics(exchange: Exchange): Promise<Response> {
  const { repositories, meter, sessions } = exchange.desk;
  return answerText(exchange, async () => {
    const names = await repositories.names();
    return meter.toText(names.length, sessions);
  });
}

async function answerText(
  { request }: Exchange,
  write: () => Promise<string>,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw unsupportedMethod(request, "GET, HEAD");
  }
  const text = request.method === "HEAD" ? null : await write();
  return new Response(text, { headers: { "content-type": "text/plain; version=0.0.4" } });
}
