/** Tests, through the real program, the verbs that look at the running system and at torcx itself. */

import { assertEquals } from "@std/assert";
import type { Node } from "../support/nodes.ts";
import { VERSION } from "../../lib/version.ts";
import { formatHelp } from "../../lib/cli/docs/help.ts";
import { formatManPage } from "../../lib/cli/docs/man.ts";
import { formatBashCompletion } from "../../lib/cli/docs/completion/bash.ts";
import { formatFishCompletion } from "../../lib/cli/docs/completion/fish.ts";
import { formatZshCompletion } from "../../lib/cli/docs/completion/zsh.ts";
import { encodeReport } from "../../lib/manifest/report.ts";
import { encodeSeal } from "../../lib/manifest/seal.ts";
import { makeReport } from "../support/report.ts";
import { isProgramCompiled, runTorcx } from "../support/binary.ts";
import { testProgram } from "../support/program_cases.ts";

/** Where the @std packages of this run come from, as the program says it. */
const STD = import.meta.resolve("@std/path").startsWith("file:") ? "stand-ins" : "jsr";

/** What an apply of profile edge leaves behind: one program, one unit, one conflict, one vanished link. */
const SEALED: Record<string, Node> = {
  "run/metadata/torcx": encodeSeal({
    lowerProfiles: ["vendor"],
    upperProfile: "edge",
    profilePath: "/run/torcx/profile.json",
    binDir: "/run/torcx/bin",
    unpackDir: "/run/torcx/unpack",
  }),
  "run/torcx/profile.json":
    '{"kind":"profile-manifest-v0","value":{"images":[{"name":"docker","reference":"2"}]}}\n',
  "run/torcx/report.json": encodeReport(makeReport({
    lower_profiles: ["vendor"],
    upper_profile: "edge",
    images: [{
      name: "docker",
      reference: "2",
      profile: "edge",
      archive_path: "/var/lib/torcx/store/docker:2.torcx.tgz",
      format: "tgz",
      compressed_bytes: 1,
      archive_device: null,
      archive_inode: null,
      archive_mtime: null,
      tree_device: null,
      tree_inode: null,
      unpacked_bytes: 2,
      entries: null,
      duration_ms: 3,
      errors: [],
    }],
    assets: [
      {
        image: "docker",
        kind: "bin",
        from: "/run/torcx/unpack/docker/bin/dockerd",
        to: "/run/torcx/bin/dockerd",
        link_text: "/run/torcx/unpack/docker/bin/dockerd",
        mode: null,
        digest: null,
        is_directory: false,
        raw_names: null,
      },
      {
        image: "docker",
        kind: "units",
        from: "/run/torcx/unpack/docker/units/docker.service",
        to: "/run/systemd/system/docker.service",
        link_text: null,
        mode: "0644",
        digest: null,
        is_directory: false,
        raw_names: null,
      },
    ],
    conflicts: [{
      image: "docker",
      kind: "units",
      from: "/run/torcx/unpack/docker/units/ssh.service",
      to: "/run/systemd/system/ssh.service",
      kept: "the system",
    }],
  })),
  "run/torcx/bin/dockerd": { link: "/run/torcx/unpack/docker/bin/dockerd" },
  "run/torcx/bin/ctr": { link: "/run/torcx/unpack/docker/bin/ctr" },
  "run/torcx/bin/local": { link: "/usr/bin/true" },
  "run/torcx/unpack/docker/bin/dockerd": "program",
};

const DOCKER = {
  name: "docker",
  reference: "2",
  profile: "edge",
  archive_path: "/var/lib/torcx/store/docker:2.torcx.tgz",
};
const NOT_PLANNED =
  'torcx: Cannot tell where "dockerd" would come from: the system is not sealed, and the next boot would bring no image, program or unit of that name\nHint: "torcx plan" tells why nothing is known of what "docker", "etcd" would bring\n';

function makeWhy(
  name: string,
  origins: unknown[],
  conflicts: unknown[] = [],
): { kind: string; value: unknown } {
  return { kind: "torcx-why-v0", value: { name, source: "running", origins, conflicts } };
}

const TREE = {
  kind: "image",
  path: "/run/torcx/unpack/docker",
  from: null,
  ...DOCKER,
  is_present: true,
  overridden_by: null,
};

