/** A small system with one image for the tests of RUN: a program, a unit, a drop-in, users. */

import { makeManifest, packImage } from "./archives.ts";
import { makeProfile, type Node } from "./nodes.ts";
import { withRoot } from "./e2e_system.ts";

const STORE = "var/lib/torcx/store";

/** The archive of the image, for steps that damage or mend it; `whole` is a sound copy. */
export const ARCHIVE = `${STORE}/hello:1.torcx.tgz`;

const IMAGE: Record<string, Node> = {
  ...makeManifest({
    bin: ["/bin"],
    units: ["/units/hello.service", "/units/hello.service.d", "/units/multi-user.target.wants"],
    sysusers: ["/hello.conf"],
  }),
  "bin/hello": "x".repeat(5000),
  "units/hello.service": "[Service]\n",
  "units/hello.service.d/10.conf": "[Service]\n",
  "units/multi-user.target.wants/hello.service": { link: "../hello.service" },
  "hello.conf": "u hello -\n",
};

/** Makes the system, runs the test, and removes it. */
export async function withRunSystem(
  nodes: Record<string, Node>,
  use: (root: string) => Promise<void>,
): Promise<void> {
  const system: Record<string, Node> = {
    "usr/lib/os-release": "VERSION_ID=1\n",
    "usr/share/torcx/profiles/vendor.json": makeProfile(),
    "etc/torcx/profiles/edge.json": makeProfile("hello:1"),
    "etc/torcx/next-profile": "edge\n",
    "run/systemd/.keep": "",
    ...nodes,
  };
  await withRoot(system, async (root) => {
    packImage(`${root}/${ARCHIVE}`, IMAGE);
    await Deno.copyFile(`${root}/${ARCHIVE}`, `${root}/whole`);
    await use(root);
  });
}

/** Says "not there" of the seal; the exit status tells. */
export const HAS_SEAL = "test -e run/metadata/torcx";
