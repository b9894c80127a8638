/** Promise 19: what is different from what was applied is seen, and what of it makes a system degraded. */

import { assertEquals, assertMatch } from "@std/assert";
import { makeProfile, type Node } from "../../support/nodes.ts";
import { STORE } from "../../support/archives.ts";
import { readStatusAfter } from "../../support/status_system.ts";
import { testWith } from "../../support/needs.ts";

const UNIT = "run/systemd/system/hello.service";
const UNPACK = "run/torcx/unpack";
const HELLO = `${STORE}/hello:1.torcx.tgz`;
const WRITABLE = `mount -o remount,rw ${UNPACK}`;
const READ_ONLY = `mount -o remount,ro ${UNPACK}`;

interface DriftCase {
  /** What is done to the running system. */
  steps: string[];
  code: 0 | 4;
  /** The kinds of drift, in order. */
  kinds: string[];
  message: RegExp;
  changes?: Record<string, Node>;
}

const CASES: Record<string, DriftCase> = {
  "a link is gone": {
    steps: ["rm run/torcx/bin/hello"],
    code: 4,
    kinds: ["asset_gone"],
    message: /bin\/hello" of image "hello" is gone$/,
  },
  "a link leads elsewhere": {
    steps: ["ln -sfn /bin/true run/torcx/bin/hello"],
    code: 4,
    kinds: ["asset_changed", "foreign"],
    message: /leads to "\/bin\/true" now, not to "\/run\/torcx\/unpack\/hello\/bin\/hello"$/,
  },
  "a link among units leads elsewhere": {
    steps: ["ln -sfn ../x.service run/systemd/system/x.target.wants/hello.service"],
    code: 4,
    kinds: ["asset_changed"],
    message: /leads to "\.\.\/x\.service" now, not to "\.\.\/hello\.service"$/,
  },
  "a link is a file now": {
    steps: ["rm run/torcx/bin/hello", "echo x > run/torcx/bin/hello"],
    code: 4,
    kinds: ["asset_changed", "foreign"],
    message: /is a file now, not the link that was made$/,
  },
  "a copied file has other bytes of the same count": {
    steps: [`printf '[service]\\n' > ${UNIT}`],
    code: 4,
    kinds: ["asset_changed"],
    message: /holds something else than was copied$/,
  },
  "a copied file has another mode": {
    steps: [`chmod 666 ${UNIT}`],
    code: 4,
    kinds: ["asset_changed"],
    message: /has mode 0666 now, not 0644$/,
  },
  "a copied file has another owner": {
    steps: [`chown 7 ${UNIT}`],
    code: 4,
    kinds: ["asset_changed"],
    message: /belongs to user 7 now$/,
  },
  "a copied file has another group": {
    steps: [`chgrp 7 ${UNIT}`],
    code: 4,
    kinds: ["asset_changed"],
    message: /belongs to group 7 now$/,
  },
  "a unit is a link now": {
    steps: [`mv ${UNIT} copy`, `ln -s /copy ${UNIT}`],
    code: 4,
    kinds: ["asset_changed"],
    message: /is a symlink now, not the file that was copied$/,
  },
  "a tree is not mounted any more": {
    steps: [`umount ${UNPACK}/sq`],
    code: 4,
    kinds: ["tree"],
    message: /"\/run\/torcx\/unpack\/sq", is not mounted any more$/,
  },
  "another mount is over a mounted tree": {
    steps: [`mount -t tmpfs tmpfs ${UNPACK}/sq`],
    code: 4,
    kinds: ["tree"],
    message: /sq", is another one than was made$/,
  },
  "another mount is instead of a tree": {
    steps: [`umount ${UNPACK}/sq`, `mount -t tmpfs -o ro tmpfs ${UNPACK}/sq`],
    code: 4,
    kinds: ["tree"],
    message: /sq", is another one than was made$/,
  },
  "another mount is over the unpack dir": {
    steps: [`mount -t tmpfs -o ro tmpfs ${UNPACK}`],
    code: 4,
    kinds: ["tree", "tree", "tree"],
    message: /^another mount is on "\/run\/torcx\/unpack"$/,
  },
  "the unpack dir is writable": {
    steps: [WRITABLE],
    code: 4,
    kinds: ["tree"],
    message: /^"\/run\/torcx\/unpack" is writable$/,
  },
  "a tree was emptied while it was writable": {
    steps: [WRITABLE, `rm -r ${UNPACK}/hello/units`, READ_ONLY],
    code: 4,
    kinds: ["tree"],
    message: /^4 files of the unpacked trees are gone: they were removed while these were writable$/,
  },
  "the program that a link leads to is gone": {
    steps: [WRITABLE, `rm ${UNPACK}/hello/bin/hello`, READ_ONLY],
    code: 4,
    kinds: ["tree", "tree"],
    message: /^1 file of the unpacked trees is gone|^1 files? of the unpacked trees are gone/,
  },
  "the run profile is another one": {
    steps: ["chmod u+w run/torcx/profile.json; echo >> run/torcx/profile.json"],
    code: 4,
    kinds: ["run_profile"],
    message: /profile\.json" is not what was written$/,
  },
  "the run profile is gone": {
    steps: ["rm run/torcx/profile.json"],
    code: 4,
    kinds: ["run_profile"],
    message: /profile\.json" is gone$/,
  },
  "the report is gone": {
    steps: ["rm run/torcx/report.json"],
    code: 4,
    kinds: ["tree"],
    message: /^the report of the run is gone$/,
  },
  "the report is another one": {
    steps: ['sed -i \'s/"edge"/"other"/\' run/torcx/report.json'],
    code: 4,
    kinds: ["tree", "next_profile", "next_image"],
    message: /is not the seal of the last run$/,
  },
  "the selected profile was not there": {
    changes: { "etc/torcx/next-profile": "nope\n" },
    steps: [],
    code: 4,
    kinds: ["profile_missing", "next_profile"],
    message: /names profile "nope", which does not exist$/,
  },
  "a step after the seal failed": {
    steps: [
      `sed -i 's/"steps": \\[\\]/"steps": [{"command":"systemctl x","duration_ms":1,"error":"no bus"}]/' run/torcx/report.json`,
    ],
    code: 4,
    kinds: ["step_failed"],
    message: /^"systemctl x" failed: no bus$/,
  },
  "a mounted archive was written to in its place": {
    steps: [`printf x >> ${STORE}/sq:1.torcx.squashfs`],
    code: 4,
    kinds: ["archive_overwritten"],
    message: /was written to while it is mounted \(its size has changed, its time has changed\)/,
  },
  "an archive is gone": {
    steps: [`rm ${HELLO}`],
    code: 0,
    kinds: ["archive_gone"],
    message: /^the archive of image "hello", .* is gone$/,
  },
  "an archive of the same size has other bytes": {
    steps: [
      `cp ${HELLO} copy`,
      `printf x | dd of=copy bs=1 seek=40 conv=notrunc status=none`,
      `mv copy ${HELLO}`,
    ],
    code: 0,
    kinds: ["archive_changed"],
    message: /is another one now: it is another file, its time has changed$/,
  },
  "an archive is newly shadowed": {
    steps: [`mkdir ${STORE}/1`, `cp ${HELLO} ${STORE}/1/`],
    code: 0,
    kinds: ["archive_shadowed"],
    message: /is shadowed by "\/var\/lib\/torcx\/store\/1\/hello:1\.torcx\.tgz" now$/,
  },
  "a link of others lies among the programs": {
    steps: ["ln -s /bin/true run/torcx/bin/true"],
    code: 0,
    kinds: ["foreign"],
    message: /^"\/run\/torcx\/bin\/true" was not made by torcx$/,
  },
  "another upper profile is selected": {
    changes: { "etc/torcx/profiles/none.json": makeProfile() },
    steps: ["echo none > etc/torcx/next-profile"],
    code: 0,
    kinds: ["next_profile", "next_image"],
    message: /^the upper profile changes from "edge" to "none"$/,
  },
  "a lower profile appears": {
    steps: [
      "mkdir -p usr/share/oem/torcx/profiles",
      "cp etc/torcx/profiles/edge.json usr/share/oem/torcx/profiles/oem.json",
    ],
    code: 0,
    kinds: ["next_profile"],
    message: /^the lower profiles change from "vendor" to "vendor", "oem"$/,
  },
  "a lower profile has another reference": {
    steps: ['sed -i \'s/"1"/"2"/\' usr/share/torcx/profiles/vendor.json'],
    code: 0,
    kinds: ["next_image"],
    message: /^image "hello" changes from "1" to "2"$/,
  },
  "the order of the images changes": {
    changes: { "etc/torcx/profiles/edge.json": makeProfile("hello:1", "sq:1") },
    steps: [`printf '%s' '${makeProfile("sq:1", "hello:1")}' > etc/torcx/profiles/edge.json`],
    code: 0,
    kinds: ["next_image"],
    message: /^the order of the images changes to "sq", "hello"$/,
  },
};

for (const [name, { steps, code, kinds, message, changes = {} }] of Object.entries(CASES)) {
  testWith(`promise 19: status exits with ${code} if ${name}`, { isRoot: true }, async () => {
    const found = await readStatusAfter(changes, ...steps);
    const { drift, state } = found.status;
    assertEquals(drift.map(({ kind }: { kind: string }) => kind), kinds, JSON.stringify(drift, null, 1));
    assertMatch(drift[0].message, message);
    assertEquals([found.code, state], [code, code === 0 ? "sealed" : "degraded"]);
  });
}
