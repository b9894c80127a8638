/** Tests, through the real program, which entry, profile, store and value counts where several may be meant. */

import { assertEquals } from "@std/assert";
import { makeManifest, packImage, STORE } from "../support/archives.ts";
import { runSteps, withRoot } from "../support/e2e_system.ts";
import { testWith } from "../support/needs.ts";
import { type ProgramCase, SHADOW_WARNING, testProgram } from "../support/program_cases.ts";
import { makeProfile } from "../support/nodes.ts";

const EDGE = "etc/torcx/profiles/edge.json";
const TWICE = makeProfile("docker:9", "etcd:3", "docker:2");
const TWICE_WARNING =
  'torcx: warning: "/etc/torcx/profiles/edge.json": image "docker" is listed 2 times: the last entry counts\n';

function indent(text: string): string {
  return `${JSON.stringify(JSON.parse(text), null, 2)}\n`;
}

/** An image that is listed twice: the last entry counts. */
const ENTRIES: ProgramCase[] = [
  {
    does: "passes if the entry that counts is in a store, and warns",
    args: ["profile", "check"],
    system: { [EDGE]: TWICE },
    code: 0,
    stderr: TWICE_WARNING + SHADOW_WARNING,
  },
  {
    does: "fails if the entry that counts is missing, though another one is there",
    args: ["profile", "check"],
    system: { [EDGE]: makeProfile("docker:2", "docker:9") },
    code: 1,
    stderr: /^torcx: warning: [^\n]* is listed 2 times: [^\n]*\n[^]*1 of 1 images are missing: "docker:9" /,
  },
  {
    does: "changes the entry that counts, and says so",
    args: ["profile", "use-image", "--name", "edge", "docker:1"],
    system: { [EDGE]: TWICE },
    code: 0,
    stdout: {
      kind: "torcx-profile-use-image-v0",
      value: { changed: true, profile_path: `/${EDGE}`, name: "docker", reference: "1" },
    },
    stderr: SHADOW_WARNING + TWICE_WARNING +
      `torcx: warning: of the 2 entries of image "docker" in "/${EDGE}" the last one is set\n`,
    after: { [EDGE]: indent(makeProfile("docker:9", "etcd:3", "docker:1")) },
  },
  {
    does: "does not miss an image that the last entry takes out",
    args: ["profile", "check"],
    system: { [EDGE]: makeProfile("docker:9", "docker:") },
    code: 0,
    stderr: TWICE_WARNING + SHADOW_WARNING,
  },
  {
    does: "compares the entries that count",
    args: ["profile", "diff", "vendor", "edge"],
    system: { [EDGE]: makeProfile("docker:9", "etcd:", "docker:1") },
    code: 0,
    stdout: {
      kind: "torcx-profile-diff-v0",
      value: {
        before: "vendor",
        after: "edge",
        added: [{ name: "etcd", reference: "", remote: null }],
        removed: [],
        changed: [],
        is_reordered: false,
      },
    },
    stderr: TWICE_WARNING,
  },
  {
    does: "shows which entries count",
    args: ["profile", "show", "edge", "--output", "text"],
    system: { [EDGE]: makeProfile("docker:9", "etcd:", "docker:1") },
    code: 0,
    stdout: new RegExp(
      [
        "\ndocker +9 +- +\\(a later entry counts\\)",
        "etcd +\\(dropped\\) +- +-",
        "docker +1 +- +/usr/share/torcx/store/docker:1.torcx.tgz\n$",
      ].join(" *\n"),
    ),
    stderr: TWICE_WARNING + SHADOW_WARNING,
  },
  {
    does: "passes over entries without a name",
    args: ["profile", "check"],
    system: {
      [EDGE]: JSON.stringify({
        kind: "profile-manifest-v0",
        value: {
          images: [null, { reference: "1" }, { name: "", reference: "1" }, { name: "etcd", reference: "3" }],
        },
      }),
    },
    code: 0,
    stderr: new RegExp(
      "^torcx: warning: [^\n]*value.images\\[0\\] is null: it sets nothing\n" +
        [0, 1, 2].map((at) =>
          `torcx: warning: [^\n]*value.images\\[${at}\\] has no name: it is passed over\n`
        )
          .join("") +
        SHADOW_WARNING.replace(/[/.]/g, "\\$&") + "$",
    ),
  },
];

const TWINS = {
  "etc/torcx/profiles/foo.json": makeProfile(),
  "etc/torcx/profiles/foo.json.json": makeProfile("etcd:3"),
};

