import type { CallOptions } from "../layer/content_source.ts";

/** What proves to a registry who is asking. */
export interface Credentials {
  /** The user's name. */
  readonly username?: string;
  /** The user's password or access token. */
  readonly password?: string;
  /** A refresh token, to be exchanged at the registry's token service. */
  readonly identityToken?: string;
  /** A token that the registry takes as it is. */
  readonly registryToken?: string;
  /** Where the credentials were found, for messages. */
  readonly source?: string;
}

/** A place that credentials come from. */
export interface Keychain {
  /**
   * Finds the credentials for a repository; none means to ask anonymously.
   *
   * @param registry `host[:port]`.
   * @throws {CredentialError} When credentials are there but cannot be read.
   */
  credentials(
    registry: string,
    repository: string,
    options?: CallOptions,
  ): Promise<Credentials | undefined>;
}

/**
 * The keychain that has no credentials.
 *
 * @example
 * ```ts
 * import { anonymousKeychain } from "@davit/davit/registry";
 *
 * console.assert(await anonymousKeychain.credentials("ghcr.io", "org/app") === undefined);
 * ```
 */
export const anonymousKeychain: Keychain = {
  credentials: () => Promise.resolve(undefined),
};