testProgram([
  {
    does: "tells the image of a program",
    args: ["why", "dockerd"],
    system: SEALED,
    code: 0,
    stdout: makeWhy("dockerd", [{
      kind: "bin",
      path: "/run/torcx/bin/dockerd",
      from: "/run/torcx/unpack/docker/bin/dockerd",
      ...DOCKER,
      is_present: true,
      overridden_by: null,
    }]),
  },
  {
    does: "tells the image of a link that the report does not have",
    args: ["why", "/run/torcx/bin/ctr"],
    system: SEALED,
    code: 0,
    stdout: makeWhy("/run/torcx/bin/ctr", [{
      kind: "bin",
      path: "/run/torcx/bin/ctr",
      from: "/run/torcx/unpack/docker/bin/ctr",
      ...DOCKER,
      is_present: true,
      overridden_by: null,
    }]),
  },
  {
    does: "tells that a unit is gone, as text",
    args: ["why", "docker.service", "--output", "text"],
    system: SEALED,
    code: 0,
    stdout: [
      "unit /run/systemd/system/docker.service (gone)",
      "  from file   /run/torcx/unpack/docker/units/docker.service",
      "  of image    docker:2",
      "  by profile  edge",
      "  in archive  /var/lib/torcx/store/docker:2.torcx.tgz",
      "",
    ].join("\n"),
  },
  {
    does: "tells what an image of that name is",
    args: ["why", "docker:2"],
    system: SEALED,
    code: 0,
    stdout: makeWhy("docker:2", [TREE]),
  },
  {
    does: "tells the image of a path in its tree",
    args: ["why", "/run/torcx/unpack/docker/etc/x"],
    system: SEALED,
    code: 0,
    stdout: makeWhy("/run/torcx/unpack/docker/etc/x", [TREE]),
  },
  {
    does: "tells what it knows if the report is gone",
    args: ["why", "docker"],
    system: { ...SEALED, "run/torcx/report.json": null },
    code: 0,
    stdout: makeWhy("docker", [{ ...TREE, profile: null, archive_path: null }]),
  },
  {
    does: "tells of a conflict, as text",
    args: ["why", "ssh.service", "--output=table"],
    system: SEALED,
    code: 0,
    stdout: "unit /run/systemd/system/ssh.service is kept as the system has it, not as image docker\n",
  },
  {
    does: "fails if a link does not lead into an image",
    args: ["why", "local"],
    system: SEALED,
    code: 1,
    stderr:
      'torcx: Cannot tell where "local" comes from: torcx brought no image, program or unit of that name\nHint: List what it brought with "torcx status"\n',
  },
  {
    does: "fails if the system is not sealed and the plan does not know the name",
    args: ["why", "dockerd"],
    code: 1,
    stderr: NOT_PLANNED,
  },
  {
    does: "tells by the report if the seal is broken",
    args: ["why", "dockerd"],
    system: { ...SEALED, "run/metadata/torcx": "odd\n" },
    code: 0,
    stdout: /"path": "\/run\/torcx\/bin\/dockerd",\n/,
  },
  {
    does: "lists programs, units and images",
    args: ["__complete", "origins"],
    system: SEALED,
    code: 0,
    stdout: "ctr\ndocker\ndocker.service\ndockerd\n",
  },
  { does: "lists profiles", args: ["__complete", "profiles"], code: 0, stdout: "edge\noem\nvendor\n" },
  {
    does: "lists each image once, silently",
    args: ["__complete", "images"],
    code: 0,
    stdout: "docker\netcd\n",
  },
  {
    does: "lists archives",
    args: ["__complete", "archives"],
    code: 0,
    stdout: "docker:1\ndocker:2\netcd:3\n",
  },
  { does: "shows the help", args: ["help"], code: 0, stdout: formatHelp([]) },
  { does: "shows the help", args: ["--help"], code: 0, stdout: formatHelp([]) },
  { does: "shows the group's help", args: ["image", "--help"], code: 0, stdout: formatHelp(["image"]) },
  {
    does: "shows the verb's help and does nothing",
    args: ["profile", "set-next", "--help", "vendor"],
    code: 0,
    stdout: formatHelp(["profile", "set-next"]),
  },
  {
    does: "shows all versions",
    args: ["--version"],
    code: 0,
    // A build may have another Deno in it than the one that runs the tests.
    stdout: await isProgramCompiled()
      ? new RegExp(
        `^torcx ${VERSION} \\(deno \\d+\\.\\d+\\.\\d+, v8 [\\w.-]+, typescript [\\d.]+, @std ${STD}, ${Deno.build.target}\\)\\n$`,
      )
      : `torcx ${VERSION} (deno ${Deno.version.deno}, v8 ${Deno.version.v8}, typescript ${Deno.version.typescript}, @std ${STD}, ${Deno.build.target})\n`,
  },
  { does: "shows the version", args: ["version"], code: 0, stdout: new RegExp(`^torcx ${VERSION} \\(`) },
  { does: "prints the script", args: ["completion", "bash"], code: 0, stdout: formatBashCompletion() },
  { does: "prints the script", args: ["completion", "zsh"], code: 0, stdout: formatZshCompletion() },
  { does: "prints the script", args: ["completion", "fish"], code: 0, stdout: formatFishCompletion() },
  { does: "prints the page", args: ["man", "torcx"], code: 0, stdout: formatManPage("torcx") },
  {
    does: "prints the page",
    args: ["man", "torcx-generator"],
    code: 0,
    stdout: formatManPage("torcx-generator"),
  },
  {
    does: "fails if the config file is no JSON",
    args: ["why", "x"],
    system: { "etc/torcx/config.json": "{" },
    code: 1,
    stderr: /^torcx: Cannot .*"\/etc\/torcx\/config.json"/,
  },
]);

Deno.test("torcx fails if --root is no directory", async () => {
  assertEquals(await runTorcx(["status", "--root", "/dev/null/none"]), {
    code: 1,
    stdout: "",
    stderr:
      'torcx: Cannot open root "/dev/null/none": it is no usable directory\n  openat(AT_FDCWD, "/dev/null/none", 0o10200000): ENOTDIR (Not a directory)\n',
  });
});

Deno.test("torcx exits with 1 and says so in a line if nobody reads what it writes", async () => {
  // The reader has ended long before the program writes.
  const { stdout, stderr } = await runTorcx(["man", "torcx"], {
    through: ["bash", "-c", '{ sleep 0.3; "$@"; echo "exit $?" >&2; } | true', "bash"],
  });
  assertEquals({ stdout, stderr }, {
    stdout: "",
    stderr: "torcx: Cannot write to standard output: Broken pipe (os error 32); the command itself has run " +
      "to its end\nexit 1\n",
  });
});
