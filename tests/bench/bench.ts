/** Measures davit against named peers and fails when a ratio is over its limit. */
import { benchAppendDirectory } from "./append_directory.ts";
import { benchClusters } from "./clusters.ts";
import { benchEditToPod } from "./edit_to_pod.ts";
import { benchImageFiles } from "./image_files.ts";
import { benchImport } from "./import.ts";
import { benchKubernetes } from "./kubernetes.ts";
import { benchMemory } from "./memory.ts";
import { benchMoves } from "./move_image.ts";
import { benchMerge } from "./merge.ts";
import { reportResults } from "./result.ts";
import { benchServer } from "./server.ts";
import { benchStartup } from "./startup.ts";
import { benchValidate } from "./validate.ts";
import { benchWorkers } from "./workers.ts";

reportResults([
  ...await benchStartup(),
  ...await benchAppendDirectory(),
  ...await benchWorkers(),
  ...await benchMemory(),
  ...await benchMoves(),
  ...await benchMerge(),
  ...await benchValidate(),
  ...await benchImageFiles(),
  ...await benchServer(),
  ...await benchClusters(),
  ...await benchImport(),
  ...await benchKubernetes(),
  ...await benchEditToPod(),
]);
