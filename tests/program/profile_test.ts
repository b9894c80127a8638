/** Tests, through the real program, each profile verb: what it shows, what it changes, how it fails. */

import { assertEquals } from "@std/assert";
import { EDGE_PROFILE, type ProgramCase, SHADOW_WARNING, testProgram } from "../support/program_cases.ts";
import { encodeSeal } from "../../lib/manifest/seal.ts";
import { makeProfile, withTree } from "../support/nodes.ts";
import { findProgram, runTorcx } from "../support/binary.ts";
import { testWith } from "../support/needs.ts";

const SEALED = {
  "run/metadata/torcx": encodeSeal({
    lowerProfiles: ["vendor", "oem"],
    upperProfile: "edge",
    profilePath: "/run/torcx/profile.json",
    binDir: "/run/torcx/bin",
    unpackDir: "/run/torcx/unpack",
  }),
};
const BLANK = `${JSON.stringify({ kind: "profile-manifest-v0", value: { images: [] } }, null, 2)}\n`;
const NO_SELECTOR =
  'torcx: Cannot find the next profile: selector "/etc/torcx/next-profile" does not exist\nHint: Choose one with "torcx profile set-next NAME"\n';

/** Puts images into {@linkcode EDGE_PROFILE}. */
function makeEdge(images: unknown[]): string {
  const document = JSON.parse(EDGE_PROFILE);
  document.value.images = images;
  return `${JSON.stringify(document, null, 2)}\n`;
}

const ETCD = { name: "etcd", reference: "3", remote: "vendor" };

const LIST: ProgramCase[] = [
  {
    does: "lists profiles before an apply",
    args: ["profile", "list"],
    code: 0,
    stdout: {
      kind: "torcx-profile-list-v0",
      value: {
        lower_profile_names: [],
        user_profile_name: null,
        current_profile_path: null,
        next_profile_name: "edge",
        profiles: ["edge", "oem", "vendor"],
      },
    },
  },
  {
    does: "lists profiles without a selector, and believes no seal that is older than any run",
    args: ["profile", "list"],
    system: { ...SEALED, "etc/torcx/next-profile": null },
    code: 0,
    stdout: {
      kind: "torcx-profile-list-v0",
      value: {
        lower_profile_names: [],
        user_profile_name: null,
        current_profile_path: null,
        next_profile_name: null,
        profiles: ["edge", "oem", "vendor"],
      },
    },
  },
  {
    does: "skips a profile of an illegal name with a warning",
    args: ["profile", "list", "--output=text"],
    system: { "usr/share/oem/torcx/profiles/oem.json": null, "etc/torcx/profiles/a b.json": BLANK },
    code: 0,
    stdout: [
      "PROFILE  STATE  LAYER   FILE",
      "edge     next   user    /etc/torcx/profiles/edge.json",
      "vendor          vendor  /usr/share/torcx/profiles/vendor.json",
      "",
    ].join("\n"),
    stderr: 'torcx: warning: skipping profile "/etc/torcx/profiles/a b.json": its name is not legal\n',
  },
];

function made(path: string): { kind: string; value: unknown } {
  return { kind: "torcx-profile-new-v0", value: { changed: true, profile_path: path } };
}

