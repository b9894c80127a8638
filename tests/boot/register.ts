/*
 * How the tests of boots are registered: once per release, skipped by name where no system can be booted. Owns no
 * case.
 */

import { findMissingPrograms, say } from "../vm/command.ts";
import { nameRelease, type Release, RELEASES } from "../vm/releases.ts";

const PROGRAMS = ["mmdebstrap", "unshare", "nsenter", "losetup", "mksquashfs", "tar", "dd"];

const obstacle = await findObstacle();

/** Defines one test per release, "CLAIM (systemd VERSION)". */
export function testBoot(
  claim: string,
  run: (release: Release) => Promise<void>,
  releases: readonly Release[] = RELEASES,
): void {
  for (const release of releases) {
    const name = `${claim} (${nameRelease(release)})`;
    if (obstacle !== undefined) say(`skipped: ${name}: ${obstacle}`);
    Deno.test({ name, ignore: obstacle !== undefined, fn: () => run(release) });
  }
}

async function findObstacle(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "not root";
  const missing = await findMissingPrograms(PROGRAMS);
  return missing.length === 0 ? undefined : `programs not found: ${missing.join(", ")}`;
}
