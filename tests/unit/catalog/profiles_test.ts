import { assert, assertEquals } from "@std/assert";
import { listMessages, type TorcxError } from "../../../lib/errors.ts";
import { parseProfileName } from "../../../lib/manifest/names.ts";
import { createProfile, parseProfile } from "../../../lib/manifest/profile.ts";
import { selectProfiles } from "../../../lib/catalog/boot_profiles.ts";
import { mergeProfiles } from "../../../lib/catalog/merge.ts";
import {
  encodeSelector,
  getProfile,
  listProfiles,
  readProfile,
  readSelector,
} from "../../../lib/catalog/profiles.ts";
import { catchError, makeProfile, type Node, OS_RELEASE, withTree } from "../../support/nodes.ts";

const VENDOR = "usr/share/torcx/profiles";
const OEM = "usr/share/oem/torcx/profiles";
const USER = "etc/torcx/profiles";
const EMPTY = makeProfile();

Deno.test("listProfiles() lets a later directory override an earlier one (contract: Profile dirs)", () =>
  withTree({
    [`${VENDOR}/vendor.json`]: EMPTY,
    [`${VENDOR}/a.json`]: EMPTY,
    [`${OEM}/a.json`]: EMPTY,
    [`${OEM}/b.json`]: EMPTY,
    [`${USER}/b.json`]: EMPTY,
    [`${USER}/Z.json`]: EMPTY,
    ...OS_RELEASE,
  }, ({ log, readSystem }) => {
    const profiles = listProfiles(readSystem());
    assertEquals([...profiles.values()].map(({ name, layer, path }) => [name as string, layer, path]), [
      ["Z", "user", "/etc/torcx/profiles/Z.json"],
      ["a", "oem", "/usr/share/oem/torcx/profiles/a.json"],
      ["b", "user", "/etc/torcx/profiles/b.json"],
      ["vendor", "vendor", "/usr/share/torcx/profiles/vendor.json"],
    ]);
    assertEquals(log.lines, []);
  }));

Deno.test("listProfiles() takes regular files and symlinks to them, and skips illegal names with a warning", () =>
  withTree({
    [`${USER}/ok.json`]: EMPTY,
    [`${USER}/link.json`]: { link: "/elsewhere.json" },
    "elsewhere.json": EMPTY,
    [`${USER}/broken.json`]: { link: "missing" },
    [`${USER}/dir.json`]: { dir: true },
    [`${USER}/sub/deep.json`]: EMPTY,
    [`${USER}/a b.json`]: EMPTY,
    [`${USER}/a\nb.json`]: EMPTY,
    [`${USER}/.json`]: EMPTY,
    [`${USER}/...json`]: EMPTY,
    [`${USER}/.ok.json.tmp`]: EMPTY,
    [`${USER}/README`]: "x",
    ...OS_RELEASE,
  }, ({ log, readSystem }) => {
    assertEquals([...listProfiles(readSystem()).keys()] as string[], ["link", "ok"]);
    assertEquals(log.lines.length, 6);
    assert(log.lines.every((line) => line.startsWith("warning: skipping ")), log.lines.join("\n"));
  }));

Deno.test("getProfile() fails with the way out if there is none", () => {
  const error = catchError(() => getProfile(new Map(), parseProfileName("x"))) as TorcxError;
  assertEquals([error.code, error.hint], ["not_found", 'List the profiles with "torcx profile list"']);
  const edge = parseProfileName("edge");
  const profiles = new Map([[edge, { name: edge, path: "/edge.json", layer: "user" as const }]]);
  const other = catchError(() => getProfile(profiles, parseProfileName("edge.json"))) as TorcxError;
  assertEquals([other.code, other.hint], [
    "not_found",
    'Did you mean "edge"? A profile is named without the ending of its file',
  ]);
});

Deno.test("readProfile() names profile, file and fault", () =>
  withTree({
    [`${USER}/bad.json`]: makeProfile("a/b:1"),
    [`${USER}/fifo.json`]: { dir: true },
    ...OS_RELEASE,
  }, ({ root, path, log }) => {
    const read = (name: string): string[] =>
      listMessages(
        catchError(() =>
          readProfile({ root, log }, { name: parseProfileName(name), path: `/${USER}/${name}.json` })
        ),
      );
    assertEquals(read("bad").slice(0, 2), [
      'Cannot read profile "bad": it is not a valid profile file',
      'Cannot parse "/etc/torcx/profiles/bad.json": value.images[0].name is a string that cannot be one: it holds a character that is not allowed, expected an image name',
    ]);
    assertEquals(read("missing")[0], 'Cannot read profile "missing": it does not exist');
    assertEquals(read("fifo").length, 2);
    Deno.writeFileSync(`${path}/${USER}/utf8.json`, Uint8Array.of(0xff));
    assertEquals(
      read("utf8")[1],
      'Cannot parse "/etc/torcx/profiles/utf8.json": it is not valid JSON at line 1 column 1: it is not UTF-8',
    );
  }));