const NEW: ProgramCase[] = [
  {
    does: "makes an empty profile and says which on a pipe",
    args: ["profile", "new", "--name", "mine"],
    code: 0,
    stdout: made("/etc/torcx/profiles/mine.json"),
    after: { "etc/torcx/profiles/mine.json": BLANK },
  },
  {
    does: "tells a person which file it made",
    args: ["profile", "new", "--output=text", "--name=mine"],
    code: 0,
    stdout: "made /etc/torcx/profiles/mine.json\n",
    after: { "etc/torcx/profiles/mine.json": BLANK },
  },
  {
    does: "copies bytes",
    args: ["profile", "new", "--from", "edge", "--name", "mine"],
    code: 0,
    stdout: made("/etc/torcx/profiles/mine.json"),
    after: { "etc/torcx/profiles/mine.json": EDGE_PROFILE },
  },
  {
    does: "copies the next profile to a path",
    args: ["profile", "new", "--from-next", "--file", "etc/mine.json"],
    code: 0,
    stdout: made("/etc/mine.json"),
    after: { "etc/mine.json": EDGE_PROFILE },
  },
  {
    does: "fails if the name exists in another layer",
    args: ["profile", "new", "--name", "vendor"],
    code: 1,
    stderr:
      'torcx: Cannot make profile "vendor": "/usr/share/torcx/profiles/vendor.json" exists\nHint: Choose another name\n',
  },
  {
    does: "fails if there is no next profile",
    args: ["profile", "new", "--from-next", "--name", "mine"],
    system: { "etc/torcx/next-profile": null },
    code: 1,
    stderr: NO_SELECTOR,
  },
  {
    does: "fails if the profile to copy is missing",
    args: ["profile", "new", "--from", "nope", "--name", "mine"],
    code: 1,
    stderr:
      'torcx: Cannot find profile "nope": no profile directory has it\nHint: List the profiles with "torcx profile list"\n',
  },
  {
    does: "is a wrong use if the file does not end in .json",
    args: ["profile", "new", "--file", "/etc/mine"],
    code: 2,
    stderr:
      'torcx: Cannot make profile "/etc/mine": a profile\'s file ends in ".json"\nHint: Give "--file /etc/mine.json"\n',
  },
];

function selected(name: string, changed: boolean): { kind: string; value: unknown } {
  const value = { changed, selector_path: "/etc/torcx/next-profile", next_profile_name: name };
  return { kind: "torcx-profile-set-next-v0", value };
}

const SET_NEXT: ProgramCase[] = [
  {
    does: "writes the selector",
    args: ["profile", "set-next", "vendor"],
    code: 0,
    stdout: selected("vendor", true),
    after: { "etc/torcx/next-profile": "vendor\n" },
  },
  {
    does: "writes nothing if the selector names the profile already",
    args: ["profile", "set-next", "edge"],
    code: 0,
    stdout: selected("edge", false),
  },
  {
    does: "tells a person when it counts",
    args: ["profile", "set-next", "vendor", "--output", "text"],
    code: 0,
    stdout: "profile vendor takes effect at the next boot\n",
    after: { "etc/torcx/next-profile": "vendor\n" },
  },
  {
    does: "fails if the profile does not exist",
    args: ["profile", "set-next", "nope"],
    code: 1,
    stderr:
      'torcx: Cannot find profile "nope": no profile directory has it\nHint: List the profiles with "torcx profile list"\n',
  },
];

function used(name: string, reference: string, changed: boolean): { kind: string; value: unknown } {
  const value = { changed, profile_path: "/etc/torcx/profiles/edge.json", name, reference };
  return { kind: "torcx-profile-use-image-v0", value };
}

