/** The largest manifest or index that is read, in bytes: what every registry must accept. */
export const MAX_MANIFEST_BYTES: number = 4 * 1024 * 1024;

/** The largest image config that is read, in bytes. */
export const MAX_CONFIG_BYTES: number = 8 * 1024 * 1024;

/** The most layers of an image. */
export const MAX_LAYERS = 10_000;

/** The most items of any list in a document: layers, manifests of an index, history. */
export const MAX_LIST_ITEMS: number = MAX_LAYERS;

/** The deepest nesting of objects and arrays in a JSON document. */
export const MAX_JSON_DEPTH = 100;