Deno.test("readSelector() trims blanks and drops .json (contract: Selector)", async () => {
  const cases: [string | undefined, string | undefined][] = [
    [undefined, undefined],
    ["", ""],
    ["\n", ""],
    ["edge", "edge"],
    ["  edge.json \r\n", "edge"],
    ["edge.json.json\n", "edge.json"],
    ["a\nb\n", "a\nb"],
  ];
  for (const [text, expected] of cases) {
    const nodes: Record<string, Node> = text === undefined ? {} : { "etc/torcx/next-profile": text };
    await withTree({ ...nodes, ...OS_RELEASE }, ({ readSystem }) => {
      assertEquals(readSelector(readSystem()), expected);
    });
  }
});

Deno.test("encodeSelector() is read back as the profile that it names, whatever its ending", async () => {
  for (const text of ["edge", "edge.json", "edge.json.json", ".json", "json", "edge.JSON", "a.json.b"]) {
    const name = parseProfileName(text);
    await withTree({ ...OS_RELEASE, "etc/torcx/next-profile": encodeSelector(name) }, ({ readSystem }) => {
      assertEquals(readSelector(readSystem()), text);
    });
  }
});

function merge(...profiles: string[][]): string[] {
  return mergeProfiles(
    profiles.map((images, index) => ({
      name: parseProfileName(`p${index}`),
      profile: parseProfile(makeProfile(...images), "f"),
    })),
  ).map(({ name, reference, profile }) => `${name}:${reference}@${profile}`);
}

Deno.test("mergeProfiles() replaces, moves, removes and keeps the order (contract: Boot, step 5)", () => {
  const cases: [string[][], string[]][] = [
    [[], []],
    [[[]], []],
    [[["a:1", "b:1"]], ["a:1@p0", "b:1@p0"]],
    [[["a:1", "b:1"], ["c:2"]], ["a:1@p0", "b:1@p0", "c:2@p1"]],
    [[["a:1", "b:1", "c:1"], ["b:2"]], ["a:1@p0", "c:1@p0", "b:2@p1"]],
    [[["a:1", "b:1"], ["a:"]], ["b:1@p0"]],
    [[["a:1"], ["a:"], ["a:3"]], ["a:3@p2"]],
    [[["a:", "b:1"]], ["b:1@p0"]],
    [[["a:1", "b:1"], ["c:2", "a:1"]], ["b:1@p0", "c:2@p1", "a:1@p1"]],
    [[["a:1", "b:1", "a:2"]], ["b:1@p0", "a:2@p0"]],
  ];
  for (const [profiles, expected] of cases) assertEquals(merge(...profiles), expected);
});

Deno.test("mergeProfiles() keeps the remote of the image that wins", () => {
  const images = [{ name: "a" as never, reference: "1", remote: "r" }];
  assertEquals(
    mergeProfiles([{
      name: parseProfileName("p"),
      profile: createProfile("profile-manifest-v1", images),
    }]) as unknown,
    [{ name: "a", reference: "1", remote: "r", profile: "p" }],
  );
});

interface SelectCase {
  nodes: Record<string, Node>;
  lower: string[];
  upper?: string;
  log?: string[];
  kernel?: string;
}

const LOWER = { [`${VENDOR}/vendor.json`]: makeProfile("v:1"), [`${OEM}/oem.json`]: makeProfile("o:1") };
const SELECTED = {
  ...LOWER,
  [`${USER}/edge.json`]: makeProfile("e:1", "o:2"),
  "etc/torcx/next-profile": "edge\n",
};
const DOCKER = {
  ...LOWER,
  [`${VENDOR}/docker-1.12-yes.json`]: EMPTY,
  [`${VENDOR}/docker-1.12-no.json`]: EMPTY,
};
const NO_UPPER = "warning: going on without an upper profile: Cannot find the next profile: ";
const MISSING_SELECTOR = `${NO_UPPER}selector "/etc/torcx/next-profile" does not exist`;