const USE_IMAGE: ProgramCase[] = [
  {
    does: "replaces a reference in place and keeps the rest",
    args: ["profile", "use-image", "--name", "edge", "docker:1"],
    code: 0,
    stdout: used("docker", "1", true),
    stderr: SHADOW_WARNING,
    after: { "etc/torcx/profiles/edge.json": makeEdge([{ name: "docker", reference: "1" }, ETCD]) },
  },
  {
    does: "writes nothing if the profile lists the image so already",
    args: ["profile", "use-image", "--name", "edge", "docker:2"],
    code: 0,
    stdout: used("docker", "2", false),
    stderr: SHADOW_WARNING,
  },
  {
    does: "adds a missing image if that is allowed, and warns",
    args: ["profile", "use-image", "rkt:1", "--allow=missing", "--file", "/etc/torcx/profiles/edge.json"],
    code: 0,
    stdout: used("rkt", "1", true),
    stderr:
      `${SHADOW_WARNING}torcx: warning: image "rkt:1": not found in 3 stores: "/usr/share/torcx/store", "/var/lib/torcx/store/1.2.3", "/var/lib/torcx/store"\n`,
    after: {
      "etc/torcx/profiles/edge.json": makeEdge([
        { name: "docker", reference: "2" },
        ETCD,
        { name: "rkt", reference: "1" },
      ]),
    },
  },
  {
    does: "drops an image that a lower profile brings",
    args: ["profile", "use-image", "--name=edge", "docker:", "--output=text"],
    code: 0,
    stdout: "/etc/torcx/profiles/edge.json drops image docker\n",
    after: { "etc/torcx/profiles/edge.json": makeEdge([{ name: "docker", reference: "" }, ETCD]) },
  },
  {
    does: "fails if the image is in no store",
    args: ["profile", "use-image", "--name", "edge", "rkt:1"],
    code: 1,
    stderr:
      `${SHADOW_WARNING}torcx: Cannot use image "rkt:1": not found in 3 stores: "/usr/share/torcx/store", "/var/lib/torcx/store/1.2.3", "/var/lib/torcx/store"\nHint: Put its archive into a store first, or give "--allow=missing"\n`,
  },
  {
    does: "fails if the profile is no user profile",
    args: ["profile", "use-image", "--name", "vendor", "docker:1"],
    code: 1,
    stderr:
      'torcx: Cannot edit profile "vendor": it is no user profile but "/usr/share/torcx/profiles/vendor.json"\nHint: Copy it with "torcx profile new --from vendor --name NEW" and edit the copy\n',
  },
  {
    does: "fails if the file is malformed, and leaves it",
    args: ["profile", "use-image", "--name", "edge", "docker:1"],
    system: { "etc/torcx/profiles/edge.json": '{"kind":"profile-manifest-v0","value":{"images":{}}}' },
    code: 1,
    stderr: `${SHADOW_WARNING}${
      [
        'torcx: Cannot read profile "edge": it is not a valid profile file',
        '  Cannot parse "/etc/torcx/profiles/edge.json": value.images is an object, expected an array',
        'Hint: Correct value.images in "/etc/torcx/profiles/edge.json"',
        "",
      ].join("\n")
    }`,
  },
];

const REMOVE_IMAGE: ProgramCase[] = [
  {
    does: "removes an image, keeps the rest, and says what is gone",
    args: ["profile", "remove-image", "--name", "edge", "docker"],
    code: 0,
    stdout: {
      kind: "torcx-profile-remove-image-v0",
      value: {
        changed: true,
        profile_path: "/etc/torcx/profiles/edge.json",
        removed: [{ name: "docker", reference: "2", remote: null }],
      },
    },
    after: { "etc/torcx/profiles/edge.json": makeEdge([ETCD]) },
  },
  {
    does: "fails if the profile does not list the image",
    args: ["profile", "remove-image", "--name", "edge", "rkt"],
    code: 1,
    stderr:
      'torcx: Cannot remove image "rkt": "/etc/torcx/profiles/edge.json" does not list it\nHint: To drop an image that a lower profile brings, use it with an empty reference: "use-image NAME:"\n',
  },
];

