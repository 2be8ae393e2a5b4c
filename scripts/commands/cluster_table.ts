import type { CommandGroup } from "./table.ts";

/** The commands about clusters. */
export const CLUSTER_COMMANDS: CommandGroup = {
  brief: "Run k3s clusters in containers",
  routes: {
    create: {
      brief: "Create a k3s cluster in containers",
      load: async () => (await import("./cluster_create.ts")).command,
    },
    apply: {
      brief: "Make a cluster what its config file says",
      load: async () => (await import("./cluster_apply.ts")).command,
    },
    list: {
      brief: "List clusters",
      load: async () => (await import("./cluster_list.ts")).command,
    },
    delete: {
      brief: "Delete clusters",
      load: async () => (await import("./cluster_delete.ts")).command,
    },
    start: {
      brief: "Start clusters that were stopped",
      load: async () => (await import("./cluster_start.ts")).command,
    },
    stop: {
      brief: "Stop clusters, and keep them",
      load: async () => (await import("./cluster_stop.ts")).command,
    },
    restart: {
      brief: "Stop clusters and start them again",
      load: async () => (await import("./cluster_restart.ts")).command,
    },
    edit: {
      brief: "Change the ports of a cluster that runs",
      load: async () => (await import("./cluster_edit.ts")).command,
    },
    upgrade: {
      brief: "Give the nodes of a cluster another image, one at a time",
      load: async () => (await import("./cluster_upgrade.ts")).command,
    },
    snapshot: {
      brief: "Save clusters as they are, and make them anew",
      routes: {
        save: {
          brief: "Save a cluster as it is now",
          load: async () => (await import("./cluster_snapshot_save.ts")).command,
        },
        restore: {
          brief: "Make a cluster as it was saved",
          load: async () => (await import("./cluster_snapshot_restore.ts")).command,
        },
        list: {
          brief: "List snapshots of clusters",
          load: async () => (await import("./cluster_snapshot_list.ts")).command,
        },
        delete: {
          brief: "Delete snapshots of clusters",
          load: async () => (await import("./cluster_snapshot_delete.ts")).command,
        },
      },
      aliases: { ls: "list", rm: "delete" },
    },
    init: {
      brief: "Write a config file to begin with",
      load: async () => (await import("./cluster_init.ts")).command,
    },
    migrate: {
      brief: "Bring a config file to today's version",
      load: async () => (await import("./cluster_migrate.ts")).command,
    },
    view: {
      brief: "Print what flags, environment and config file come to",
      load: async () => (await import("./cluster_view.ts")).command,
    },
  },
  aliases: { ls: "list", get: "list", rm: "delete", del: "delete", update: "edit" },
};

/** The commands about nodes. */
export const NODE_COMMANDS: CommandGroup = {
  brief: "Add and remove nodes of clusters",
  routes: {
    create: {
      brief: "Add agents or servers to a cluster",
      load: async () => (await import("./node_create.ts")).command,
    },
    list: {
      brief: "List the nodes of all clusters",
      load: async () => (await import("./node_list.ts")).command,
    },
    delete: {
      brief: "Take nodes out of their clusters",
      load: async () => (await import("./node_delete.ts")).command,
    },
    start: {
      brief: "Start nodes",
      load: async () => (await import("./node_start.ts")).command,
    },
    stop: {
      brief: "Stop nodes",
      load: async () => (await import("./node_stop.ts")).command,
    },
    edit: {
      brief: "Change the ports of a load balancer that runs",
      load: async () => (await import("./node_edit.ts")).command,
    },
  },
  aliases: { ls: "list", get: "list", rm: "delete", del: "delete", update: "edit" },
};
