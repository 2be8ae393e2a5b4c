import type { TypedFlagParameter } from "@stricli/core";
import { type Location, parseLocation } from "../../lib/places/location.ts";
import { parsePlatform, type Platform } from "../../lib/oci/platform.ts";
import type { Context } from "./context.ts";

/** Where an edited index goes. */
export const INDEX_TAG_FLAG: TypedFlagParameter<Location | undefined, Context> = {
  kind: "parsed",
  brief: "Name or place of the result; in place unless said",
  placeholder: "NAME",
  parse: parseLocation,
  optional: true,
};

/** Images, or indexes, that go into an index. */
export const MEMBERS_FLAG: TypedFlagParameter<readonly Location[] | undefined, Context> = {
  kind: "parsed",
  brief: "Image to add, from any place",
  placeholder: "IMAGE",
  parse: parseLocation,
  optional: true,
  variadic: ",",
};

/** Whether an appended index is taken apart. */
export const FLATTEN_FLAG: TypedFlagParameter<boolean, Context> = {
  kind: "boolean",
  brief: "Add what an index lists rather than the index itself; --no-flatten for that",
  default: true,
};

/** Platforms of an index that are meant. */
export const PLATFORMS_FLAG: TypedFlagParameter<readonly Platform[] | undefined, Context> = {
  kind: "parsed",
  brief: "Platform: os[/arch[/variant]][:osversion]",
  placeholder: "PLATFORM",
  parse: (text: string) => parsePlatform(text),
  optional: true,
  variadic: ",",
};