/** Profiles whose names end as their files do. */
const NAMES: ProgramCase[] = [
  ...([[TWINS, "both are there"], [
    { ...TWINS, "etc/torcx/profiles/foo.json": null },
    "it alone is there",
  ]] as const)
    .map(([system, where]): ProgramCase => ({
      does: `selects the profile of that very name where ${where}`,
      args: ["profile", "set-next", "foo.json"],
      system,
      code: 0,
      stdout: {
        kind: "torcx-profile-set-next-v0",
        value: { changed: true, selector_path: "/etc/torcx/next-profile", next_profile_name: "foo.json" },
      },
      after: { "etc/torcx/next-profile": "foo.json.json\n" },
    })),
  {
    does: "selects no other profile than the one named",
    args: ["profile", "set-next", "foo.json"],
    system: { "etc/torcx/profiles/foo.json": makeProfile() },
    code: 1,
    stderr: 'torcx: Cannot find profile "foo.json": no profile directory has it\n' +
      'Hint: Did you mean "foo"? A profile is named without the ending of its file\n',
  },
  {
    does: "lists the profile that the selector means, one ending dropped",
    args: ["profile", "list"],
    system: { ...TWINS, "etc/torcx/next-profile": " foo.json.json\t\n" },
    code: 0,
    stdout: /"next_profile_name": "foo\.json",/,
  },
  {
    does: "takes the selector of the first torcx as it did",
    args: ["profile", "list"],
    system: { ...TWINS, "etc/torcx/next-profile": "foo.json\n" },
    code: 0,
    stdout: /"next_profile_name": "foo",/,
  },
  {
    does: "checks the profile of that very name",
    args: ["profile", "check", "--name", "foo.json", "--output", "text"],
    system: TWINS,
    code: 0,
    stdout: 'profile "foo.json": all images are there\n',
    stderr: SHADOW_WARNING,
  },
  {
    does: "edits the profile of that very name",
    args: ["profile", "use-image", "--name", "foo.json", "docker:1", "--output", "text"],
    system: TWINS,
    code: 0,
    stdout: "/etc/torcx/profiles/foo.json.json uses image docker:1\n",
    stderr: SHADOW_WARNING,
    after: { "etc/torcx/profiles/foo.json.json": indent(makeProfile("etcd:3", "docker:1")) },
  },
  {
    does: "copies the profile that is selected",
    args: ["profile", "new", "--from-next", "--name", "copy", "--output", "text"],
    system: { ...TWINS, "etc/torcx/next-profile": "foo.json.json\n" },
    code: 0,
    stdout: "made /etc/torcx/profiles/copy.json\n",
    after: { "etc/torcx/profiles/copy.json": makeProfile("etcd:3") },
  },
];

const OEM_STORE = "usr/share/oem/torcx/store/oem:1.torcx.tgz";
const OTHERS_ALONE = {
  kind: "torcx-image-list-v0",
  value: [{ name: "oem", reference: "1", filepath: `/${OEM_STORE}` }],
};
const NO_USER_STORE = {
  "var/lib/torcx/store/docker:2.torcx.tgz": null,
  "var/lib/torcx/store/docker:2.torcx.squashfs": null,
  [OEM_STORE]: "",
};

/** The unversioned vendor store, listed again. */
const STORES: ProgramCase[] = [
  {
    does: "leaves the vendor store out for another OS version, also where the config lists it",
    args: ["image", "list", "-n", "1.2.4"],
    system: {
      ...NO_USER_STORE,
      "etc/torcx/config.json": JSON.stringify({
        kind: "torcx-config-v0",
        value: { store_paths: ["/usr/share/torcx/store"] },
      }),
    },
    code: 0,
    stdout: OTHERS_ALONE,
  },
  {
    does: "leaves the vendor store out for another OS version, also where the variable lists it",
    args: ["image", "list", "--os-release=1.2.4"],
    env: { TORCX_STOREPATH: "/usr/share/torcx//store/:/usr/share/./torcx/store" },
    system: NO_USER_STORE,
    code: 0,
    stdout: OTHERS_ALONE,
  },
  {
    does: "keeps the vendor store for the running version",
    args: ["image", "list", "docker", "-n", "1.2.3"],
    env: { TORCX_STOREPATH: "/usr/share/torcx/store" },
    system: NO_USER_STORE,
    code: 0,
    stdout: {
      kind: "torcx-image-list-v0",
      value: [{ name: "docker", reference: "1", filepath: "/usr/share/torcx/store/docker:1.torcx.tgz" }],
    },
  },
];

