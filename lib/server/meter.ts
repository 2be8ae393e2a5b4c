import type { Sessions } from "./sessions.ts";

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);

/** A request that was answered, as it is counted. */
export interface Counted {
  readonly method: string;
  /** What the path stands for, or `unknown`. */
  readonly route: string;
  readonly status: number;
  /** The bytes of content in the answer. */
  readonly bytes: number;
}

/** Counts what a registry does, from its start on. */
export class Meter {
  readonly #requests = new Map<string, number>();
  #bytesIn = 0;
  #bytesOut = 0;

  /** Counts a request. */
  answered({ method, route, status, bytes }: Counted): void {
    const known = METHODS.has(method) ? method : "other";
    const labels = `method="${known}",route="${route}",status="${status}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    if (method === "GET") this.#bytesOut += bytes;
  }

  /** Counts content that arrived. */
  received(bytes: number): void {
    this.#bytesIn += bytes;
  }

  /**
   * All counts, for a scraper.
   *
   * @see {@link https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format Prometheus text format}
   */
  toText(repositories: number, sessions: Sessions): string {
    const requests = [...this.#requests].sort(([a], [b]) => a < b ? -1 : 1);
    return [
      ...heading("davit_requests_total", "counter", "Requests answered."),
      ...requests.map(([labels, count]) => `davit_requests_total{${labels}} ${count}`),
      ...heading("davit_received_bytes_total", "counter", "Bytes of blobs and manifests taken."),
      `davit_received_bytes_total ${this.#bytesIn}`,
      ...heading("davit_sent_bytes_total", "counter", "Bytes of blobs and manifests given."),
      `davit_sent_bytes_total ${this.#bytesOut}`,
      ...heading("davit_repositories", "gauge", "Repositories that there are."),
      `davit_repositories ${repositories}`,
      ...heading("davit_uploads", "gauge", "Uploads under way."),
      `davit_uploads ${sessions.size}`,
      "",
    ].join("\n");
  }
}

function heading(name: string, type: "counter" | "gauge", help: string): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}
