/**
 * Owns what a fault means for the boot: today all images are needed, so that what makes one useless fails the
 * whole; the rest is told. It refuses to find faults, and to say more of them than what they are called.
 */

/** What a fault does to the boot: nothing is applied; it is applied without something; it is no worse for it. */
export type FaultMeaning = "fails" | "degrades" | "told";

/** What is known of a kind of fault. */
interface FaultRule {
  readonly meaning: FaultMeaning;
  /** Whether a boot may outgrow it: a store, or what lies in it, is there once its file system is mounted. */
  readonly isAwaited: boolean;
  /** What an error calls it behind the name of the image. */
  readonly title: string;
}

/** Every kind of fault, in the order in which an apply meets them. */
const FAULT_RULES = {
  /** The profile that is selected cannot be the upper one. */
  profile: { meaning: "degrades", isAwaited: false, title: "profile" },
  /** No store has an archive of the image. */
  missing: { meaning: "fails", isAwaited: true, title: "not found" },
  /** The archive cannot be one, by its head or by the kernel's word. */
  archive: { meaning: "fails", isAwaited: false, title: "archive" },
  /** The trees take more than the tmpfs may. */
  space: { meaning: "fails", isAwaited: false, title: "space" },
  /** The archive cannot be unpacked or mounted. */
  unpack: { meaning: "fails", isAwaited: false, title: "unpack" },
  /** The image's manifest cannot be used. */
  manifest: { meaning: "fails", isAwaited: false, title: "assets" },
  /** What the manifest asks for is not there, or cannot go where it belongs. */
  propagate: { meaning: "fails", isAwaited: false, title: "assets" },
  /** Another one has the place of an asset: it is kept. */
  conflict: { meaning: "told", isAwaited: false, title: "conflict" },
  /** Anything else that is odd. */
  warning: { meaning: "told", isAwaited: false, title: "warning" },
} as const satisfies Record<string, FaultRule>;

/** A kind of fault. */
export type FaultKind = keyof typeof FAULT_RULES;

/** The kinds of which one is an image's own. */
export type ImageFaultKind = "missing" | "archive" | "unpack" | "manifest" | "propagate";

/** Something that has a fault of a kind. */
interface Faulty {
  readonly kind: FaultKind;
}

/** Returns what a kind of fault is called behind the name of an image. */
export function getFaultTitle(kind: FaultKind): string {
  return FAULT_RULES[kind].title;
}

/** Returns the faults that the boot's apply does not survive. */
export function listFailing<F extends Faulty>(faults: readonly F[]): F[] {
  return faults.filter(({ kind }) => FAULT_RULES[kind].meaning === "fails");
}

/**
 * Returns what keeps a boot from being called good, the gravest first: what fails it, then what it goes on
 * without.
 *
 * @param options.isStrict counts what is told alone, too.
 */
export function listObjections<F extends Faulty>(
  faults: readonly F[],
  { isStrict = false }: { isStrict?: boolean } = {},
): F[] {
  const meanings: FaultMeaning[] = isStrict ? ["fails", "degrades", "told"] : ["fails", "degrades"];
  return meanings.flatMap((meaning) => faults.filter(({ kind }) => FAULT_RULES[kind].meaning === meaning));
}

/** Returns the faults that may be gone later in the same boot, so that the generator leaves the apply to a service. */
export function listAwaited<F extends Faulty>(faults: readonly F[]): F[] {
  return faults.filter(({ kind }) => FAULT_RULES[kind].isAwaited);
}
