import type { Descriptor } from "../oci/descriptor.ts";

/** How content came to be in the destination. */
export type Outcome = "sent" | "exists" | "mounted" | "skipped";

/** What `copy` says of its progress, as data: one JSON line each in the command line. */
export type CopyEvent =
  /** Bytes begin to flow. `size` is absent for content that is made as it goes. */
  | {
    readonly kind: "start";
    /** Tells concurrent transfers apart. */
    readonly id: number;
    readonly mediaType: string;
    readonly size?: number;
  }
  /** The bytes before the offset are there already: an earlier attempt left them. */
  | { readonly kind: "resume"; readonly id: number; readonly offset: number }
  /** More bytes have passed: `bytes` are there of this content now. */
  | { readonly kind: "progress"; readonly id: number; readonly bytes: number }
  /** Content is in place. */
  | {
    readonly kind: "done";
    readonly id: number;
    readonly outcome: Outcome;
    readonly descriptor: Descriptor;
  }
  /** One image of an index was chosen, because the destination holds single images only. */
  | { readonly kind: "selected"; readonly platform: string; readonly destination: string }
  /** A root is published. */
  | { readonly kind: "root"; readonly descriptor: Descriptor; readonly names: readonly string[] };

/** Receives events; must return at once. */
export type OnCopyEvent = (event: CopyEvent) => void;