const SELECT_CASES: Record<string, SelectCase> = {
  "lower profiles that exist (contract: Boot, step 3)": {
    nodes: { [`${VENDOR}/oem.json`]: EMPTY },
    lower: ["oem"],
    log: [MISSING_SELECTOR],
  },
  "no profile at all": { nodes: {}, lower: [], log: [MISSING_SELECTOR] },
  "vendor, oem and the selector's (contract: Boot, step 4)": {
    nodes: SELECTED,
    lower: ["vendor", "oem"],
    upper: "edge",
  },
  "an empty selector": {
    nodes: { ...SELECTED, "etc/torcx/next-profile": " \n" },
    lower: ["vendor", "oem"],
    log: [`${NO_UPPER}selector "/etc/torcx/next-profile" is empty`],
  },
  "a selector that names an unknown profile": {
    nodes: { ...SELECTED, "etc/torcx/next-profile": "nope.json" },
    lower: ["vendor", "oem"],
    log: [`${NO_UPPER}selector "/etc/torcx/next-profile" names profile "nope", which does not exist`],
  },
  "a selector that holds an illegal name": {
    nodes: { ...SELECTED, "etc/torcx/next-profile": "../edge" },
    lower: ["vendor", "oem"],
    log: [
      `${NO_UPPER}selector "/etc/torcx/next-profile" holds no legal profile name`,
    ],
  },
  "torcx_profile= over the selector": {
    nodes: { ...SELECTED, [`${USER}/rescue.json`]: EMPTY },
    kernel: "torcx_profile=rescue",
    lower: ["vendor", "oem"],
    upper: "rescue",
  },
  "torcx_profile= that is unknown, not the selector's instead": {
    nodes: SELECTED,
    kernel: "torcx_profile=rescue",
    lower: ["vendor", "oem"],
    log: [
      `${NO_UPPER}torcx_profile= on the kernel command line names profile "rescue", which does not exist`,
    ],
  },
  "torcx_profile= that is empty": {
    nodes: SELECTED,
    kernel: "torcx_profile=",
    lower: ["vendor", "oem"],
    log: [`${NO_UPPER}torcx_profile= on the kernel command line is empty`],
  },
  "torcx_profile= that ends as a file does: that very profile": {
    nodes: { [`${USER}/foo.json`]: EMPTY, [`${USER}/foo.json.json`]: EMPTY },
    kernel: "torcx_profile=foo.json",
    lower: [],
    upper: "foo.json",
  },
  "torcx_profile= with a file's name: no other profile": {
    nodes: { ...SELECTED, [`${USER}/foo.json`]: EMPTY },
    kernel: "torcx_profile=foo.json",
    lower: ["vendor", "oem"],
    log: [
      `${NO_UPPER}torcx_profile= on the kernel command line names profile "foo.json", which does not exist`,
    ],
  },
  "torcx_profile= that is illegal": {
    nodes: SELECTED,
    kernel: "torcx_profile=a/b",
    lower: ["vendor", "oem"],
    log: [`${NO_UPPER}torcx_profile= on the kernel command line holds no legal profile name`],
  },
  "docker-1.12 = yes": {
    nodes: { ...DOCKER, "etc/coreos/docker-1.12": "yes\n" },
    lower: ["docker-1.12-yes", "oem"],
    log: [MISSING_SELECTOR],
  },
  "docker-1.12 = no": {
    nodes: { ...DOCKER, "etc/coreos/docker-1.12": " no " },
    lower: ["docker-1.12-no", "oem"],
    log: [MISSING_SELECTOR],
  },
  "docker-1.12 whose profile is missing": {
    nodes: { ...LOWER, "etc/coreos/docker-1.12": "yes" },
    lower: ["vendor", "oem"],
    log: [
      'error: cannot replace the vendor profile as "/etc/coreos/docker-1.12" asks: no profile "docker-1.12-yes"',
      MISSING_SELECTOR,
    ],
  },
  "docker-1.12 of another value": {
    nodes: { ...DOCKER, "etc/coreos/docker-1.12": "auto" },
    lower: ["vendor", "oem"],
    log: [
      'warning: ignoring "/etc/coreos/docker-1.12": it holds neither "yes" nor "no"',
      MISSING_SELECTOR,
    ],
  },
  "docker-1.12 that is no regular file": {
    nodes: { ...DOCKER, "etc/coreos/docker-1.12": { dir: true } },
    lower: ["vendor", "oem"],
    log: [
      'warning: ignoring "/etc/coreos/docker-1.12": Cannot read "/etc/coreos/docker-1.12": it is a directory, not a regular file',
      MISSING_SELECTOR,
    ],
  },
};

