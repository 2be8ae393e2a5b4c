/**
 * The codes that error answers carry. The last four are Docker's, for what the specification has no
 * code for.
 *
 * @see {@link https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes distribution-spec, error codes}
 */
export type RefusalCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "TOOMANYREQUESTS"
  | "UNAUTHORIZED"
  | "UNSUPPORTED"
  | "PAGINATION_NUMBER_INVALID"
  | "RANGE_INVALID"
  | "TAG_INVALID"
  | "UNKNOWN";

/** What else a {@linkcode Refusal} says. */
export interface RefusalOptions extends ErrorOptions {
  /** Facts for programs, such as the digest that is missing. */
  readonly detail?: unknown;
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request that is answered with an error: thrown by what serves it, turned into the answer once. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: RefusalCode;
  readonly detail: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: RefusalCode, message: string, options: RefusalOptions = {}) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.detail = options.detail;
    this.headers = options.headers ?? {};
  }

  /** The answer. */
  toResponse(): Response {
    const { code, message, detail } = this;
    const error = detail === undefined ? { code, message } : { code, message, detail };
    return Response.json({ errors: [error] }, { status: this.status, headers: this.headers });
  }
}
