import { NODE_IMAGE } from "./arrange_nodes.ts";
import { CONFIG_VERSION } from "./migrate_config.ts";
import { DEFAULT_CLUSTER } from "./names.ts";

/** A config file to begin with: what most change, and nothing that the default would not be. */
export const CONFIG_TEMPLATE: string = `apiVersion: ${CONFIG_VERSION}
kind: Simple
metadata:
  name: ${DEFAULT_CLUSTER}
servers: 1
agents: 0
image: ${NODE_IMAGE}
`;