const MISSING = { [EDGE]: makeProfile("none:1") };
const IS_MISSING = /1 of 1 images are missing: "none:1" /;
const MAYBE = 'counts for nothing: Cannot use "maybe": it is neither true nor false\n';

/** Truth values of `--remote-only`: only an image without a remote is missing. */
const VALUES: ProgramCase[] = [
  ...([
    [["--remote-only", "true"], "", 0, SHADOW_WARNING],
    [["--remote-only"], "", 0, SHADOW_WARNING],
    [["--remote-only", "--name", "edge"], "", 0, SHADOW_WARNING],
    [["--remote-only", "false"], "true", 1, IS_MISSING],
    [["--remote-only=F", "--name", "edge"], "1", 1, IS_MISSING],
    [[], "TRUE", 0, SHADOW_WARNING],
    [["--remote-only=maybe"], "T", 0, `torcx: warning: option "--remote-only" ${MAYBE}${SHADOW_WARNING}`],
    [["--remote-only", "maybe"], "", 1, IS_MISSING],
    [
      [],
      "maybe",
      1,
      new RegExp(`^torcx: warning: variable "TORCX_CHECK_REMOTE_ONLY" ${MAYBE}[^]*${IS_MISSING.source}`),
    ],
    [[], "tRUE", 1, IS_MISSING],
  ] as const).map(([args, variable, code, stderr]): ProgramCase => ({
    does: `${code === 0 ? "skips" : "misses"} an image without a remote if the variable is "${variable}"`,
    args: ["profile", "check", ...args],
    env: { TORCX_CHECK_REMOTE_ONLY: variable },
    system: MISSING,
    code,
    stderr,
  })),
];

testWith(
  "the entries that count are those of plan, boot, status and prune: the last ones, without those that take an image out",
  { isRoot: true, programs: ["unshare"] },
  () =>
    withRoot({
      "usr/lib/os-release": "VERSION_ID=1\n",
      "usr/share/torcx/profiles/vendor.json": makeProfile("away:1", "kept:1"),
      "etc/torcx/next-profile": "edge\n",
      [EDGE]: JSON.stringify({
        kind: "profile-manifest-v0",
        value: {
          images: [
            { name: "one", reference: "missing" },
            null,
            { reference: "1" },
            { name: "away", reference: "" },
            { name: "gone", reference: "1" },
            { name: "one", reference: "1" },
            { name: "gone", reference: "" },
          ],
        },
      }),
    }, async (root) => {
      for (const image of ["one", "kept"]) {
        packImage(`${root}/${STORE}/${image}:1.torcx.tgz`, {
          ...makeManifest({ bin: ["/bin"] }),
          [`bin/${image}`]: "",
        });
      }
      const [plan, apply, run, status, why, prune] = await runSteps(root, [
        "torcx plan --output json 2>/dev/null",
        "torcx apply --output json",
        "cat run/torcx/profile.json; ls run/torcx/bin",
        "torcx status --output json",
        "torcx why away",
        "torcx image prune --dry-run --output json 2>/dev/null",
      ]);
      const images = [["kept", "1", "vendor"], ["one", "1", "edge"]];
      const list = (text: string): string[][] =>
        JSON.parse(text).value.images.map(({ name, reference, profile }: Record<string, string>) => [
          name,
          reference,
          profile,
        ]);
      assertEquals([plan!.code, list(plan!.output)], [0, images]);
      const warnings = [
        "value.images[1] is null: it sets nothing",
        "value.images[1] has no name: it is passed over",
        "value.images[2] has no name: it is passed over",
        'image "one" is listed 2 times: the last entry counts',
        'image "gone" is listed 2 times: the last entry counts',
      ].map((text) => `torcx: warning: "/${EDGE}": ${text}`);
      assertEquals(apply!.output.split("\n").filter((line) => line.startsWith("torcx: ")), warnings);
      assertEquals(apply!.code, 0);
      assertEquals(run!.output, `${indent(makeProfile("kept:1", "one:1"))}kept\none\n`);
      const { state, drift } = JSON.parse(status!.output).value;
      assertEquals([status!.code, state, drift], [0, "sealed", []]);
      assertEquals(why!.code, 1);
      assertEquals(JSON.parse(prune!.output).value.removals, []);
    }),
);

testProgram([...ENTRIES, ...NAMES, ...STORES, ...VALUES]);
