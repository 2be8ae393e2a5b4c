import { type Location, parseLocation } from "../../lib/places/location.ts";
import type {
  OpenedDestination,
  OpenedPlace,
  OpenedSource,
  OpenOptions,
} from "../../lib/places/open.ts";
import { openDestination, openPlace, openRepository, openSource } from "../../lib/places/open.ts";
import { present } from "../../lib/oci/present.ts";
import type { Platform } from "../../lib/oci/platform.ts";
import type { Reference, RepositoryName } from "../../lib/oci/reference.ts";
import type { Repository } from "../../lib/registry/repository.ts";
import type { Registry } from "../../lib/registry/registry.ts";
import type { Transport } from "../../lib/registry/transport.ts";
import type { CopyOptions } from "../../lib/store/copy.ts";
import type { CopyPlan } from "../../lib/store/plan_copy.ts";
import type { Destination } from "../../lib/store/store.ts";
import type { View } from "../../lib/image/image.ts";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import type { Context } from "./context.ts";
import type { SideFlags, TransferFlags } from "./flags.ts";
import { GivenCredentials, type GivenPlace, type Side } from "./given_credentials.ts";
import { localHint } from "./local_hint.ts";
import { DavitError } from "../../lib/errors.ts";
import type { RegistryRules } from "../../lib/mirrors/registry_rules.ts";
import { readRegistriesConfig } from "./registries_config.ts";
import { Output } from "./output.ts";
import { transportOptions } from "./transport_options.ts";
import { isStdin, stdinArchive } from "./stdin_archive.ts";
import { isStdout, openStdout } from "./stdout_archive.ts";

/** One run of a command: its output, and the places that it opens. */
export class Session implements AsyncDisposable {
  /** How the command speaks. */
  readonly output: Output;
  /** Ends all work. */
  readonly signal: AbortSignal;
  readonly #context: Context;
  readonly #flags: TransferFlags & SideFlags;
  readonly #given: GivenCredentials;
  #transport: Promise<Transport> | undefined;
  #rules: Promise<RegistryRules | undefined> | undefined;

  /** @param context Everything that is not an argument. @param flags The command's flags. */
  constructor(context: Context, flags: TransferFlags & SideFlags) {
    this.#context = context;
    this.#flags = flags;
    this.#given = new GivenCredentials(context, flags);
    this.output = new Output(context, flags);
    this.signal = context.signal;
  }

  /** What opening a place needs. */
  get places(): OpenOptions {
    return {
      transport: () => this.transport(),
      rules: () => this.#readRules(),
      onMirrorFailure: (place, reason) => this.#tellMirror(place, reason),
      signal: this.signal,
    };
  }

  /** How registries are spoken to: one transport, which is made at first use. */
  transport(): Promise<Transport> {
    return this.#transport ??= this.#openTransport();
  }

  /** The platform of the one image that is meant; `undefined` when all are. */
  get platform(): Platform | undefined {
    const { platform } = this.#flags;
    return platform === "all" ? undefined : platform;
  }

  /** Says that a registry, or a repository of it, may be shown the credentials of the flags. */
  bind(place: GivenPlace, side: Side): void {
    this.#given.bind(place, side);
  }

  /** The same for the name of a place, if that is a registry. */
  bindName(name: string, side: Side): void {
    const location = parseOrNothing(name);
    if (location?.kind === "registry") this.bind(location.reference, side);
  }

  /** Opens a place and what is named in it; an archive at `-` is standard input. */
  async open(location: Location): Promise<OpenedSource> {
    if (location.kind === "registry") this.bind(location.reference, "source");
    await using scope = new AsyncDisposableStack();
    try {
      const here = await this.#bringHere(location, scope);
      const { source, view } = scope.use(await openSource(here, this.places));
      const owned = scope.move();
      return { source, view, [Symbol.asyncDispose]: () => owned.disposeAsync() };
    } catch (error) {
      if (location.kind === "registry") await this.hint(location.reference);
      throw error;
    }
  }

  /** Says what else may have been meant by a name that failed: a file on this machine. */
  async hint(name: RepositoryName): Promise<void> {
    const hint = await localHint(name);
    if (hint !== undefined) this.output.note(hint);
  }

