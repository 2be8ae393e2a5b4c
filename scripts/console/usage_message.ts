import {
  AliasNotFoundError,
  ArgumentParseError,
  EnumValidationError,
  FlagNotFoundError,
  UnexpectedFlagError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
} from "@stricli/core";
import { flagHere } from "./foreign_words.ts";

/** The flags whose values are nobody's business. */
const SECRET = /creds$|password$/i;

/** Says in one line what is wrong with a command's words, and what to write instead. */
export function usageMessage(error: unknown, command: string): string {
  const help = `"${command} --help" explains it`;
  if (error instanceof FlagNotFoundError) {
    const flags = error.corrections.map((name) => `--${name}`);
    const advice = flagHere(error.input) ?? didYouMean(flags, help);
    return `Cannot use --${error.input}: "${command}" has no such flag; ${advice}`;
  }
  if (error instanceof AliasNotFoundError) {
    return `Cannot use -${error.input}: "${command}" has no such flag; ${help}`;
  }
  if (error instanceof EnumValidationError) {
    const { externalFlagName: name, input, values } = error;
    return `Cannot use --${name} "${input}": expected ${values.join(", ")}`;
  }
  if (error instanceof UnexpectedFlagError) {
    const { externalFlagName: name, previousInput, input } = error;
    const inputs = SECRET.test(name) ? "" : `: got "${previousInput}" and "${input}"`;
    return `Cannot use --${name} twice${inputs}`;
  }
  if (error instanceof UnsatisfiedFlagError) {
    const { externalFlagName: name, nextFlagName: next } = error;
    const got = next === undefined ? "" : `, got --${next}`;
    return `Cannot run "${command}": expected --${name} with a value${got}; ${help}`;
  }
  if (error instanceof UnexpectedPositionalError) {
    const { expectedCount: count, input } = error;
    const most = count === 0 ? "no argument" : count === 1 ? "one argument" : `${count} arguments`;
    return `Cannot run "${command}": expected ${most}, got "${input}" too; ${help}`;
  }
  if (error instanceof UnsatisfiedPositionalError) {
    return `Cannot run "${command}": expected ${error.placeholder}; ${help}`;
  }
  if (error instanceof ArgumentParseError) {
    const { externalFlagNameOrPlaceholder: name, exception } = error;
    const where = name === name.toUpperCase() ? "" : ` (--${name})`;
    return `${exception instanceof Error ? exception.message : String(exception)}${where}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** Asks whether one of the corrections was meant; without any, says what else helps. */
export function didYouMean(corrections: readonly string[], otherwise: string): string {
  return corrections.length === 0 ? otherwise : `did you mean ${corrections.join(" or ")}?`;
}
