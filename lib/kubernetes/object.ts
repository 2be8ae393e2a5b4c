/** What every object of Kubernetes has. */
export interface KubernetesObject {
  /** The group and version: `apps/v1`. */
  readonly apiVersion: string;
  /** What it is: `Deployment`. */
  readonly kind: string;
  /** Its name, and what the API knows about it besides. */
  readonly metadata: ObjectMeta;
}

/** What identifies an object. */
export interface ObjectMeta {
  /** Its name, one of its kind in its namespace. */
  readonly name: string;
  /** The namespace, of objects that are in one. */
  readonly namespace?: string;
  /** One of its own for each object there ever was. */
  readonly uid?: string;
  /** Counts the changes of what is wanted. */
  readonly generation?: number;
  /** The state of the store in which it was read. */
  readonly resourceVersion?: string;
  /** Set when it is going. */
  readonly deletionTimestamp?: string;
  /** By which it is chosen. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What else is said about it. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A container as a pod is to have it. */
export interface Container {
  /** One of its own in the pod. */
  readonly name: string;
  /** The name of the image. */
  readonly image?: string;
  /** When the image is pulled. */
  readonly imagePullPolicy?: string;
}

/** What a pod is to be. */
export interface PodSpec {
  /** Its containers. */
  readonly containers: readonly Container[];
  /** Those that run to their end before the others start. */
  readonly initContainers?: readonly Container[];
  /** The node that it was given to. */
  readonly nodeName?: string;
}

/** What a container does, or why it does nothing. */
export interface ContainerState {
  /** It does not run. */
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  /** It runs. */
  readonly running?: { readonly startedAt?: string };
  /** It has ended. */
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason?: string;
    readonly message?: string;
  };
}

/** How a container of a pod fares. */
export interface ContainerStatus {
  /** The container. */
  readonly name: string;
  /** Whether it does its work. */
  readonly ready: boolean;
  /** How often it was started again. */
  readonly restartCount: number;
  /** What it does now. */
  readonly state?: ContainerState;
  /** What it did before. */
  readonly lastState?: ContainerState;
}

/** What is said about an object, and whether it holds. */
export interface Condition {
  /** What is said: `Ready`. */
  readonly type: string;
  /** `True`, `False` or `Unknown`. */
  readonly status: string;
  /** Why, in a word. */
  readonly reason?: string;
  /** Why, in words. */
  readonly message?: string;
}

/** A pod. */
export interface Pod extends KubernetesObject {
  /** What it is to be. */
  readonly spec: PodSpec;
  /** What it is. */
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}