  /** Opens a layout or archive, to list what there is. */
  async openPlace(location: Location): Promise<OpenedPlace> {
    await using scope = new AsyncDisposableStack();
    const here = await this.#bringHere(location, scope);
    const { source } = scope.use(await openPlace(here, this.places));
    const owned = scope.move();
    return { source, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  }

  /** Opens a place for writing; an archive at `-` is standard output, and results make room. */
  async create(location: Location): Promise<OpenedDestination> {
    if (location.kind === "registry") this.bind(location.reference, "destination");
    if (!isStdout(location)) return await openDestination(location, this.places);
    this.output.leaveStdout();
    return await openStdout(location, this.#context.stdout);
  }

  /** Opens a registry's repository. @param side Whose credentials are for it. */
  async repository(
    reference: Pick<Reference, "registry" | "repository">,
    side: Side = "place",
  ): Promise<Repository> {
    this.bind(reference, side);
    (await this.#readRules())?.checkAccess(reference);
    return await openRepository(reference, this.places);
  }

  /** Says whether an image is read from somewhere else than its name says. */
  async isElsewhere({ tag, digest, ...name }: Reference): Promise<boolean> {
    const sources = (await this.#readRules())?.sourcesOf(name, digest ?? tag) ?? [];
    return sources.some(({ registry, repository }) =>
      registry !== name.registry || repository !== name.repository
    );
  }

  /** Opens a registry. */
  async registry(name: string): Promise<Registry> {
    this.bind({ registry: name }, "place");
    const { Registry } = await import("../../lib/registry/registry.ts");
    return new Registry(name, { transport: await this.transport() });
  }

  /** Copies a view as it is into a place, and tells of it. The caller commits. */
  async copy(
    view: View,
    destination: Destination,
    options: CopyOptions = {},
  ): Promise<Descriptor> {
    const { copy } = await import("../../lib/store/copy.ts");
    const { onEvent } = this.output;
    return await copy(view, destination, { onEvent, ...this.#copyOptions, ...options });
  }

  /** Works out what {@linkcode copy} would do, and does none of it. */
  async plan(view: View, destination: Destination, options: CopyOptions = {}): Promise<CopyPlan> {
    const { planCopy } = await import("../../lib/store/plan_copy.ts");
    return await planCopy(view, destination, { ...this.#copyOptions, ...options });
  }

  /** How registries are spoken to. */
  async transportOptions(): ReturnType<typeof transportOptions> {
    const { output } = this;
    const options = await transportOptions(this.#context, this.#flags, {
      output,
      given: this.#given,
    });
    const rules = options.insecure === true ? undefined : await this.#readRules();
    if (rules === undefined) return options;
    return { ...options, insecure: (registry) => rules.isInsecure(registry) };
  }

  /** What comes through standard input is a file for as long as it is needed. */
  async #bringHere(location: Location, scope: AsyncDisposableStack): Promise<Location> {
    if (!isStdin(location)) return location;
    return scope.use(await stdinArchive(this.#context, location)).location;
  }

  /** Where registries' images are read from, which is read at first use. */
  #readRules(): Promise<RegistryRules | undefined> {
    return this.#rules ??= readRegistriesConfig(this.#context, this.#flags.registriesConfig);
  }

  /** That a mirror lacks something is nothing to tell of. */
  #tellMirror(place: string, reason: unknown): void {
    const isMissing = reason instanceof DavitError && reason.code === "ERR_NOT_FOUND";
    if (isMissing && this.#flags.verbose !== true) return;
    const why = reason instanceof Error ? reason.message : String(reason);
    this.output.note(`${place} did not help: ${why}`);
  }

  get #copyOptions(): CopyOptions {
    const { jobs, allowNondistributableArtifacts: nondistributable } = this.#flags;
    return { signal: this.signal, ...present({ jobs, nondistributable }) };
  }

  async #openTransport(): Promise<Transport> {
    const { Transport } = await import("../../lib/registry/transport.ts");
    return new Transport(await this.transportOptions());
  }

  /** Closes connections and takes the progress line away. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.output[Symbol.dispose]();
    const transport = await this.#transport?.catch(() => undefined);
    transport?.[Symbol.dispose]();
  }
}

/** Whoever opens a place says what is wrong with its name. */
function parseOrNothing(name: string): Location | undefined {
  try {
    return parseLocation(name);
  } catch {
    return undefined;
  }
}
