/** Paths whose names say that they hold secrets. */
const SECRET_PATHS: readonly RegExp[] = [
  /(?:^|\/)\.ssh\/(?:id_[a-z0-9_]+|identity)$/,
  /(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519)$/,
  /(?:^|\/)\.(?:aws\/credentials|docker\/config\.json|dockercfg|kube\/config|netrc|pgpass|my\.cnf)$/,
  /(?:^|\/)\.(?:git-credentials|npmrc|pypirc|yarnrc\.yml|htpasswd|env(?:\.[a-z]+)?|vault-token)$/,
  /(?:^|\/)\.(?:config\/gcloud\/[^/]*credentials[^/]*|azure\/accessTokens\.json|gnupg\/.*\.key)$/,
  /(?:^|\/)terraform\.tfstate(?:\.backup)?$/,
  /\.(?:p12|pfx|jks|keystore|kdbx|ppk)$/,
  /(?:^|\/)(?:credentials|secrets?)\.(?:json|ya?ml|toml)$/,
];

/** Names that look so and hold none. */
const HARMLESS = /\.env\.(?:example|sample|template|dist)$|(?:^|\/)usr\/share\/(?:doc|man)\//;

/** What secrets look like, by what they are. */
const SECRET_CONTENTS: readonly (readonly [name: string, pattern: RegExp])[] = [
  [
    "a private key",
    /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----\s*\r?\n[A-Za-z0-9+/=:,\s-]{40}/,
  ],
  ["an AWS access key", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})\b/],
  ["a GitLab token", /\bglpat-[A-Za-z0-9_-]{20}\b/],
  ["a Slack token", /\bxox[abprs]-[A-Za-z0-9-]{20,}\b/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}\b|:_authToken\s*=\s*[A-Za-z0-9_.-]{20,}/],
  ["a Google API key", /\bAIza[0-9A-Za-z_-]{35}\b/],
  ["a Stripe key", /\b[rs]k_live_[0-9A-Za-z]{24,}\b/],
];

/** A variable whose name says that it holds a secret. */
const SECRET_NAME =
  /(?:^|_)(?:PASS(?:WORD|WD|PHRASE)?|SECRET(?:_?KEY)?|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIALS?)$/i;

/** Values that are no secrets: switches, paths, references. */
const NO_SECRET = /^(?:|true|false|yes|no|0|1|none|null|\/.*|\$.*|file:.*|<.*>)$/i;

/** Says whether a path has the name of a file that holds secrets. */
export function isSecretPath(path: string): boolean {
  return !HARMLESS.test(path) && SECRET_PATHS.some((pattern) => pattern.test(path));
}

/** Says what secret some bytes hold, if they do. */
export function secretIn(bytes: Uint8Array): string | undefined {
  if (bytes.subarray(0, 4096).includes(0)) return undefined; // a program, not a text
  const text = new TextDecoder("latin1").decode(bytes);
  return SECRET_CONTENTS.find(([, pattern]) => pattern.test(text))?.[0];
}

/** Says whether a variable holds a secret, by its name and by what its value is not. */
export function isSecretVariable(name: string, value: string): boolean {
  return SECRET_NAME.test(name) && !NO_SECRET.test(value.trim());
}
