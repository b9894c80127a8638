/** A system on which an apply has come to its end, for tests of what is known of it: records, seal, one image. */

import { encodePath } from "../../lib/bytes.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { System } from "../../lib/config/system.ts";
import { encodeReport, type ReportImage } from "../../lib/manifest/report.ts";
import { encodeRunProfile } from "../../lib/manifest/profile.ts";
import { encodeSeal } from "../../lib/manifest/seal.ts";
import { formatDevice } from "../../lib/state/identity.ts";
import { mountTmpfs, remountReadOnly, unmount } from "../../lib/sys/mounts.ts";
import { enterPrivateMountNamespace } from "../../lib/sys/namespace.ts";
import { makeProfile, type Node, type Tree, withTree } from "./nodes.ts";
import { makeReport } from "./report.ts";

const UNPACK_DIR = "run/torcx/unpack";

/** What the vendor's profile and the stores of the system hold; the archive is none. */
const SYSTEM: Record<string, Node> = {
  "usr/lib/os-release": "VERSION_ID=1\n",
  "usr/share/torcx/profiles/vendor.json": makeProfile("hello:1"),
  "var/lib/torcx/store/hello:1.torcx.tgz": "archive",
};

/** The image of the report. */
export const HELLO: ReportImage = {
  name: "hello",
  reference: "1",
  profile: "vendor",
  archive_path: "/var/lib/torcx/store/hello:1.torcx.tgz",
  format: "tgz",
  compressed_bytes: 7,
  archive_device: null,
  archive_inode: null,
  archive_mtime: null,
  tree_device: null,
  tree_inode: null,
  unpacked_bytes: 0,
  entries: null,
  duration_ms: 1,
  errors: [],
};

/** Returns the text of the seal of such a run. */
export function makeSealText({ paths }: Settings): string {
  const { runProfile, binDir, unpackDir } = paths;
  return encodeSeal({
    lowerProfiles: ["vendor"],
    upperProfile: "",
    profilePath: runProfile,
    binDir,
    unpackDir,
  });
}

/** Makes the system, with its tree in a tmpfs that this process alone sees, and runs the test. It takes root. */
export async function withApplied(
  use: (tree: Tree, system: System) => void | Promise<void>,
  nodes: Record<string, Node> = {},
): Promise<void> {
  // A root that is opened before lies among the mounts that all see.
  enterPrivateMountNamespace();
  await withTree(
    { ...SYSTEM, [UNPACK_DIR]: { dir: true }, "run/metadata": { dir: true }, ...nodes },
    async (tree) => {
      const { root, path } = tree;
      const target = encodePath(`/${UNPACK_DIR}`);
      mountTmpfs(root, target, { size: "1m" });
      try {
        Deno.mkdirSync(`${path}/${UNPACK_DIR}/hello`);
        remountReadOnly(root, target);
        const system = tree.readSystem();
        const stat = root.stat(target);
        const report = makeReport({
          lower_profiles: ["vendor"],
          upper_profile: null,
          images: [HELLO],
          unpack_device: formatDevice(stat),
          unpack_inode: String(stat.ino),
        });
        Deno.writeTextFileSync(`${path}/run/torcx/report.json`, encodeReport(report));
        Deno.writeTextFileSync(`${path}/run/torcx/profile.json`, encodeRunProfile([HELLO]));
        Deno.writeTextFileSync(`${path}/run/metadata/torcx`, makeSealText(system.settings));
        await use(tree, system);
      } finally {
        unmount(root, target);
      }
    },
  );
}
