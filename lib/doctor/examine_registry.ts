import { NetworkError, RegistryError } from "../errors.ts";
import type { CallOptions } from "../layer/content_source.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { present } from "../oci/present.ts";
import { discard } from "../registry/answer.ts";
import { Repository } from "../registry/repository.ts";
import { RepositoryApi } from "../registry/repository_api.ts";
import { Transport, type TransportOptions } from "../registry/transport.ts";
import { CHECKS, type Diagnosis, type Finding } from "./diagnosis.ts";
import { Heard } from "./heard.ts";
import { Notes, type Seen } from "./notes.ts";
import { probeCatalog, probeRepository } from "./read_probes.ts";
import { probeWriting } from "./write_probes.ts";

/** What a doctor is to look at. */
export interface ExamineTarget {
  /** The registry, `host[:port]`. */
  readonly registry: string;
  /** A repository of it to read; nothing of the kind is tried without one. */
  readonly repository?: string;
  /** A repository to write to, and to delete from what was written; nothing is written without one. */
  readonly scratch?: string;
}

/** Options of {@linkcode examineRegistry}. */
export interface ExamineOptions extends CallOptions {
  /** How the registry is spoken to. */
  readonly transport?: TransportOptions;
  /** Told of each finding at once. */
  readonly onFinding?: (finding: Finding) => void;
}

/**
 * Finds out what a registry does and what it does not, by trying, and what is in the way when it
 * cannot be used. What is written is deleted again, and what could not be deleted is named.
 *
 * @example
 * ```ts
 * import { examineRegistry } from "@davit/davit/doctor";
 * import { serveRegistry } from "@davit/davit/server";
 *
 * await using server = await serveRegistry();
 * const { isWell } = await examineRegistry({ registry: server.address, scratch: "scratch" });
 * console.assert(isWell);
 * ```
 */
export async function examineRegistry(
  target: ExamineTarget,
  options: ExamineOptions = {},
): Promise<Diagnosis> {
  const { onFinding = () => {}, signal } = options;
  const notes = new Notes(onFinding, signal);
  const heard = new Heard();
  using transport = new Transport({ ...options.transport, onAnswer: heard.listen });
  await examine(target, { notes, heard, transport, signal });
  const findings = notes.findings.toSorted((one, other) =>
    CHECKS.indexOf(one.check) - CHECKS.indexOf(other.check)
  );
  return { ...target, isWell: findings.every(({ verdict }) => verdict !== "failed"), findings };
}

interface Examination {
  readonly notes: Notes;
  readonly heard: Heard;
  readonly transport: Transport;
  readonly signal: AbortSignal | undefined;
}

async function examine(target: ExamineTarget, examination: Examination): Promise<void> {
  const { registry, repository, scratch } = target;
  const { notes, heard, transport, signal } = examination;
  let refusal: Seen | undefined;
  const isThere = await notes.try("connect", async () => {
    refusal = await connect(registry, examination);
    const scheme = heard.schemeOf(registry) ?? "https";
    const software = heard.software === undefined ? "" : ` by ${heard.software}`;
    return ["yes", `answers by ${scheme}, served${software}`.replace(/, served$/, "")];
  }, "failed");
  if (!isThere) return;
  const asked = heard.challenge;
  notes.add(
    "auth",
    refusal ??
      (asked === undefined ? ["no", "lets everybody in"] : ["yes", `wants ${asked}; we are in`]),
  );
  await notes.try("catalog", () => probeCatalog(registry, transport, present({ signal })));
  const apiOf = (name: string) => new RepositoryApi({ registry, repository: name }, transport);
  let blob: Descriptor | undefined;
  if (repository !== undefined) {
    const opened = new Repository({ registry, repository }, { transport });
    blob = await probeRepository(notes, { repository: opened, api: apiOf(repository), signal });
  }
  if (scratch !== undefined) {
    const elsewhere = repository === undefined || blob === undefined || repository === scratch
      ? undefined
      : { repository, blob };
    await probeWriting(notes, { api: apiOf(scratch), elsewhere, signal });
  }
  const limits = [...heard.limits].map(([name, value]) => `${name}: ${value}`);
  notes.add(
    "rate-limit",
    limits.length === 0 ? ["no", "names no limit on requests"] : ["yes", limits.join(", ")],
  );
}

/** Asks the registry whether it is one; a refusal is an answer too. */
async function connect(
  registry: string,
  { transport, heard, signal }: Examination,
): Promise<Seen | undefined> {
  try {
    await discard(
      await transport.request({ registry, method: "GET", target: "/v2/", ...present({ signal }) }),
    );
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof NetworkError) throw error;
    if (error instanceof RegistryError && error.status === 404) {
      throw new RegistryError(
        `Cannot find a registry at "${registry}": something answers there, but not as a registry; ` +
          "is it the right host and port?",
        404,
        { cause: error },
      );
    }
    if (heard.challenge === undefined) throw error;
    return ["failed", error.message.replace(/^Cannot /, "cannot ")];
  }
}
