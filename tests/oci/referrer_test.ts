import { assertEquals } from "@std/assert";
import { describeReferrer, referrersTag } from "../../lib/oci/referrer.ts";
import { MEDIA_TYPE } from "../../lib/oci/media_type.ts";

const HEX = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
const SUBJECT = { mediaType: MEDIA_TYPE.ociManifest, digest: `sha256:${HEX}`, size: 2 } as const;

Deno.test("referrersTag() cuts what is too long for a tag", () => {
  assertEquals(referrersTag(`sha256:${HEX}`), `sha256-${HEX}`);
  assertEquals(referrersTag(`sha512:${HEX}${HEX}`), `sha512-${HEX}`);
});

Deno.test("describeReferrer() gives an index no type but its own", () => {
  const document = { schemaVersion: 2, manifests: [], subject: SUBJECT };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  const descriptor = { ...SUBJECT, mediaType: MEDIA_TYPE.ociIndex, size: bytes.length };
  assertEquals(describeReferrer(bytes, descriptor), { subject: SUBJECT.digest, descriptor });
});

Deno.test("describeReferrer() says nothing of what has no subject or is no manifest", () => {
  const bytes = new TextEncoder().encode('{"schemaVersion":2,"manifests":[]}');
  assertEquals(describeReferrer(bytes, { ...SUBJECT, mediaType: MEDIA_TYPE.ociIndex }), undefined);
  assertEquals(describeReferrer(bytes, { ...SUBJECT, mediaType: "text/plain" }), undefined);
});
