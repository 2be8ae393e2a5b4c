/** Debian's docker-registry, in every mode that a client has to cope with. */
import { findCommand, runOk } from "./command.ts";
import { freePort, untilListening } from "./listening.ts";
import { tempDir } from "./temp_dir.ts";
import { serveTokens } from "./token_server.ts";

/** The commands that {@linkcode startDockerRegistry} runs. */
export const DOCKER_REGISTRY_NEEDS: readonly string[] = ["docker-registry", "openssl", "htpasswd"];

export interface DockerRegistryOptions {
  /** How users are asked who they are; `none` unless said. */
  readonly auth?: "none" | "basic" | "token";
  /** Whether it takes manifests of schema 1, and makes them for clients that know nothing newer. */
  readonly schema1?: boolean;
  /** Whether it speaks https, with a certificate of {@linkcode DockerRegistry.caCertificate}. */
  readonly tls?: boolean;
  /** Whether it writes requests to its log; `true` unless said. */
  readonly log?: boolean;
}

/** A running registry; it and its files are gone when its scope ends. */
export interface DockerRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly name: string;
  /** The authority of its certificate, in PEM. */
  readonly caCertificate: string;
  /** The one user there is. */
  readonly username: "u";
  readonly password: "p";
  /** What the token service was asked: the scopes of each request, in order. */
  readonly tokenScopes: readonly (readonly string[])[];
  /** What it wrote to its log so far. */
  log(): Promise<string>;
}

/** Starts a registry on a free port and waits until it answers. */
export async function startDockerRegistry(
  options: DockerRegistryOptions = {},
): Promise<DockerRegistry> {
  const { auth = "none", tls = false, schema1 = false, log = true } = options;
  await using scope = new AsyncDisposableStack();
  const dir = scope.use(await tempDir());
  const port = freePort();
  const name = `127.0.0.1:${port}`;
  await makeCertificates(dir.path);
  const tokens = scope.use(
    await serveTokens({ directory: dir.path, username: "u", password: "p" }),
  );
  if (auth === "basic") {
    const { stdout } = await runOk("htpasswd", ["-Bbn", "-C", "5", "u", "p"]);
    await Deno.writeTextFile(dir.join("htpasswd"), stdout);
  }
  const config = {
    version: "0.1",
    log: { level: log ? "info" : "error", accesslog: { disabled: !log } },
    storage: {
      filesystem: { rootdirectory: dir.join("data") },
      delete: { enabled: true },
      cache: { blobdescriptor: "inmemory" },
    },
    ...(schema1 ? { compatibility: { schema1: { enabled: true } } } : {}),
    http: {
      addr: name,
      secret: "notsecret",
      ...(tls ? { tls: { certificate: dir.join("tls.crt"), key: dir.join("tls.key") } } : {}),
    },
    ...(auth === "basic"
      ? { auth: { htpasswd: { realm: "davit-test", path: dir.join("htpasswd") } } }
      : {}),
    ...(auth === "token"
      ? { auth: { token: { ...tokens.config, rootcertbundle: dir.join("ca.crt") } } }
      : {}),
  };
  await Deno.writeTextFile(dir.join("config.yml"), JSON.stringify(config));
  await Deno.writeTextFile(dir.join("log"), "");
  scope.use(startProcess(dir.join("config.yml"), dir.join("log")));
  await untilListening(port, () => Deno.readTextFile(dir.join("log")));
  const caCertificate = await Deno.readTextFile(dir.join("ca.crt"));
  const owned = scope.move();
  return {
    name,
    caCertificate,
    username: "u",
    password: "p",
    tokenScopes: tokens.scopes,
    log: () => Deno.readTextFile(dir.join("log")),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Every REGISTRY_ variable of the environment would override the config: it gets none. */
function startProcess(config: string, log: string): AsyncDisposable {
  const program = findCommand("docker-registry") ?? "docker-registry";
  const child = new Deno.Command("sh", {
    args: ["-c", 'exec "$1" serve "$2" >"$3" 2>&1', "sh", program, config, log],
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH") ?? "" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended by itself.
      }
      await child.status;
    },
  };
}

/** Makes `ca.crt`, and `tls.crt` with `tls.key` for this machine, by openssl. */
export async function makeCertificates(directory: string): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const cwd = directory;
  await runOk("openssl", [
    ...["req", "-x509", ...key, "-days", "30", "-subj", "/CN=davit test CA"],
    ...["-addext", "basicConstraints=critical,CA:TRUE"],
    ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
    ...["-keyout", "ca.key", "-out", "ca.crt"],
  ], { cwd });
  await runOk("openssl", [
    ...["req", "-new", ...key, "-subj", "/CN=localhost", "-keyout", "tls.key", "-out", "tls.csr"],
  ], { cwd });
  const names =
    "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth,clientAuth\n";
  await Deno.writeTextFile(`${directory}/tls.ext`, names);
  await runOk("openssl", [
    ...["x509", "-req", "-in", "tls.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
    ...["-days", "30", "-extfile", "tls.ext", "-out", "tls.crt"],
  ], { cwd });
}
