/** The largest manifest or index that is read, in bytes: what every registry must accept. */
export const MAX_MANIFEST_BYTES: number = 4 * 1024 * 1024;

/** The largest image config that is read, in bytes. */
export const MAX_CONFIG_BYTES: number = 8 * 1024 * 1024;

/** The most items of any list in a document: a manifest's layers, an index's manifests, history. */
export const MAX_LIST_ITEMS = 10_000;

/** The deepest nesting of objects and arrays in a JSON document. */
export const MAX_JSON_DEPTH = 100;
