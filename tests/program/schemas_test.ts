/** Holds the JSON of a whole life of a system against the schemas: planned, applied, asked about. */

import { assert, assertEquals } from "@std/assert";
import { makeProfile, OS_RELEASE, withTree, writeNodes } from "../support/nodes.ts";
import { VERBS } from "../../lib/cli/options/verbs.ts";
import { OUTPUT_KINDS } from "../../lib/manifest/outputs/kinds.ts";
import { findSchemaFaults } from "../support/schemas.ts";
import { runTorcx } from "../support/binary.ts";
import { testWith } from "../support/needs.ts";

const STORE = "var/lib/torcx/store";
const MANIFEST = { kind: "image-manifest-v0", value: { bin: ["/bin"], units: ["/hello.service"] } };

async function withSystem(use: (path: string) => Promise<void>): Promise<void> {
  const nodes = {
    ...OS_RELEASE,
    "usr/share/torcx/profiles/vendor.json": makeProfile("hello:1"),
    "etc/torcx/next-profile": "vendor\n",
    [`${STORE}/x`]: "",
    "usr/share/torcx/remotes/os/remote.json":
      '{"kind":"remote-manifest-v0","value":{"base_url":"file:///usr/share/addons"}}',
    "hello/bin/hello": "#!/bin/sh\n",
    "hello/hello.service": "[Service]\n",
    "hello/.torcx/manifest.json": JSON.stringify(MANIFEST),
    // The system has this unit already: a conflict for the report.
    "run/systemd/system/hello.service": "[Unit]\n",
  };
  await withTree(nodes, async ({ path }) => {
    const args = ["-C", `${path}/hello`, "-czf", `${path}/${STORE}/hello:1.torcx.tgz`, "."];
    assert(new Deno.Command("tar", { args }).outputSync().success);
    writeNodes(path, { out: { dir: true } });
    await use(path);
  });
}

/** The kinds that were seen. */
const seen = new Set<string>();

async function check(path: string, kind: string, code: number, ...args: string[]): Promise<void> {
  const result = await runTorcx([...args, "--root", path], { through: ["unshare", "-m"] });
  assertEquals(result.code, code, `${args.join(" ")}: ${result.stderr}`);
  const document = JSON.parse(result.stdout);
  assertEquals([document.kind, findSchemaFaults(document)], [kind, undefined], result.stdout);
  const verb = OUTPUT_KINDS.filter((row) => row.kind === kind).map((row) => row.verb);
  assertEquals(verb, [
    VERBS.map(({ command }) => command as string).find((name) => `${args.join(" ")} `.startsWith(`${name} `)),
  ]);
  seen.add(kind);
}

testWith(
  "the JSON of every verb is valid by its schema before, during and after an apply",
  { isRoot: true },
  () =>
    withSystem(async (path) => {
      await check(path, "torcx-status-v0", 3, "status");
      await check(path, "torcx-apply-plan-v0", 0, "apply", "--dry-run");
      await check(
        path,
        "torcx-image-extract-v0",
        0,
        "image",
        "extract",
        `/${STORE}/hello:1.torcx.tgz`,
        "/out",
      );
      await check(path, "torcx-apply-report-v0", 0, "apply");
      const report = JSON.parse(Deno.readTextFileSync(`${path}/run/torcx/report.json`));
      assertEquals([report.value.outcome, report.value.conflicts.length], ["sealed", 1]);
      assertEquals(findSchemaFaults(report), undefined);
      assertEquals(
        findSchemaFaults(JSON.parse(Deno.readTextFileSync(`${path}/run/torcx/profile.json`))),
        undefined,
      );
      // The mounts went with the namespace of the apply: promise 19's tests show a sealed system.
      await check(path, "torcx-status-v0", 1, "status");
      await check(path, "torcx-why-v0", 0, "why", "hello");
      await check(path, "torcx-profile-list-v0", 0, "profile", "list");
      await check(path, "torcx-profile-v0", 0, "profile", "show", "vendor");
      await check(path, "torcx-settings-v0", 0, "config", "show");
      await check(path, "torcx-plan-v0", 0, "plan");
      await check(path, "torcx-profile-new-v0", 0, "profile", "new", "--from", "vendor", "--name", "edge");
      await check(path, "torcx-profile-set-next-v0", 0, "profile", "set-next", "edge");
      await check(path, "torcx-profile-use-image-v0", 0, "profile", "use-image", "--name", "edge", "hello:");
      await check(path, "torcx-profile-diff-v0", 0, "profile", "diff", "vendor", "edge");
      await check(
        path,
        "torcx-profile-remove-image-v0",
        0,
        "profile",
        "remove-image",
        "--name",
        "edge",
        "hello",
      );
      await check(path, "torcx-populate-v0", 0, "profile", "populate", "--name", "vendor");
      await check(path, "torcx-remote-list-v0", 0, "remote", "list");
      await check(path, "torcx-remote-v0", 0, "remote", "show", "os");
      await check(path, "torcx-remote-check-v0", 0, "remote", "check", "os");
      await check(path, "torcx-image-list-v0", 0, "image", "list");
      await check(path, "torcx-image-prune-v0", 0, "image", "prune", "--dry-run");
      await check(
        path,
        "torcx-image-clear-versioned-v0",
        0,
        "image",
        "clear-versioned",
        "-k",
        "1",
        "--force",
      );
      await check(path, "torcx-version-v0", 0, "version", "--output", "json");
      assertEquals([...seen].sort(), OUTPUT_KINDS.map((row) => row.kind).sort(), "each kind was printed");
    }),
);

testWith(
  "the report and the status of a failure are valid by their schemas",
  { isRoot: true },
  () =>
    withSystem(async (path) => {
      Deno.writeTextFileSync(`${path}/${STORE}/hello:1.torcx.tgz`, "no gzip");
      const { code } = await runTorcx(["apply", "--root", path], { through: ["unshare", "-m"] });
      assertEquals(code, 1);
      const report = JSON.parse(Deno.readTextFileSync(`${path}/run/torcx/report.json`));
      assertEquals([report.value.outcome, findSchemaFaults(report)], ["failed", undefined]);
      await check(path, "torcx-status-v0", 1, "status");
    }),
);
