import { z } from "zod";
import { isDigest } from "../../oci/digest.ts";
import type { Snapshot } from "./snapshot.ts";

const PART = z.object({
  file: z.string().regex(/^[\w.-]+\.tar\.zst$/),
  parent: z.string().startsWith("/"),
  digest: z.string().refine(isDigest),
  size: z.int().nonnegative(),
});
const NODE = z.looseObject({
  name: z.string().min(1),
  role: z.enum(["server", "agent", "loadbalancer"]),
  image: z.string().min(1),
});
const SNAPSHOT = z.object({
  version: z.literal(1),
  cluster: z.string().min(1),
  createdAt: z.iso.datetime(),
  apiUrl: z.url(),
  network: z.object({
    name: z.string().min(1),
    own: z.boolean(),
    subnet: z.string().optional(),
    gateway: z.string().optional(),
    mtu: z.int().optional(),
  }),
  nodes: z.array(z.object({ node: NODE, parts: z.array(PART) })).min(1),
});

/**
 * Checks the document of a snapshot.
 *
 * @throws {SyntaxError} When it is none; the message says where.
 */
export function parseSnapshot(text: string): Snapshot {
  const document = JSON.parse(text);
  const { success, error } = SNAPSHOT.safeParse(document);
  if (success) return document; // not the parser's copy, which has another order
  const [issue] = error.issues;
  throw new SyntaxError(`${issue?.path.join(".")}: ${issue?.message}`);
}
