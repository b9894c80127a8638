/** Files that the first torcx read and that are not quite as they should be, through the real program. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Node } from "../support/nodes.ts";
import { runSteps, withRoot } from "../support/e2e_system.ts";
import { packImage } from "../support/archives.ts";
import { SHADOW_WARNING, testProgram } from "../support/program_cases.ts";
import { testWith } from "../support/needs.ts";

const PROFILE_PATH = "etc/torcx/profiles/edge.json";
const CONFIG_PATH = "etc/torcx/config.json";
const PROFILE = `{
  "Kind": "profile-manifest-v0",
  "comment": "mine",
  "value": {
    "Images": [
      {
        "Name": "etcd",
        "REFERENCE": "3",
        "pin": 1.0
      }
    ]
  }
}
`;
const WARNINGS =
  `torcx: warning: "/etc/torcx/profiles/edge.json": key "Kind" at line 2 column 3 counts as "kind": spell it so
torcx: warning: "/etc/torcx/profiles/edge.json": unknown key "comment" at line 3 column 3 has no effect: known are "kind", "value"
torcx: warning: "/etc/torcx/profiles/edge.json": key "Images" of value at line 5 column 5 counts as "images": spell it so
torcx: warning: "/etc/torcx/profiles/edge.json": key "Name" of value.images[0] at line 7 column 9 counts as "name": spell it so
torcx: warning: "/etc/torcx/profiles/edge.json": key "REFERENCE" of value.images[0] at line 8 column 9 counts as "reference": spell it so
torcx: warning: "/etc/torcx/profiles/edge.json": unknown key "pin" of value.images[0] at line 9 column 9 has no effect: known are "name", "reference"
`;
const TAIL = `${PROFILE}}\n// old text\n`;
const TAIL_WARNING =
  'torcx: warning: "/etc/torcx/profiles/edge.json": what follows the JSON document at line 14 column 1 is passed over\n';

testProgram([
  {
    does: "reads keys in another case, and names them and the unknown ones",
    args: ["profile", "check"],
    system: { [PROFILE_PATH]: PROFILE },
    code: 0,
    stderr: WARNINGS + SHADOW_WARNING,
  },
  {
    does: "edits keys in another case in place, and keeps the unknown ones",
    args: ["profile", "use-image", "--name", "edge", "etcd:"],
    system: { [PROFILE_PATH]: PROFILE },
    code: 0,
    stdout: /torcx-profile-use-image-v0/,
    stderr: WARNINGS,
    after: { [PROFILE_PATH]: PROFILE.replace('"3"', '""') },
  },
  {
    does: "removes an image whose key is in another case",
    args: ["profile", "remove-image", "--name", "edge", "etcd"],
    system: { [PROFILE_PATH]: PROFILE },
    code: 0,
    stdout: /torcx-profile-remove-image-v0/,
    stderr: WARNINGS,
    after: { [PROFILE_PATH]: PROFILE.replace(/\[[^\]]*\]/, "[]") },
  },
  {
    does: "reads the first document of a profile, and warns of what follows",
    args: ["profile", "check"],
    system: { [PROFILE_PATH]: TAIL },
    code: 0,
    stderr: WARNINGS + TAIL_WARNING + SHADOW_WARNING,
  },
  {
    does: "selects a profile that text follows",
    args: ["profile", "set-next", "edge"],
    system: { [PROFILE_PATH]: TAIL, "etc/torcx/next-profile": "vendor\n" },
    code: 0,
    stdout: /torcx-profile-set-next-v0/,
    stderr: WARNINGS + TAIL_WARNING,
    after: { "etc/torcx/next-profile": "edge\n" },
  },
  ...([["use-image", "etcd:"], ["remove-image", "etcd"]] as const).map(([verb, image]) => ({
    does: "refuses to edit a profile whose text an edit would lose",
    args: ["profile", verb, "--name", "edge", image],
    system: { [PROFILE_PATH]: TAIL },
    code: 1 as const,
    stderr:
      `${WARNINGS}${TAIL_WARNING}torcx: Cannot edit profile "edge": more follows its JSON document at line 14 column 1 in "/etc/torcx/profiles/edge.json"
Hint: Correct the file by hand first: an edit would lose something of it
`,
  })),
  {
    does: "takes an image out whose reference is missing, and says so",
    args: ["profile", "check"],
    system: {
      [PROFILE_PATH]:
        '{"kind":"profile-manifest-v0","value":{"images":[{"name":"docker"},{"name":"x","reference":null}]}}',
    },
    code: 0,
    stderr: /images\[0\] has no reference: image "docker" is taken out, as with ""\n[^]*images\[1\] has no/,
  },
  {
    does: "reads a profile whose value is null as an empty one",
    args: ["profile", "check"],
    system: { [PROFILE_PATH]: '{"kind":"profile-manifest-v0","value":null}' },
    code: 0,
    stderr: /"value" is null: nothing is set\ntorcx: warning: profile "edge" lists no images\n$/,
  },
  ...([
    ["a comment", "// text\n", "line 1 column 1: JSON has no comments"],
    ["a byte order mark", "\ufeff", "line 1 column 1: it begins with a byte order mark"],
  ] as const).map(([what, text, fault]) => ({
    does: `refuses a profile with ${what}, and says which`,
    args: ["profile", "check"],
    system: { [PROFILE_PATH]: `${text}${PROFILE}` },
    code: 1 as const,
    stderr: new RegExp(`edge\\.json": it is not valid JSON at ${fault}\n`),
  })),
  {
    does: "takes folded keys of the config file, and what follows it for nothing",
    args: ["config", "show", "--output", "text"],
    system: {
      [CONFIG_PATH]:
        '{"kind":"torcx-config-v0","value":{"Base_Dir":"/srv/torcx","unpack_sise":"1g"}}\n}\n\0\0',
    },
    code: 0,
    stdout: /base_dir +\/srv\/torcx +config file "\/etc\/torcx\/config\.json"/,
    stderr:
      `torcx: warning: "/etc/torcx/config.json": key "Base_Dir" of value at line 1 column 36 counts as "base_dir": spell it so
torcx: warning: "/etc/torcx/config.json": unknown key "unpack_sise" of value at line 1 column 60 has no effect: did you mean "unpack_size"?
torcx: warning: "/etc/torcx/config.json": what follows the JSON document at line 2 column 1 is passed over
`,
  },
]);

/** A system of one image; its manifest, the profile and the config file are the tests'. */
async function withImage(manifest: string, use: (root: string) => Promise<void>): Promise<void> {
  const nodes: Record<string, Node> = {
    "usr/lib/os-release": "VERSION_ID=1\n",
    [CONFIG_PATH]: '{"kind":"torcx-config-v0","value":{"BASE_DIR":"/srv/torcx"}} }',
    [PROFILE_PATH]:
      '{"kind":"profile-manifest-v0","value":{"Images":[{"name":"hello","reference":"1"}]}}\n# mine\n',
    "etc/torcx/next-profile": "edge\n",
    run: { dir: true },
  };
  await withRoot(nodes, async (root) => {
    packImage(`${root}/srv/torcx/store/hello:1.torcx.tgz`, {
      "bin/hello": "#!/bin/sh\necho hello\n",
      ".torcx/manifest.json": manifest,
    });
    await use(root);
  });
}

