/**
 * Owns the choice between the @std packages of JSR and the stand-ins beside this file: JSR if it answers
 * within three seconds, else the stand-ins; `TORCX_STD=jsr|local` forces one. `TORCX_LOCK=update` lets a new
 * npm package into the lock. The launcher, the build and the installation call it.
 */

import { fromFileUrl } from "./path.ts";

const PROBE_MS = 3000;
const IMPORT_MAP = fromFileUrl(import.meta.resolve("./import_map.json"));
// The top-level deno.lock has no npm packages: `deno task` would fetch them before anything else, with a
// certificate store that may not be the host's.
const LOCK = fromFileUrl(import.meta.resolve("../deno.lock"));

/** Which @std packages a command uses. */
export interface StdChoice {
  std: "jsr" | "local";
  /** One line for people. */
  note: string;
  /** Flags for a deno command that loads modules. */
  flags: string[];
}

/**
 * Chooses where the @std packages come from.
 *
 * @throws {TypeError} if `TORCX_STD` is neither `jsr` nor `local`.
 */
export async function chooseStd(): Promise<StdChoice> {
  const forced = Deno.env.get("TORCX_STD") ?? "";
  if (forced === "jsr") return useJsr("forced by TORCX_STD");
  if (forced === "local") return useLocal("forced by TORCX_STD");
  if (forced !== "") throw new TypeError(`Cannot use TORCX_STD="${forced}": it is neither "jsr" nor "local"`);
  const failure = await probeJsr();
  return failure === undefined ? useJsr("it answered") : useLocal(`JSR: ${failure}`);
}

function useJsr(why: string): StdChoice {
  return { std: "jsr", note: `@std packages: JSR (${why})`, flags: listLockFlags() };
}

function useLocal(why: string): StdChoice {
  const flags = [`--import-map=${IMPORT_MAP}`, ...listLockFlags()];
  return { std: "local", note: `@std packages: .tasks/std (${why})`, flags };
}

/** A package that the lock does not name is an error, unless its new entry is what is wanted. */
function listLockFlags(): string[] {
  return [`--lock=${LOCK}`, ...Deno.env.get("TORCX_LOCK") === "update" ? [] : ["--frozen"]];
}

/** Returns why JSR cannot be had, or undefined if it answers. */
async function probeJsr(): Promise<string | undefined> {
  const url = new URL("@std/path/meta.json", Deno.env.get("JSR_URL") ?? "https://jsr.io/");
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
    await response.json();
    return response.ok ? undefined : `answered ${response.status}`;
  } catch (error) {
    return error instanceof DOMException ? `no answer in ${PROBE_MS / 1000} s` : "not reached";
  }
}
