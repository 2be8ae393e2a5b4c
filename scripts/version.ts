import config from "../deno.json" with { type: "json" };

/** The version of davit that this is. */
export const VERSION: string = config.version;
