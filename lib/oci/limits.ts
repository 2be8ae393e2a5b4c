/** The largest manifest or index that is read, in bytes: what every registry must accept. */
export const MAX_MANIFEST_BYTES: number = 4 * 1024 * 1024;

/** The largest image config that is read, in bytes. */
export const MAX_CONFIG_BYTES: number = 8 * 1024 * 1024;

/** The most layers a manifest may have. */
export const MAX_LAYERS = 10_000;

/** The most manifests an index may list. */
export const MAX_CHILDREN = 10_000;

/** The deepest nesting of objects and arrays in a JSON document. */
export const MAX_JSON_DEPTH = 100;
