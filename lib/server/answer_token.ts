import { LimitExceededError } from "../errors.ts";
import { isRepositoryPath } from "../oci/reference.ts";
import { ACTIONS, CATALOG_SCOPE, type Grant } from "./access.ts";
import { unsupportedMethod } from "./answers.ts";
import { readBody } from "./pump.ts";
import { Refusal } from "./refusal.ts";
import type { SignIn } from "./sign_in.ts";
import type { TokenAccess } from "./tokens.ts";

const MAX_FORM_BYTES = 64 * 1024;
const MAX_SCOPES = 100;

interface Asked {
  readonly grant: Grant;
  readonly scopes: readonly string[];
}

/**
 * `/token`: exchanges a user's password, or nothing, for a token that allows what was asked for, as
 * far as the user may do it. By GET with Basic credentials, or by POST with a form, as OAuth has it.
 *
 * @see {@link https://distribution.github.io/distribution/spec/auth/token/ Docker registry, token authentication}
 */
export async function answerToken(
  request: Request,
  query: URLSearchParams,
  { signIn, stallMs }: { readonly signIn: SignIn; readonly stallMs: number },
): Promise<Response> {
  const { tokens } = signIn;
  if (tokens === undefined) {
    throw new Refusal(404, "UNSUPPORTED", "this registry gives no tokens");
  }
  const { grant, scopes } = await readAsked(request, query, { signIn, stallMs });
  const access = scopes.flatMap((scope) => scope.split(" ")).slice(0, MAX_SCOPES)
    .flatMap((scope) => accessFor(scope, grant));
  const token = await tokens.issue(signIn.serviceOf(request), grant.user ?? "", access);
  return Response.json({
    token,
    access_token: token,
    expires_in: tokens.lifetimeSeconds,
    issued_at: new Date().toISOString(),
  }, { headers: { "cache-control": "no-store" } });
}

async function readAsked(
  request: Request,
  query: URLSearchParams,
  { signIn, stallMs }: { readonly signIn: SignIn; readonly stallMs: number },
): Promise<Asked> {
  switch (request.method) {
    case "GET":
      return { grant: await signIn.grant(request), scopes: query.getAll("scope") };
    case "POST": {
      const form = await readForm(request, stallMs);
      if (form.get("grant_type") !== "password") {
        throw new Refusal(400, "UNSUPPORTED", 'expected the grant_type "password"');
      }
      const [user, password] = [form.get("username") ?? "", form.get("password") ?? ""];
      const grant = await signIn.grantTo(request, { user, password });
      return { grant, scopes: form.getAll("scope") };
    }
    default:
      throw unsupportedMethod(request, "GET, POST");
  }
}

async function readForm(request: Request, stallMs: number): Promise<URLSearchParams> {
  try {
    const bytes = await readBody(request, { maxBytes: MAX_FORM_BYTES, stallMs });
    return new URLSearchParams(new TextDecoder().decode(bytes));
  } catch (error) {
    if (!(error instanceof LimitExceededError)) throw error;
    throw new Refusal(413, "SIZE_INVALID", `a form has at most ${error.limit} bytes`);
  }
}

/** What a scope such as `repository:team/app:pull,push` asks for, as far as it is granted. */
function accessFor(scope: string, grant: Grant): readonly TokenAccess[] {
  if (scope === CATALOG_SCOPE) {
    return grant.isUseful ? [{ type: "registry", name: "catalog", actions: ["*"] }] : [];
  }
  const [, name = "", list = ""] = /^repository:(.+):([^:]*)$/.exec(scope) ?? [];
  const asked = list.split(",");
  const actions = ACTIONS.filter((action) =>
    (asked.includes(action) || asked.includes("*")) && grant.allows(action, name)
  );
  const isNothing = actions.length === 0 || !isRepositoryPath(name);
  return isNothing ? [] : [{ type: "repository", name, actions }];
}
