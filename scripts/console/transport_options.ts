import type { Keychain } from "../../lib/registry/keychain.ts";
import type { TransportOptions } from "../../lib/registry/transport.ts";
import { VERSION } from "../version.ts";
import type { Context } from "./context.ts";
import type { CommonFlags, TransferFlags } from "./flags.ts";
import type { GivenCredentials } from "./given_credentials.ts";
import type { Output } from "./output.ts";

/** How a command speaks to registries, as its flags and the environment have it. */
export async function transportOptions(
  { env }: Context,
  flags: CommonFlags & Pick<TransferFlags, "chunkSize">,
  { output, given }: { readonly output: Output; readonly given?: GivenCredentials },
): Promise<TransportOptions & { readonly keychain: Keychain }> {
  const { dockerKeychain } = await import("../../lib/registry/docker_keychain.ts");
  const stored = dockerKeychain({ env });
  const keychain = given?.before(stored) ?? stored;
  const { dockerCertificates, readCertificates } = await import(
    "../../lib/registry/certificates.ts"
  );
  return {
    caCertificates: await Promise.all((flags.ca ?? []).map(readCertificates)),
    hostCertificates: dockerCertificates({ env }),
    keychain: flags.verbose === true ? tellSource(keychain, output) : keychain,
    userAgent: `davit/${VERSION}`,
    insecure: flags.insecure === true,
    ...patienceOf(flags),
    ...(flags.chunkSize === undefined ? {} : { uploadPieceBytes: flags.chunkSize }),
    onWarning: ({ registry, text }) => output.note(`warning from ${registry}: ${text}`),
  };
}

/** Who says how long a server may be silent means every kind of silence. */
function patienceOf(
  { timeout }: CommonFlags,
): Pick<TransportOptions, "responseTimeoutMs" | "stallTimeoutMs" | "commitTimeoutMs"> {
  if (timeout === undefined) return {};
  const ms = Math.ceil(timeout * 1000);
  return { responseTimeoutMs: ms, stallTimeoutMs: ms, commitTimeoutMs: ms };
}

/** Tells where credentials were found, when a registry wants some. */
function tellSource(keychain: Keychain, output: Output): Keychain {
  return {
    async credentials(registry, repository, options) {
      const found = await keychain.credentials(registry, repository, options);
      const name = repository === "" ? registry : `${registry}/${repository}`;
      output.note(
        found === undefined
          ? `no credentials for ${name}: asking as nobody`
          : `credentials for ${name} are from ${found.source ?? "the keychain"}`,
      );
      return found;
    },
  };
}
