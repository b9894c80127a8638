/*
 * How the tests of boots are registered: once per release, skipped by name where no system can be booted. Owns no
 * case.
 */

import { testWith } from "../support/needs.ts";
import { nameRelease, type Release, RELEASES } from "../vm/releases.ts";

const PROGRAMS = ["mmdebstrap", "unshare", "nsenter", "losetup", "mksquashfs", "tar", "dd"];

/** Defines one test per release, "CLAIM (systemd VERSION)". */
export function testBoot(
  claim: string,
  run: (release: Release) => Promise<void>,
  releases: readonly Release[] = RELEASES,
): void {
  for (const release of releases) {
    const name = `${claim} (${nameRelease(release)})`;
    testWith(name, { isRoot: true, programs: PROGRAMS }, () => run(release));
  }
}
