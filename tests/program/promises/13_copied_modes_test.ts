/** Promise 13: what is copied for root's services is root's, and nobody else's to write. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeManifest, packImage } from "../../support/archives.ts";
import { makeProfile, OS_RELEASE, writeNodes } from "../../support/nodes.ts";
import { runSteps, withRoot } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";

const STORE = "var/lib/torcx/store";

const NODES = {
  ...OS_RELEASE,
  "etc/torcx/profiles/edge.json": makeProfile("docker:1"),
  "etc/torcx/next-profile": "edge\n",
};

/** One file of each kind, one in a directory, and one that is executable. */
const FILES: Record<string, string> = {
  "a.service": "run/systemd/system/a.service",
  "a.service.d/10.conf": "run/systemd/system/a.service.d/10.conf",
  "hook.service": "run/systemd/system/hook.service",
  "a.network": "run/systemd/network/a.network",
  "users.conf": "run/sysusers.d/users.conf",
  "files.conf": "run/tmpfiles.d/files.conf",
  "a.rules": "run/udev/rules.d/a.rules",
};

const MANIFEST = makeManifest({
  units: ["/a.service", "/a.service.d", "/hook.service"],
  network: ["/a.network"],
  sysusers: ["/users.conf"],
  tmpfiles: ["/files.conf"],
  udev_rules: ["/a.rules"],
});

testWith(
  "promise 13: copies are root's and 0644 or 0755, directories 0755, whatever the image's modes and the umask",
  { isRoot: true },
  () =>
    withRoot(NODES, async (root) => {
      const list = Object.keys(FILES).join(" ");
      writeNodes(`${root}/image`, {
        ...MANIFEST,
        ...Object.fromEntries(Object.keys(FILES).map((path) => [path, "# text\n"])),
      });
      const [packed, first, modes, directories, report] = await runSteps(root, [
        [
          `cd image`,
          `chmod 0777 a.service.d`,
          `chmod 0666 ${list}`,
          `chmod 06666 a.network`,
          `chmod 0611 hook.service`,
          `chmod 0600 a.rules`,
          `chown -R 1234:4321 .`,
          `cd ..; mkdir -p ${STORE}`,
          `tar --force-local -czf ${STORE}/docker:1.torcx.tgz -C image .`,
          // A group of the directory's own, and a default ACL, must not come through.
          `mkdir -p run/tmpfiles.d; chown 0:4321 run/tmpfiles.d; chmod 02755 run/tmpfiles.d`,
        ].join(" && "),
        "umask 0; torcx apply",
        `stat -c '%a %u %g %n' ${Object.values(FILES).join(" ")}`,
        "find run/systemd run/udev run/sysusers.d -type d -printf '%m %U %p\\n' | LC_ALL=C sort -k3",
        "cat run/torcx/report.json",
      ]);
      assertEquals(packed!.code, 0, packed!.output);
      assertEquals(first!.code, 0, first!.output);
      assertEquals(
        modes!.output,
        Object.values(FILES).map((path) => `${path.includes("hook") ? 755 : 644} 0 0 ${path}\n`).join(""),
      );
      assertEquals(
        directories!.output,
        [
          "run/systemd",
          "run/systemd/network",
          "run/systemd/system",
          "run/systemd/system/a.service.d",
          "run/sysusers.d",
          "run/udev",
          "run/udev/rules.d",
        ].map((path) => `755 0 ${path}\n`).join(""),
      );
      const { warnings, assets } = JSON.parse(report!.output).value;
      const writable = ["a.network", "a.service", "a.service.d/10.conf", "files.conf", "users.conf"];
      for (const path of writable) {
        const warning = warnings.find((text: string) => text.includes(`"/${path}" can be written by others`));
        assertMatch(
          warning ?? "none",
          /^image "docker:[^"]+": \w+ asset "[^"]+" can be written by others in the image \(mode /,
        );
      }
      assertEquals(warnings.length, writable.length, warnings.join("\n"));
      assertEquals(
        assets.map(({ to, mode }: { to: string; mode: string }) => `${mode} ${to}`).sort(),
        Object.values(FILES).map((path) => `${path.includes("hook") ? "0755" : "0644"} /${path}`).sort(),
      );
    }),
);

testWith(
  "promise 13: torcx plan gives the same warning",
  { isRoot: true },
  () =>
    withRoot(NODES, async (root) => {
      writeNodes(`${root}/image`, { ...makeManifest({ units: ["/a.service"] }), "a.service": "[Service]\n" });
      const [, plan] = await runSteps(root, [
        `chmod 0666 image/a.service; mkdir -p ${STORE}; tar --force-local -czf ${STORE}/docker:1.torcx.tgz -C image .`,
        "torcx plan --output json 2>/dev/null",
      ]);
      assertEquals(plan!.code, 0, plan!.output);
      const { warnings } = JSON.parse(plan!.output).value;
      assert(
        warnings.some((text: string) => /"\/a\.service" can be written by others .*0666/.test(text)),
        plan!.output,
      );
    }),
);

testWith(
  "promise 13: a unit of more than 16 MiB is copied, and taken back by --retry",
  { isRoot: true },
  () =>
    withRoot(NODES, async (root) => {
      const unit = `${"# long\n".repeat(2_500_000)}[Service]\n`;
      packImage(`${root}/${STORE}/docker:1.torcx.tgz`, {
        ...makeManifest({ units: ["/long.service"] }),
        "long.service": unit,
      });
      const [first, size, , failed, left, retried] = await runSteps(root, [
        "torcx apply",
        "cmp run/systemd/system/long.service run/torcx/unpack/docker/long.service && stat -c %s run/systemd/system/long.service",
        // The seal cannot be written: all that was made before it is taken back.
        "umount run/torcx/unpack; rm -r run/torcx run/systemd run/metadata; mkdir -p run/metadata/torcx/x",
        "torcx apply",
        "ls run/systemd/system 2>/dev/null",
        "rm -r run/metadata; torcx apply --retry && cmp run/systemd/system/long.service run/torcx/unpack/docker/long.service",
      ]);
      assertEquals(first!.code, 0, first!.output);
      assertEquals(size!.output, `${unit.length}\n`);
      assertEquals(failed!.code, 1, failed!.output);
      assertEquals(left!.output, "");
      assertEquals(retried!.code, 0, retried!.output);
    }),
);
