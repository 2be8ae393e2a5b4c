import type { TypedFlagParameter, TypedPositionalParameters } from "@stricli/core";
import type { Context } from "./context.ts";

/** The flag that names a build file. */
export const BUILD_FILE_FLAG: TypedFlagParameter<string | undefined, Context> = {
  kind: "parsed",
  brief: "The build file (davit.yaml unless said)",
  placeholder: "FILE",
  parse: String,
  optional: true,
};

/** The argument that says where a build is. */
export const BUILD_DIRECTORY: TypedPositionalParameters<[string], Context> = {
  kind: "tuple",
  parameters: [
    { brief: "Directory of the build", placeholder: "DIR", parse: String, default: "." },
  ],
};
