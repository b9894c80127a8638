/**
 * Owns where the @std packages of this very program come from. A build writes what it found in this file's place: in a
 * bundle there is nothing left to ask.
 */

/** JSR, or the stand-ins of a build or a run without it. */
export const STD_SOURCE: "jsr" | "stand-ins" = import.meta.resolve("@std/cli/parse-args").startsWith("file:")
  ? "stand-ins"
  : "jsr";