const MANIFEST = '{"kind":"image-manifest-v0","value":{"Bin":["/bin"],"unit":["/x"]}}';
const TOLD = [
  '"/etc/torcx/config.json": key "BASE_DIR" of value at line 1 column 36 counts as "base_dir": spell it so',
  '"/etc/torcx/config.json": what follows the JSON document at line 1 column 62 is passed over',
  '"/etc/torcx/profiles/edge.json": key "Images" of value at line 1 column 40 counts as "images": spell it so',
  '"/etc/torcx/profiles/edge.json": what follows the JSON document at line 2 column 1 is passed over',
];
const TOLD_OF_IMAGE = [
  /^image "hello(:1)?": "hello(:1)?:\/\.torcx\/manifest\.json": key "Bin" of value at .* counts as "bin": spell it so \[key-spelling\]$/,
  /^image "hello(:1)?": "hello(:1)?:\/\.torcx\/manifest\.json": unknown key "unit" of value at .*: did you mean "units"\? \[unknown-key\]$/,
];

function assertTold(warnings: readonly string[]): void {
  for (const text of TOLD) assert(warnings.includes(text), `${text} is not in ${warnings.join("\n")}`);
  for (const pattern of TOLD_OF_IMAGE) {
    assert(warnings.some((text) => pattern.test(text)), `${pattern} is not in ${warnings.join("\n")}`);
  }
}

testWith(
  "what is odd in config, profile and image manifest is told by plan, check, apply and its report",
  { isRoot: true },
  () =>
    withImage(MANIFEST, async (root) => {
      const [plan, check, applied, hello, report] = await runSteps(root, [
        "torcx plan --output json 2>/dev/null",
        "torcx profile check --deep",
        "torcx apply --output text",
        "sh run/torcx/unpack/hello/bin/hello && readlink run/torcx/bin/hello",
        "cat run/torcx/report.json",
      ]);
      assertEquals([plan!.code, check!.code, applied!.code], [0, 0, 0], applied!.output);
      assertEquals(hello!.output, "hello\n/run/torcx/unpack/hello/bin/hello\n");
      assertTold(JSON.parse(plan!.output).value.warnings);
      assertTold(JSON.parse(report!.output).value.warnings);
      for (const { output } of [check!, applied!]) {
        assertTold(output.split("\n").map((line) => line.replace(/^torcx: warning: /, "")));
      }
    }),
);

testWith(
  "an image manifest that text follows fails plan and apply",
  { isRoot: true },
  () =>
    withImage(`${MANIFEST} // text`, async (root) => {
      const [plan, applied] = await runSteps(root, ["torcx plan", "torcx apply"]);
      for (const { code, output } of [plan!, applied!]) {
        assertEquals(code, 1);
        assertStringIncludes(output, "is not valid JSON at line 1 column 69: more follows the document");
      }
      assertMatch(applied!.output, /hello:1/);
    }),
);
