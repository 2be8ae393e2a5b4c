import { DocumentField } from "../../lib/oci/document_field.ts";
import type { FaultRule } from "../../lib/server/faults.ts";
import { readTextFile } from "./read_text_file.ts";

const READERS: Readonly<Record<keyof FaultRule, (field: DocumentField) => unknown>> = {
  method: (field) => field.string(),
  path: (field) => field.string(),
  skip: (field) => field.integer(0),
  times: (field) => field.integer(0),
  stallMs: (field) => field.integer(0),
  status: readStatus,
  retryAfter: (field) => field.string(),
  cutAfterBytes: (field) => field.integer(0),
  wrongDigest: (field) => field.boolean(),
  bytesPerSecond: (field) => field.integer(1),
};

/**
 * Reads a JSON array of faults: `[{"path": "/blobs/", "times": 1, "status": 429}]`.
 *
 * @throws {DocumentError} For anything else.
 */
export async function readFaultRules(path: string): Promise<readonly FaultRule[]> {
  return DocumentField.parse(`"${path}"`, await readTextFile(path)).items().map(readRule);
}

function readRule(rule: DocumentField): FaultRule {
  return Object.fromEntries(
    rule.members().map(([name, field]) => {
      if (!isMember(name)) throw field.unexpected(`one of ${Object.keys(READERS).join(", ")}`);
      return [name, READERS[name](field)];
    }),
  );
}

function isMember(name: string): name is keyof FaultRule {
  return Object.hasOwn(READERS, name);
}

function readStatus(field: DocumentField): number {
  const status = field.integer(0);
  if (status >= 400 && status <= 599) return status;
  throw field.unexpected("a status from 400 to 599");
}
