/** A token service as docker-registry trusts it: ES256, with the certificate in the header. */

export interface TokenServerOptions {
  /** Where `ca.crt` and `ca.key` are, which tokens are signed with. */
  readonly directory: string;
  readonly username: string;
  readonly password: string;
}

export interface TokenServer extends AsyncDisposable {
  /** The `auth.token` section of a registry's config, but for its certificates. */
  readonly config: { readonly realm: string; readonly service: string; readonly issuer: string };
  /** The scopes of each request, in order. */
  readonly scopes: readonly (readonly string[])[];
}

const NAME = "davit-test";

/** Serves tokens: to the user what is asked for, to others what may be pulled. */
export async function serveTokens(options: TokenServerOptions): Promise<TokenServer> {
  const { directory, username, password } = options;
  const certificate = pemToBase64(await Deno.readTextFile(`${directory}/ca.crt`));
  const key = await crypto.subtle.importKey(
    "pkcs8",
    Uint8Array.fromBase64(pemToBase64(await Deno.readTextFile(`${directory}/ca.key`))),
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign"],
  );
  const scopes: (readonly string[])[] = [];
  const expected = `Basic ${btoa(`${username}:${password}`)}`;

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const authorization = request.headers.get("authorization");
    if (authorization !== null && authorization !== expected) {
      return new Response(null, { status: 401 });
    }
    const asked = new URL(request.url).searchParams.getAll("scope");
    scopes.push(asked);
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: NAME,
      sub: authorization === null ? "" : username,
      aud: NAME,
      nbf: now - 10,
      iat: now,
      exp: now + 300,
      jti: crypto.randomUUID(),
      access: asked.map((scope) => grant(scope, authorization !== null)),
    };
    const head = { typ: "JWT", alg: "ES256", x5c: [certificate] };
    return Response.json({ token: await sign(head, claims, key), expires_in: 300 });
  });
  return {
    config: {
      realm: `http://127.0.0.1:${server.addr.port}/token`,
      service: NAME,
      issuer: NAME,
    },
    scopes,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function grant(
  scope: string,
  isUser: boolean,
): { type: string; name: string; actions: readonly string[] } {
  const [, type = "", name = "", actions = ""] = /^([^:]+):(.+):([^:]*)$/.exec(scope) ?? [];
  const asked = actions.split(",");
  return { type, name, actions: isUser ? asked : asked.filter((action) => action === "pull") };
}

async function sign(head: unknown, claims: unknown, key: CryptoKey): Promise<string> {
  const payload = [head, claims].map((part) => encode(JSON.stringify(part))).join(".");
  const bytes = new TextEncoder().encode(payload);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, bytes);
  return `${payload}.${toBase64Url(new Uint8Array(signature))}`;
}

function encode(text: string): string {
  return toBase64Url(new TextEncoder().encode(text));
}

function toBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function pemToBase64(pem: string): string {
  return pem.replaceAll(/-----[^-]+-----|\s/g, "");
}