for (const [title, { nodes, lower, upper, log: lines = [], kernel = "" }] of Object.entries(SELECT_CASES)) {
  Deno.test(`selectProfiles() at boot: ${title}`, () =>
    withTree({ ...nodes, ...OS_RELEASE }, ({ root, log, readSettings }) => {
      const selection = selectProfiles({ root, settings: readSettings({}, kernel), log }, {
        onUnknown: "warn",
      });
      assertEquals([selection.lower as string[], selection.upper as string | undefined], [lower, upper]);
      assertEquals(log.lines, lines);
      assertEquals(selection.warnings, lines.map((line) => line.replace(/^\w+: /, "")));
    }));
}

Deno.test("selectProfiles() fails if the selector is there and cannot be read: it may name any profile", () =>
  withTree(
    { ...LOWER, "etc/torcx/next-profile": { dir: true }, ...OS_RELEASE },
    ({ root, log, readSettings }) => {
      const settings = readSettings();
      const error = catchError(() => selectProfiles({ root, settings, log }, { onUnknown: "warn" }));
      assertEquals(listMessages(error), [
        'Cannot find the next profile: selector "/etc/torcx/next-profile" cannot be read',
        'Cannot read "/etc/torcx/next-profile": it is a directory, not a regular file',
      ]);
    },
  ));

Deno.test("selectProfiles() merges vendor, oem, upper in this order (contract: Boot, step 5)", () =>
  withTree({ ...SELECTED, ...OS_RELEASE }, ({ readSystem }) => {
    const { images } = selectProfiles(readSystem(), { onUnknown: "warn" });
    assertEquals(images.map(({ name, reference, profile }) => `${name}:${reference}@${profile}`), [
      "v:1@vendor",
      "e:1@edge",
      "o:2@edge",
    ]);
  }));

Deno.test("selectProfiles() fails on the command line if there is no upper profile (contract: Selector)", async () => {
  for (const text of [undefined, "", "nope", "a/b"]) {
    const selector: Record<string, Node> = text === undefined ? {} : { "etc/torcx/next-profile": text };
    await withTree({ ...LOWER, ...selector, ...OS_RELEASE }, ({ readSystem }) => {
      const error = catchError(() => selectProfiles(readSystem(), { onUnknown: "error" })) as TorcxError;
      assertEquals([error.code, error.hint], ["not_found", 'Choose one with "torcx profile set-next NAME"']);
    });
  }
});

Deno.test("selectProfiles() takes the profile of the option, which must exist", () =>
  withTree({ ...SELECTED, [`${USER}/other.json`]: EMPTY, ...OS_RELEASE }, ({ root, log, readSettings }) => {
    const settings = readSettings();
    const select = (name: string): unknown =>
      selectProfiles({ root, settings, log }, { profile: parseProfileName(name), onUnknown: "warn" }).upper;
    assertEquals(select("other"), "other");
    assertEquals((catchError(() => select("nope")) as TorcxError).code, "not_found");
    assertEquals(log.lines, []);
  }));

Deno.test("selectProfiles() fails if a profile that takes part is malformed", () =>
  withTree(
    { ...SELECTED, [`${VENDOR}/vendor.json`]: "{", ...OS_RELEASE },
    ({ readSystem }) => {
      const error = catchError(() => selectProfiles(readSystem(), { onUnknown: "warn" })) as TorcxError;
      assertEquals(error.message, 'Cannot read profile "vendor": it is not a valid profile file');
    },
  ));

Deno.test("selectProfiles() warns if a profile lists an image twice", () =>
  withTree({ [`${VENDOR}/vendor.json`]: makeProfile("a:1", "b:1", "a:2"), ...OS_RELEASE }, (tree) => {
    const { images, warnings } = selectProfiles(tree.readSystem(), {
      onUnknown: "warn",
    });
    assertEquals(images.map(({ reference }) => reference), ["1", "2"]);
    assert(
      warnings.includes(
        '"/usr/share/torcx/profiles/vendor.json": image "a" is listed 2 times: the last entry counts',
      ),
    );
  }));
