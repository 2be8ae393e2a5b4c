import type { ClusterNode } from "../node.ts";
import type { LabelChange, LimitChange } from "./cluster_changes.ts";

/** What is compared as it stands, and how it is called. */
const FIELDS = {
  image: "its image",
  env: "its variables",
  labels: "the labels of its container",
  volumes: "its volumes",
  ulimits: "its limits of processes",
  extraHosts: "the names of other hosts",
  gpus: "its GPUs",
  hostPid: "whether it sees the processes of the host",
  files: "its files",
} as const;

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Why a node cannot become another one while it runs; nothing when it can. */
export function reasonsToRecreate(present: ClusterNode, wanted: ClusterNode): readonly string[] {
  const fields = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).flatMap((field) =>
    differ(present[field], wanted[field])
      ? [`${FIELDS[field]}${between(present[field], wanted[field])}`]
      : []
  );
  const [before, after] = [present, wanted].map(({ command }) => splitCommand(command).words);
  return [
    ...fields,
    ...(differ(before, after)
      ? [`the words for k3s${between(before?.join(" "), after?.join(" "))}`]
      : []),
    ...(differ(present.ports, wanted.ports)
      ? [
        `the ports that it publishes itself${
          between(present.ports.join(" "), wanted.ports.join(" "))
        }`,
      ]
      : []),
    ...(present.memory !== undefined && wanted.memory === undefined
      ? ["that its memory is limited"]
      : []),
    ...(present.cpus !== undefined && wanted.cpus === undefined
      ? ["that its processors are limited"]
      : []),
  ];
}

/** The limits of a node that are to be others. */
export function limitChange(present: ClusterNode, wanted: ClusterNode): readonly LimitChange[] {
  const memory = bytesOf(wanted.memory) === bytesOf(present.memory) ? undefined : wanted.memory;
  const cpus = Number(wanted.cpus) === Number(present.cpus) ? undefined : wanted.cpus;
  if (memory === undefined && cpus === undefined) return [];
  return [{
    name: present.name,
    ...(memory === undefined ? {} : { memory }),
    ...(cpus === undefined ? {} : { cpus }),
  }];
}

/**
 * The labels of a Kubernetes node that are to be others.
 *
 * @param actual Those that Kubernetes knows.
 */
export function labelChange(
  present: ClusterNode,
  wanted: ClusterNode,
  actual: Readonly<Record<string, string>>,
): readonly LabelChange[] {
  const [before, after] = [present, wanted].map(({ command }) => splitCommand(command).labels);
  const set = Object.entries(after ?? {}).filter(([key, value]) => actual[key] !== value)
    .map((pair) => pair.join("="));
  const unset = Object.keys(before ?? {}).filter((key) =>
    !Object.hasOwn(after ?? {}, key) && Object.hasOwn(actual, key)
  );
  return set.length + unset.length === 0 ? [] : [{ name: present.name, set, unset }];
}

/** Whether anything is said of the labels of a Kubernetes node. */
export function hasLabels({ command }: ClusterNode): boolean {
  return command.includes("--node-label");
}

/** The words for k3s, and the labels among them: these can be changed while it runs. */
function splitCommand(command: readonly string[]) {
  const words: string[] = [];
  const labels: Record<string, string> = {};
  for (let at = 0; at < command.length; at++) {
    const word = command[at] ?? "";
    if (word !== "--node-label") words.push(word);
    else {
      const [key = "", ...value] = (command[++at] ?? "").split("=");
      labels[key] = value.join("=");
    }
  }
  return { words, labels };
}

/** A size in docker's words, as bytes. */
export function bytesOf(size: string | undefined): number | undefined {
  const [, number, unit = "b"] = /^(\d+(?:\.\d+)?)([bkmg])?b?$/i.exec(size ?? "") ?? [];
  return number === undefined ? undefined : Number(number) * (UNITS[unit.toLowerCase()] ?? 1);
}

/** Compares as JSON, in which what is empty and what is missing are the same. */
function differ(left: unknown, right: unknown): boolean {
  return canonical(left) !== canonical(right);
}

function canonical(value: unknown): string {
  const isEmpty = value === undefined || value === false ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return isEmpty ? "" : JSON.stringify(value, (_key, inner) => sorted(inner));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}

function between(before: unknown, after: unknown): string {
  if (typeof before !== "string" && typeof after !== "string") return "";
  return `: "${before ?? ""}" to "${after ?? ""}"`;
}