const SHOW: ProgramCase[] = [
  {
    does: "shows images and archives",
    args: ["profile", "show", "edge"],
    system: { "var/lib/torcx/store/docker:2.torcx.tgz": null },
    code: 0,
    stdout: {
      kind: "torcx-profile-v0",
      value: {
        name: "edge",
        layer: "user",
        profile_path: "/etc/torcx/profiles/edge.json",
        manifest_kind: "profile-manifest-v1",
        images: [
          {
            name: "docker",
            reference: "2",
            remote: null,
            archive_path: "/var/lib/torcx/store/docker:2.torcx.squashfs",
            format: "squashfs",
          },
          {
            name: "etcd",
            reference: "3",
            remote: "vendor",
            archive_path: "/var/lib/torcx/store/1.2.3/etcd:3.torcx.tgz",
            format: "tgz",
          },
        ],
      },
    },
  },
  {
    does: "shows a table with what is missing and dropped",
    args: ["profile", "show", "mine", "--output=text"],
    system: {
      "etc/torcx/profiles/mine.json": makeProfile("docker:9", "etcd:"),
      "var/lib/torcx/store/docker:2.torcx.tgz": null,
    },
    code: 0,
    stdout: [
      "Profile: mine (user), profile-manifest-v0",
      "File:    /etc/torcx/profiles/mine.json",
      "IMAGE   REFERENCE  REMOTE  ARCHIVE",
      "docker  9          -       missing",
      "etcd    (dropped)  -       -",
      "",
    ].join("\n"),
  },
  {
    does: "fails if the profile does not exist",
    args: ["profile", "show", "nope"],
    code: 1,
    stderr:
      'torcx: Cannot find profile "nope": no profile directory has it\nHint: List the profiles with "torcx profile list"\n',
  },
];

const DIFF: ProgramCase[] = [
  {
    does: "tells what one changes",
    args: ["profile", "diff", "vendor", "edge"],
    code: 0,
    stdout: {
      kind: "torcx-profile-diff-v0",
      value: {
        before: "vendor",
        after: "edge",
        added: [ETCD],
        removed: [],
        changed: [{
          name: "docker",
          before: { name: "docker", reference: "1", remote: null },
          after: { name: "docker", reference: "2", remote: null },
        }],
        is_reordered: false,
      },
    },
  },
  {
    does: "tells it as text, the order too",
    args: ["profile", "diff", "edge", "mine", "--output", "text"],
    system: { "etc/torcx/profiles/mine.json": makeProfile("rkt:1", "etcd:3", "docker:2") },
    code: 0,
    stdout: "~ etcd:3 (remote vendor) -> etcd:3\n+ rkt:1\nthe images that both list come in another order\n",
  },
  {
    does: "says nothing if they are equal",
    args: ["profile", "diff", "edge", "edge", "--output=text"],
    code: 0,
  },
  {
    does: "fails if one is malformed",
    args: ["profile", "diff", "edge", "bad"],
    system: { "etc/torcx/profiles/bad.json": "[]" },
    code: 1,
    stderr:
      'torcx: Cannot read profile "bad": it is not a valid profile file\n  Cannot parse "/etc/torcx/profiles/bad.json": the document is an array, expected an object\nHint: Correct the document in "/etc/torcx/profiles/bad.json"\n',
  },
];

const MISSING_HINT = 'Hint: Put their archives into a store; "torcx config show" lists the stores\n';

