import type { NodeFile } from "./node.ts";
import type { ComposedImage } from "./registries/own_image.ts";

/** Something of the engine that an operation makes. */
export type Creation = Thing | Connection;

/** A thing with a name of its own. */
export interface Thing {
  /** What it is. */
  readonly kind: "container" | "network" | "volume";
  /** Its name. */
  readonly name: string;
}

/** That a container, which may have been there before, is in a network. */
export interface Connection {
  /** Tells it from things. */
  readonly kind: "connection";
  /** The container. */
  readonly name: string;
  /** The network. */
  readonly network: string;
}

/** One run of the `docker` command. */
export interface Operation {
  /** What it is for, as an error names it: `create node "davit-dev-server-0"`. */
  readonly act: string;
  /** Its words. They hold no secrets. */
  readonly args: readonly string[];
  /** Files that it reads as a tar. */
  readonly files?: readonly NodeFile[];
  /** An image that it reads as an archive, under its name. */
  readonly image?: ComposedImage;
  /** A compressed tar that it reads, by its path; instead of files. */
  readonly archive?: string;
  /** What it makes, to be removed when the plan fails. */
  readonly creates?: readonly Creation[];
  /** Another run, whose output it reads. */
  readonly input?: readonly string[];
  /** The words that take it back, when the plan fails. */
  readonly reverts?: readonly string[];
}

/** Operations, each after the one before. */
export type Chain = readonly Operation[];

/** Waits until nodes are ready. */
export interface WaitStep {
  /** Tells it from the work. */
  readonly kind: "wait";
  /** What ready means for them. */
  readonly level: "api" | "nodes" | "system";
  /** The names of all nodes that must be Ready by then. */
  readonly nodes: readonly string[];
  /** Those of them that must have been heard of since their containers were started. */
  readonly fresh?: readonly string[];
  /** The load balancer through which the API must answer by then. */
  readonly balancer?: string;
}

/** Waits until a container has said something since it was started. */
export interface WordsStep {
  /** Tells it from the work. */
  readonly kind: "words";
  /** The container. */
  readonly node: string;
  /** What it says, somewhere in a line of its log. */
  readonly words: string;
}

/** Waits until registries answer. */
export interface AnswerStep {
  /** Tells it from the work. */
  readonly kind: "answer";
  /** The registries, and where each is asked: `http://127.0.0.1:5000/v2/`. */
  readonly registries: readonly { readonly name: string; readonly url: string }[];
}

/** Work: chains that run at the same time. */
export interface WorkStep {
  /** Tells it from the waiting. */
  readonly kind: "work";
  /** The chains. */
  readonly chains: readonly Chain[];
}

/** One step of a plan. */
export type PlanStep = WorkStep | WaitStep | WordsStep | AnswerStep;

/** What is done to make a cluster, step by step, as data. */
export interface Plan {
  /** The cluster. */
  readonly cluster: string;
  /** The server that is asked whether the cluster is ready. */
  readonly server: string;
  /** The steps, one after the other. */
  readonly steps: readonly PlanStep[];
  /** What is removed once all that has gone well, and is taken back no more. */
  readonly cleanup?: readonly Creation[];
}
