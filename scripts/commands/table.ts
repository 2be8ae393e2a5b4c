import type { Command } from "@stricli/core";
import type { Context } from "../console/context.ts";
import { REGISTRY_COMMANDS } from "./registry_table.ts";
import { CLUSTER_COMMANDS, NODE_COMMANDS } from "./cluster_table.ts";

/** A command as it is known before it is loaded. */
export interface CommandEntry {
  /** One line of help. */
  readonly brief: string;
  /** Loads the command's own file. */
  readonly load: () => Promise<Command<Context>>;
}

/** A word that commands stand behind: `registry serve`. */
export interface CommandGroup {
  /** One line of help. */
  readonly brief: string;
  /** The help below it. */
  readonly description?: string;
  /** The commands by name. */
  readonly routes: Readonly<Record<string, CommandEntry | CommandGroup>>;
  /** Other names of commands. */
  readonly aliases?: Readonly<Record<string, string>>;
}

/** Every command of davit, in the order of the help. */
export const COMMANDS: CommandGroup = {
  brief: "Container images, registries and k3s clusters",
  description:
    `Build images from files, move them between registries, archives, layouts and Docker, and
serve them, all without a daemon; run k3s clusters in Docker.

  davit append -b nginx -f site -t registry.example/site:v1   files on top of an image, pushed
  davit build                                                 what davit.yaml says
  davit copy nginx:alpine oci-archive:nginx.tar               any place to any place
  davit registry serve                                        a registry, in this terminal
  davit cluster create dev --agents 2                         k3s in containers

A place is a registry name, or oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE,
docker-legacy:FILE, docker-daemon:REF, k3s:CLUSTER, or a path that starts with "/" or "./".`,
  routes: {
    append: {
      brief: "Put files, directories or tars on top of an image",
      load: async () => (await import("./append.ts")).command,
    },
    build: {
      brief: "Build images from a davit.yaml",
      load: async () => (await import("./build.ts")).command,
    },
    run: {
      brief: "Run an image in a cluster: build it, bring it there, apply manifests",
      load: async () => (await import("./run.ts")).command,
    },
    dev: {
      brief: "Keep an image in a cluster what its files say, while they are edited",
      load: async () => (await import("./dev.ts")).command,
    },
    lock: {
      brief: "Note what the base of a build stands for",
      load: async () => (await import("./lock.ts")).command,
    },
    outdated: {
      brief: "Tell whether the base of a build has moved, and what changed",
      load: async () => (await import("./outdated.ts")).command,
    },
    copy: {
      brief: "Copy an image from any place to any place",
      load: async () => (await import("./copy.ts")).command,
    },
    sync: {
      brief: "Keep many images in step, as a file says",
      load: async () => (await import("./sync.ts")).command,
    },
    pull: {
      brief: "Write images from a registry to a file or a layout",
      load: async () => (await import("./pull.ts")).command,
    },
    push: {
      brief: "Push a local layout or archive to a registry",
      load: async () => (await import("./push.ts")).command,
    },
    load: {
      brief: "Load an image into Docker",
      load: async () => (await import("./load.ts")).command,
    },
    mutate: {
      brief: "Change an image's config, annotations, layers or form",
      load: async () => (await import("./mutate.ts")).command,
    },
    edit: {
      brief: "Edit an image's config, manifest or files by hand",
      routes: {
        config: {
          brief: "Edit an image's config in your editor, or from standard input",
          load: async () => (await import("./edit_config.ts")).command,
        },
        manifest: {
          brief: "Edit a manifest or index in your editor, or from standard input",
          load: async () => (await import("./edit_manifest.ts")).command,
        },
        fs: {
          brief: "Edit a file of an image in your editor, or from standard input",
          load: async () => (await import("./edit_fs.ts")).command,
        },
      },
    },
    rebase: {
      brief: "Put an image's own layers onto another base",
      load: async () => (await import("./rebase.ts")).command,
    },
    retime: {
      brief: "Give everything in an image one time, so that it can be made again",
      load: async () => (await import("./retime.ts")).command,
    },
    recompress: {
      brief: "Compress an image's layers in another way",
      load: async () => (await import("./recompress.ts")).command,
    },
    flatten: {
      brief: "Make one layer of an image's layers, or of those on top",
      load: async () => (await import("./flatten.ts")).command,
    },
    tag: {
      brief: "Give an image in a registry or a layout another tag",
      load: async () => (await import("./tag.ts")).command,
    },
    delete: {
      brief: "Delete a tag, or a manifest by its digest",
      load: async () => (await import("./delete.ts")).command,
    },
    digest: {
      brief: "Print the digest of an image",
      load: async () => (await import("./digest.ts")).command,
    },
    manifest: {
      brief: "Print the manifest or index of an image",
      load: async () => (await import("./manifest.ts")).command,
    },
    config: {
      brief: "Print the config of an image",
      load: async () => (await import("./config.ts")).command,
    },
    ls: {
      brief: "List the tags of a repository",
      load: async () => (await import("./ls.ts")).command,
    },
    catalog: {
      brief: "List the repositories of a registry",
      load: async () => (await import("./catalog.ts")).command,
    },
    diff: {
      brief: "Tell how two images differ, and why their digests do",
      load: async () => (await import("./diff.ts")).command,
    },
    lint: {
      brief: "Look for what could be better about an image",
      load: async () => (await import("./lint.ts")).command,
    },
    fs: {
      brief: "Look at the files of an image, without unpacking it",
      routes: {
        ls: {
          brief: "List files of an image",
          load: async () => (await import("./fs_ls.ts")).command,
        },
        cat: {
          brief: "Write files of an image to standard output",
          load: async () => (await import("./fs_cat.ts")).command,
        },
        cp: {
          brief: "Copy a file or directory out of an image",
          load: async () => (await import("./fs_cp.ts")).command,
        },
        du: {
          brief: "Tell what takes the space in an image",
          load: async () => (await import("./fs_du.ts")).command,
        },
        find: {
          brief: "Find files of an image",
          load: async () => (await import("./fs_find.ts")).command,
        },
      },
    },
    validate: {
      brief: "Check that images are what they say",
      load: async () => (await import("./validate.ts")).command,
    },
    index: {
      brief: "Make and edit indexes: images for several platforms under one name",
      routes: {
        append: {
          brief: "Add images to an index, or make one of them",
          load: async () => (await import("./index_append.ts")).command,
        },
        create: {
          brief: "Make an index of images",
          load: async () => (await import("./index_create.ts")).command,
        },
        filter: {
          brief: "Keep some platforms of an index",
          load: async () => (await import("./index_filter.ts")).command,
        },
        remove: {
          brief: "Remove images from an index",
          load: async () => (await import("./index_remove.ts")).command,
        },
        list: {
          brief: "List what an index holds",
          load: async () => (await import("./index_list.ts")).command,
        },
      },
    },
    artifact: {
      brief: "Files in registries, by themselves or about an image",
      routes: {
        push: {
          brief: "Push files as an artifact",
          load: async () => (await import("./artifact_push.ts")).command,
        },
        pull: {
          brief: "Write an artifact's files to a directory",
          load: async () => (await import("./artifact_pull.ts")).command,
        },
        tree: {
          brief: "Show what is about an image",
          load: async () => (await import("./artifact_tree.ts")).command,
        },
      },
    },
    auth: {
      brief: "Sign in at registries",
      routes: {
        login: {
          brief: "Sign in at a registry",
          load: async () => (await import("./auth_login.ts")).command,
        },
        logout: {
          brief: "Forget the credentials of a registry",
          load: async () => (await import("./auth_logout.ts")).command,
        },
        get: {
          brief: "Print the credentials for a registry, as a credential helper",
          load: async () => (await import("./auth_get.ts")).command,
        },
        token: {
          brief: "Print a token for a repository",
          load: async () => (await import("./auth_token.ts")).command,
        },
      },
    },
    blob: {
      brief: "Write a blob to standard output",
      load: async () => (await import("./blob.ts")).command,
    },
    export: {
      brief: "Write an image's filesystem as one tar",
      load: async () => (await import("./export.ts")).command,
    },
    layout: {
      brief: "See to OCI layouts",
      routes: {
        gc: {
          brief: "Remove the blobs that no image of a layout needs",
          load: async () => (await import("./layout_gc.ts")).command,
        },
      },
    },
    registry: REGISTRY_COMMANDS,
    doctor: {
      brief: "Find out what a registry can do, and what is in its way",
      load: async () => (await import("./doctor.ts")).command,
    },
    cluster: CLUSTER_COMMANDS,
    node: NODE_COMMANDS,
    image: {
      brief: "Bring images to clusters",
      routes: {
        import: {
          brief: "Bring images to every node of a cluster",
          load: async () => (await import("./image_import.ts")).command,
        },
      },
      aliases: { load: "import" },
    },
    kubeconfig: {
      brief: "Reach clusters by kubectl",
      routes: {
        get: {
          brief: "Print the kubeconfig of clusters",
          load: async () => (await import("./kubeconfig_get.ts")).command,
        },
        merge: {
          brief: "Write the kubeconfig of clusters into a file",
          load: async () => (await import("./kubeconfig_merge.ts")).command,
        },
      },
      aliases: { print: "get", show: "get", write: "merge" },
    },
    completion: {
      brief: "Print a shell's completion script",
      load: async () => (await import("./completion.ts")).command,
    },
    version: {
      brief: "Print the version",
      load: async () => (await import("./version.ts")).command,
    },
  },
  aliases: { cp: "copy", squash: "flatten" },
};
