import { assertEquals, assertStringIncludes } from "@std/assert";
import { runDavit } from "../support/cli.ts";
import { makeCertificates } from "../support/docker_registry.ts";
import { freePort, untilListening } from "../support/listening.ts";
import { peerTest } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

interface Vouched extends AsyncDisposable {
  readonly dir: TempDir;
  /** `127.0.0.1:port`, where the authority of `ca.crt` vouches for the server. */
  readonly registry: string;
}

async function serveVouched(): Promise<Vouched> {
  await using scope = new AsyncDisposableStack();
  const dir = scope.use(await tempDir());
  await makeCertificates(dir.path);
  const [cert, key] = await Promise.all([
    Deno.readTextFile(dir.join("tls.crt")),
    Deno.readTextFile(dir.join("tls.key")),
  ]);
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
    () => Response.json({ name: "app", tags: ["v1"] }),
  );
  scope.defer(() => server.shutdown());
  const owned = scope.move();
  return {
    dir,
    registry: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

peerTest("a server that nobody known vouches for is not asked", {
  needs: ["openssl"],
}, async () => {
  await using world = await serveVouched();
  const env = { HOME: world.dir.path };
  assertEquals((await runDavit(["ls", `${world.registry}/app`], { env })).code, 1);
});

peerTest("--ca FILE says which authorities vouch for servers", {
  needs: ["openssl"],
}, async () => {
  await using world = await serveVouched();
  const file = world.dir.join("ca.crt");
  const { code, stdout, stderr } = await runDavit(["ls", "--ca", file, `${world.registry}/app`]);
  assertEquals([code, stdout], [0, "v1\n"], stderr);
});

for (const certs of [".docker/certs.d", ".config/containers/certs.d"]) {
  peerTest(`~/${certs} says which authorities vouch for one host`, {
    needs: ["openssl"],
  }, async () => {
    await using world = await serveVouched();
    const { dir, registry } = world;
    const env = { HOME: dir.path };
    const list = async () => (await runDavit(["ls", `${registry}/app`], { env })).code;
    await Deno.mkdir(dir.join(`${certs}/127.0.0.1:1`), { recursive: true });
    await Deno.copyFile(dir.join("ca.crt"), dir.join(`${certs}/127.0.0.1:1/ca.crt`));
    assertEquals(await list(), 1, "another host's");
    await Deno.rename(dir.join(`${certs}/127.0.0.1:1`), dir.join(`${certs}/${registry}`));
    assertEquals(await list(), 0);
  });
}

for (
  const [file, exits, says] of [
    ["tls.key", 1, "expected certificates in PEM"],
    ["nope", 3, 'Cannot find certificates "'],
  ] as const
) {
  peerTest(`--ca ${file} is a clear error`, { needs: ["openssl"] }, async () => {
    await using world = await serveVouched();
    const words = ["ls", "--ca", world.dir.join(file), `${world.registry}/app`];
    const { code, stderr } = await runDavit(words);
    assertEquals(code, exits);
    assertStringIncludes(stderr, says);
  });
}

peerTest("certs.d has the certificate that we show to a server which asks for one", {
  needs: ["openssl"],
}, async () => {
  await using dir = await tempDir();
  await makeCertificates(dir.path);
  const port = freePort();
  await Deno.mkdir(dir.join("v2/app/tags"), { recursive: true });
  await Deno.writeTextFile(dir.join("v2/app/tags/list?n=1000"), '{"name":"app","tags":["v1"]}');
  await using _ = serveVerifying(dir, port);
  await untilListening(port);
  const registry = `127.0.0.1:${port}`;
  const certs = dir.join(`.docker/certs.d/${registry}`);
  await Deno.mkdir(certs, { recursive: true });
  await Deno.copyFile(dir.join("ca.crt"), `${certs}/ca.crt`);
  const list = () => runDavit(["ls", `${registry}/app`], { env: { HOME: dir.path } });

  const anonymous = await list();
  assertEquals(anonymous.code, 1);
  assertStringIncludes(anonymous.stderr, "it wants another certificate of us");
  await Deno.copyFile(dir.join("tls.crt"), `${certs}/client.cert`);
  const keyless = await list();
  assertEquals(keyless.code, 1);
  assertStringIncludes(keyless.stderr, "client.key");
  await Deno.copyFile(dir.join("tls.key"), `${certs}/client.key`);
  const { code, stdout, stderr } = await list();
  assertEquals([code, stdout], [0, "v1\n"], stderr);
});

/** openssl as a server of files that lets in who has a certificate of the authority. */
function serveVerifying(dir: TempDir, port: number): AsyncDisposable {
  const child = new Deno.Command("openssl", {
    args: [
      ...["s_server", "-accept", String(port), "-cert", "tls.crt", "-key", "tls.key", "-WWW"],
      ...["-Verify", "1", "-verify_return_error", "-CAfile", "ca.crt", "-quiet"],
    ],
    cwd: dir.path,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
    },
  };
}
