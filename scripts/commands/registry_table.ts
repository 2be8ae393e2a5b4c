import type { CommandGroup } from "./table.ts";

/** The commands behind `davit registry`. */
export const REGISTRY_COMMANDS: CommandGroup = {
  brief: "Run a registry",
  routes: {
    serve: {
      brief: "Serve a registry from memory or from a directory",
      load: async () => (await import("./registry_serve.ts")).command,
    },
    create: {
      brief: "Make a registry in a container",
      load: async () => (await import("./registry_create.ts")).command,
    },
    list: {
      brief: "List the registries in containers",
      load: async () => (await import("./registry_list.ts")).command,
    },
    delete: {
      brief: "Delete registries in containers",
      load: async () => (await import("./registry_delete.ts")).command,
    },
    start: {
      brief: "Start registries in containers",
      load: async () => (await import("./registry_start.ts")).command,
    },
    stop: {
      brief: "Stop registries in containers",
      load: async () => (await import("./registry_stop.ts")).command,
    },
    connect: {
      brief: "Have the nodes of a cluster pull from a registry",
      load: async () => (await import("./registry_connect.ts")).command,
    },
    disconnect: {
      brief: "Have the nodes of a cluster pull from a registry no more",
      load: async () => (await import("./registry_disconnect.ts")).command,
    },
    gc: {
      brief: "Remove what nothing in a registry's directory needs",
      load: async () => (await import("./registry_gc.ts")).command,
    },
  },
  aliases: { ls: "list", get: "list", rm: "delete", del: "delete" },
};
