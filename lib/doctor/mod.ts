/**
 * A doctor for registries: what one does and does not, found out by trying, and what is in the way
 * when it cannot be used.
 *
 * @example
 * ```ts
 * import { examineRegistry } from "@davit/davit/doctor";
 * import { serveRegistry } from "@davit/davit/server";
 *
 * await using server = await serveRegistry();
 * const { findings } = await examineRegistry({ registry: server.address });
 * console.assert(findings[0]?.check === "connect" && findings[0].verdict === "yes");
 * ```
 *
 * @module
 */

export { CHECKS, type Diagnosis, type Finding, type Probe, type Verdict } from "./diagnosis.ts";
export { type ExamineOptions, examineRegistry, type ExamineTarget } from "./examine_registry.ts";
