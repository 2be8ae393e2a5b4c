/** The official suites of the distribution specification, against every way to serve a registry. */
import { assertEquals, assertMatch } from "@std/assert";
import { serveRegistry, type ServeRegistryOptions } from "../../lib/server/mod.ts";
import { run } from "../support/command.ts";
import { peerTest } from "../support/peers.ts";
import { type TempDir, tempDir } from "../support/temp_dir.ts";

const [USERNAME, PASSWORD] = ["ann", "secret"];
const AUTH = {
  verify: (user: string, password: string) => user === USERNAME && password === PASSWORD,
};

const REGISTRIES: Readonly<Record<string, (directory: TempDir) => ServeRegistryOptions>> = {
  "in memory": () => ({}),
  "on disk": (directory) => ({ directory: directory.join("registry") }),
  "in memory, for users": () => ({ auth: AUTH }),
  "on disk, for users": (directory) => ({ directory: directory.join("registry"), auth: AUTH }),
  "in memory, with tokens": () => ({ auth: { ...AUTH, tokens: {} } }),
};

/** All that the suite of 2026 leaves out unless it is told. */
const OPTIONAL = {
  OCI_API_BLOBS_DIGEST_HEADER: "true",
  OCI_API_BLOBS_MOUNT_ANONYMOUS: "true",
  OCI_API_BLOBS_UPLOAD_CANCEL: "true",
  OCI_API_MANIFESTS_DIGEST_HEADER: "true",
  OCI_API_MANIFESTS_TAG_PARAM: "true",
  OCI_API_REFERRER: "true",
  OCI_DATA_SHA512: "true",
  OCI_DATA_SPARSE: "true",
};

for (const [place, optionsIn] of Object.entries(REGISTRIES)) {
  peerTest(`the conformance suite of 2026 passes ${place}`, {
    needs: ["oci-conformance"],
  }, async (t) => {
    for (const version of ["1.0", "1.1", "dev"]) {
      await t.step(version, async () => {
        await using directory = await tempDir();
        await using server = await serveRegistry({ ...optionsIn(directory), sparse: true });
        const { code, stdout } = await run("oci-conformance", [], {
          cwd: directory.path,
          env: {
            ...OPTIONAL,
            OCI_VERSION: version,
            OCI_REGISTRY: server.address,
            OCI_TLS: "disabled",
            OCI_REPO1: "conformance/one",
            OCI_REPO2: "conformance/two",
            OCI_USERNAME: USERNAME,
            OCI_PASSWORD: PASSWORD,
          },
        });
        const verdicts = stdout.split("\n").filter((line) => /: +[A-Z][A-Za-z]+$/.test(line));
        assertEquals(verdicts.filter((line) => !line.endsWith(" Pass")), []);
        assertEquals([code, verdicts.length > 300], [0, true]);
      });
    }
  });

  peerTest(`the conformance suite of 1.1 passes ${place}, in all workflows`, {
    needs: ["oci-conformance-1.1"],
  }, async () => {
    await using directory = await tempDir();
    await using server = await serveRegistry(optionsIn(directory));
    const { code, stdout } = await run("oci-conformance-1.1", ["-ginkgo.no-color"], {
      cwd: directory.path,
      env: {
        OCI_ROOT_URL: server.url,
        OCI_NAMESPACE: "conformance/one",
        OCI_CROSSMOUNT_NAMESPACE: "conformance/two",
        OCI_USERNAME: USERNAME,
        OCI_PASSWORD: PASSWORD,
        OCI_TEST_PULL: "1",
        OCI_TEST_PUSH: "1",
        OCI_TEST_CONTENT_DISCOVERY: "1",
        OCI_TEST_CONTENT_MANAGEMENT: "1",
        OCI_AUTOMATIC_CROSSMOUNT: "1",
        OCI_REPORT_DIR: "none",
      },
    });
    assertEquals(code, 0, stdout);
    assertMatch(stdout, /Ran 7\d of 79 Specs/);
    assertMatch(stdout, /7\d Passed \| 0 Failed/);
  });
}