const CHECK: ProgramCase[] = [
  { does: "passes silently", args: ["profile", "check"], code: 0, stderr: SHADOW_WARNING },
  {
    does: "tells a person that it passes",
    args: ["profile", "check", "--name", "vendor", "--output=text"],
    code: 0,
    stdout: 'profile "vendor": all images are there\n',
    stderr: SHADOW_WARNING,
  },
  {
    does: "fails naming each image that is missing",
    args: ["profile", "check"],
    system: { "etc/torcx/profiles/edge.json": makeProfile("docker:2", "a:1", "b:2", "c:") },
    code: 1,
    stderr:
      `${SHADOW_WARNING}torcx: Cannot use profile "edge": 2 of 3 images are missing: "a:1", "b:2" (not found in 3 stores: "/usr/share/torcx/store", "/var/lib/torcx/store/1.2.3", "/var/lib/torcx/store")\n${MISSING_HINT}`,
  },
  {
    does: "checks a file",
    args: ["profile", "check", "--file", "p.json"],
    system: { "p.json": makeProfile("docker:1") },
    code: 0,
    stderr: SHADOW_WARNING,
  },
  {
    does: "fails for another OS version",
    args: ["profile", "check", "-n", "1.2.1"],
    code: 1,
    stderr:
      `${SHADOW_WARNING}torcx: Cannot use profile "edge": 1 of 2 images are missing: "etcd:3" (not found in 2 stores: "/usr/share/torcx/store", "/var/lib/torcx/store")\n${MISSING_HINT}`,
  },
  {
    does: "skips images without a remote",
    args: ["profile", "check", "--remote-only"],
    system: {
      "var/lib/torcx/store/docker:2.torcx.squashfs": null,
      "var/lib/torcx/store/docker:2.torcx.tgz": null,
    },
    code: 0,
  },
  {
    does: "skips images without a remote, by the variable",
    args: ["profile", "check"],
    env: { TORCX_CHECK_REMOTE_ONLY: "true" },
    system: {
      "var/lib/torcx/store/docker:2.torcx.squashfs": null,
      "var/lib/torcx/store/docker:2.torcx.tgz": null,
    },
    code: 0,
  },
  {
    does: "passes an empty profile with a warning",
    args: ["profile", "check", "--name", "oem"],
    code: 0,
    stderr: 'torcx: warning: profile "oem" lists no images\n',
  },
  {
    does: "fails if there is no next profile",
    args: ["profile", "check"],
    system: { "etc/torcx/next-profile": null },
    code: 1,
    stderr: NO_SELECTOR,
  },
  {
    does: "fails if the file does not exist",
    args: ["profile", "check", "--file", "/p.json"],
    code: 1,
    stderr: /^torcx: Cannot read profile file "\/p\.json": it does not exist\n/,
  },
  {
    does: "fails if an archive is not sound",
    args: ["profile", "check", "--deep", "--name=vendor"],
    code: 1,
    stderr:
      /torcx: Cannot use profile "vendor": 1 of 1 archives are not sound: "docker:1"\n {2}Cannot use image "docker:1" from "\/usr\/share\/torcx\/store\/docker:1\.torcx\.tgz"\n {2}Cannot read gzip: the file is text, not gzip/,
  },
];

testWith(
  "torcx profile list tells the running profiles of a sealed system",
  { isRoot: true },
  () =>
    withTree({
      "usr/share/torcx/profiles/vendor.json": makeProfile(),
      "usr/share/oem/torcx/profiles/oem.json": makeProfile(),
      "etc/torcx/profiles/edge.json": makeProfile(),
      "etc/torcx/next-profile": "edge\n",
    }, async ({ path }) => {
      const { command } = await findProgram();
      const apply = [...command, "apply", "--root", path].map((word) => `'${word}'`).join(" ");
      const list = async (format: string): Promise<string> => {
        const args = ["profile", "list", "--root", path, "--output", format];
        const script = `${apply} > /dev/null 2>&1; exec "$@"`;
        const { code, stdout, stderr } = await runTorcx(args, {
          through: ["unshare", "-m", "sh", "-c", script, "sh"],
        });
        assertEquals(code, 0, stderr);
        await Deno.remove(`${path}/run`, { recursive: true });
        return stdout;
      };
      assertEquals(JSON.parse(await list("json")).value, {
        lower_profile_names: ["vendor", "oem"],
        user_profile_name: "edge",
        current_profile_path: "/run/torcx/profile.json",
        next_profile_name: "edge",
        profiles: ["edge", "oem", "vendor"],
      });
      assertEquals(
        await list("table"),
        [
          "PROFILE  STATE          LAYER   FILE",
          "edge     running, next  user    /etc/torcx/profiles/edge.json",
          "oem      running        oem     /usr/share/oem/torcx/profiles/oem.json",
          "vendor   running        vendor  /usr/share/torcx/profiles/vendor.json",
          "",
        ].join("\n"),
      );
    }),
);

testProgram([...LIST, ...NEW, ...SET_NEXT, ...USE_IMAGE, ...REMOVE_IMAGE, ...SHOW, ...DIFF, ...CHECK]);
