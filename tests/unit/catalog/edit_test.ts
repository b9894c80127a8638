import { assert, assertEquals } from "@std/assert";
import type { TorcxError } from "../../../lib/errors.ts";
import { parseImageName, parseProfileName } from "../../../lib/manifest/names.ts";
import { createProfileFile, removeImage, setNextProfile, useImage } from "../../../lib/catalog/edit.ts";
import { catchError, makeProfile, type Node, OS_RELEASE, type Tree, withTree } from "../../support/nodes.ts";
import { selectProfiles } from "../../../lib/catalog/boot_profiles.ts";
import { testWith } from "../../support/needs.ts";

const VENDOR = "usr/share/torcx/profiles";
const USER = "etc/torcx/profiles";
const EMPTY_VALUE = { kind: "profile-manifest-v0", value: { images: [] } };
const name = parseProfileName;
const image = (text: string): { name: ReturnType<typeof parseImageName>; reference: string } => {
  const [first, reference] = text.split(":");
  return { name: parseImageName(first!), reference: reference! };
};

/** Lists all files with mode and text, so that a test sees what else was made or left. */
function list(base: string, path = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of Deno.readDirSync(`${base}/${path}`)) {
    const full = path === "" ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory) Object.assign(found, list(base, full));
    else if (entry.isSymlink) found[full] = `-> ${Deno.readLinkSync(`${base}/${full}`)}`;
    else {
      const mode = (Deno.statSync(`${base}/${full}`).mode! & 0o7777).toString(8);
      found[full] = `${mode} ${Deno.readTextFileSync(`${base}/${full}`)}`;
    }
  }
  return found;
}

/** Runs an edit and compares what changed on disk. */
async function check(
  nodes: Record<string, Node>,
  edit: (tree: Tree) => unknown,
  changed: Record<string, string | undefined>,
): Promise<void> {
  await withTree({ ...OS_RELEASE, ...nodes }, (tree) => {
    const before = list(tree.path);
    edit(tree);
    const after = list(tree.path);
    const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
    const difference = [...paths].filter((path) => before[path] !== after[path]).map((
      path,
    ) => [path, after[path]]);
    assertEquals(Object.fromEntries(difference), changed);
  });
}

/** Runs an edit that must fail, and checks that nothing changed. */
async function checkFailure(
  nodes: Record<string, Node>,
  edit: (tree: Tree) => unknown,
  code: string,
  message: string,
): Promise<void> {
  await check(nodes, (tree) => {
    const error = catchError(() => edit(tree)) as TorcxError;
    assertEquals([error.code, error.message], [code, message]);
  }, {});
}

const BLANK = `644 ${JSON.stringify(EMPTY_VALUE, null, 2)}\n`;

Deno.test("createProfileFile() makes an empty profile of kind v0 in the user profiles directory", () =>
  check({}, ({ readSystem }) => {
    assertEquals(
      createProfileFile(readSystem(), { name: name("edge") }).path,
      "/etc/torcx/profiles/edge.json",
    );
  }, { [`${USER}/edge.json`]: BLANK }));

Deno.test("createProfileFile() makes a byte copy with --from and --from-next", async () => {
  const text = '{ "kind":"profile-manifest-v1", "x": 1.0,\n\n"value":{"images":[]} }';
  const nodes = { [`${VENDOR}/base.json`]: text, "etc/torcx/next-profile": "base\n" };
  for (const from of [{ name: name("base") }, "next"] as const) {
    await check(
      nodes,
      ({ readSystem }) => createProfileFile(readSystem(), { name: name("edge") }, from),
      { [`${USER}/edge.json`]: `644 ${text}` },
    );
  }
});

Deno.test("createProfileFile() writes to a path, over a file that is there", async () => {
  await check({ "home/x": { dir: true } }, ({ readSystem }) => {
    assertEquals(
      createProfileFile(readSystem(), { file: "/home/x/p.json" }),
      { path: "/home/x/p.json", changed: true },
    );
  }, { "home/x/p.json": BLANK });
  await check({ "p.json": BLANK.slice("644 ".length) }, ({ path, readSystem }) => {
    const { ino } = Deno.statSync(`${path}/p.json`);
    assertEquals(
      createProfileFile(readSystem(), { file: "/p.json" }),
      { path: "/p.json", changed: false },
    );
    assertEquals(Deno.statSync(`${path}/p.json`).ino, ino, "what it holds already is not written anew");
  }, {});
  await check({ "p.json": "old" }, ({ path, readSystem }) => {
    Deno.chmodSync(`${path}/p.json`, 0o600);
    createProfileFile(readSystem(), { file: "/p.json" });
  }, { "p.json": BLANK.replace("644", "600") });
});

Deno.test("createProfileFile() fails if the name exists in any profile directory, and changes nothing", async () => {
  for (const directory of [VENDOR, "usr/share/oem/torcx/profiles", USER]) {
    await checkFailure(
      { [`${directory}/edge.json`]: makeProfile() },
      ({ readSystem }) => createProfileFile(readSystem(), { name: name("edge") }),
      "exists",
      `Cannot make profile "edge": "/${directory}/edge.json" exists`,
    );
  }
  // A directory of that name is in the way without being a profile.
  await checkFailure(
    { [`${USER}/edge.json`]: { dir: true } },
    ({ readSystem }) => createProfileFile(readSystem(), { name: name("edge") }),
    "exists",
    'Cannot make profile "edge": "/etc/torcx/profiles/edge.json" exists',
  );
});

Deno.test("createProfileFile() fails if there is nothing to copy", async () => {
  await checkFailure(
    {},
    ({ readSystem }) => createProfileFile(readSystem(), { name: name("edge") }, { name: name("base") }),
    "not_found",
    'Cannot find profile "base": no profile directory has it',
  );
  await checkFailure(
    {},
    ({ readSystem }) => createProfileFile(readSystem(), { name: name("edge") }, "next"),
    "not_found",
    'Cannot find the next profile: selector "/etc/torcx/next-profile" does not exist',
  );
  await checkFailure(
    { [`${USER}/base.json`]: "{" },
    ({ readSystem }) => createProfileFile(readSystem(), { name: name("edge") }, { name: name("base") }),
    "failed",
    'Cannot read profile "base": it is not a valid profile file',
  );
});

Deno.test("createProfileFile() fails if the directory of the path is missing", () =>
  checkFailure(
    {},
    ({ readSystem }) => createProfileFile(readSystem(), { file: "/nowhere/p.json" }),
    "failed",
    'Cannot make profile "/nowhere/p.json": "/nowhere/p.json" cannot be written',
  ));

Deno.test("setNextProfile() writes the selector of a profile that exists (contract: Selector)", async () => {
  const nodes = { [`${VENDOR}/edge.json`]: makeProfile() };
  await check(
    nodes,
    ({ readSystem }) => setNextProfile(readSystem(), name("edge")),
    { "etc/torcx/next-profile": "644 edge\n" },
  );
  for (const text of ["edge\n", "edge", "edge.json\n"]) {
    await check(
      { ...nodes, "etc/torcx/next-profile": text },
      ({ path, readSystem }) => {
        const before = Deno.statSync(`${path}/etc/torcx`);
        assertEquals(setNextProfile(readSystem(), name("edge")), false);
        assertEquals(
          Deno.statSync(`${path}/etc/torcx`).mtime,
          before.mtime,
          "nothing is written, no lock either",
        );
      },
      {},
    );
  }
  await checkFailure(
    { ...nodes, "etc/torcx/next-profile": "old\n" },
    ({ readSystem }) => setNextProfile(readSystem(), name("nope")),
    "not_found",
    'Cannot find profile "nope": no profile directory has it',
  );
  await checkFailure(
    { ...nodes, "etc/torcx/next-profile": { dir: true } },
    ({ readSystem }) => setNextProfile(readSystem(), name("edge")),
    "failed",
    'Cannot select profile "edge": "/etc/torcx/next-profile" cannot be written',
  );
});

testWith(
  "setNextProfile() keeps mode and owner, and the symlink that the selector may be",
  { isRoot: true },
  () =>
    check(
      {
        [`${USER}/edge.json`]: makeProfile(),
        "etc/torcx/next-profile": { link: "../../srv/selected" },
        "srv/selected": "old\n",
      },
      ({ path, readSystem }) => {
        const selected = `${path}/srv/selected`;
        Deno.chmodSync(selected, 0o640);
        Deno.chownSync(selected, 1234, 4321);
        const before = Deno.statSync(selected);
        setNextProfile(readSystem(), name("edge"));
        const after = Deno.statSync(selected);
        assertEquals([after.uid, after.gid], [1234, 4321]);
        assert(after.ino !== before.ino, "the file is replaced, not written into");
      },
      { "srv/selected": "640 edge\n" },
    ),
);

const STORE = { "var/lib/torcx/store/docker:17.06.torcx.tgz": "", "var/lib/torcx/store/etcd.torcx.tgz": "" };
const V1_TEXT = `{
  "kind": "profile-manifest-v1",
  "note": "kept",
  "value": {
    "images": [
      {
        "name": "docker",
        "reference": "1.12",
        "remote": "r",
        "pinned": 1.0
      },
      {
        "name": "rkt",
        "reference": "1"
      }
    ]
  }
}
`;

Deno.test("useImage() replaces a reference in place; kind, mode and unknown fields are kept", () =>
  check({ ...STORE, [`${USER}/edge.json`]: V1_TEXT }, ({ path, readSystem }) => {
    Deno.chmodSync(`${path}/${USER}/edge.json`, 0o664);
    assertEquals(
      useImage(readSystem(), { name: name("edge") }, { image: image("docker:17.06") }).path,
      "/etc/torcx/profiles/edge.json",
    );
  }, { [`${USER}/edge.json`]: `664 ${V1_TEXT.replace("1.12", "17.06")}` }));

Deno.test("setNextProfile() selects the profile that is named, also where its name ends as a file does", async () => {
  const both = { [`${USER}/foo.json`]: makeProfile(), [`${USER}/foo.json.json`]: makeProfile() };
  const only = { [`${USER}/foo.json.json`]: makeProfile() };
  for (
    const [nodes, chosen, text] of [
      [both, "foo", "foo\n"],
      [both, "foo.json", "foo.json.json\n"],
      [only, "foo.json", "foo.json.json\n"],
    ] as const
  ) {
    await check(nodes, ({ readSystem }) => {
      setNextProfile(readSystem(), name(chosen));
      const { upper } = selectProfiles(readSystem(), { onUnknown: "error" });
      assertEquals(upper as string | undefined, chosen);
    }, { "etc/torcx/next-profile": `644 ${text}` });
  }
  // What is there selects another one, and is written anew.
  await check(
    { ...both, "etc/torcx/next-profile": "foo.json\n" },
    ({ readSystem }) => assertEquals(setNextProfile(readSystem(), name("foo.json")), true),
    { "etc/torcx/next-profile": "644 foo.json.json\n" },
  );
  await checkFailure(
    { [`${USER}/foo.json`]: makeProfile() },
    ({ readSystem }) => setNextProfile(readSystem(), name("foo.json")),
    "not_found",
    'Cannot find profile "foo.json": no profile directory has it',
  );
});

Deno.test("useImage() sets the last of several entries of an image, and says so", () =>
  check(
    { ...STORE, [`${USER}/edge.json`]: makeProfile("docker:1", "a:1", "docker:2") },
    ({ readSystem, log }) => {
      useImage(readSystem(), { name: name("edge") }, { image: image("docker:17.06") });
      assertEquals(log.lines, [
        'warning: "/etc/torcx/profiles/edge.json": image "docker" is listed 2 times: the last entry counts',
        'warning: of the 2 entries of image "docker" in "/etc/torcx/profiles/edge.json" the last one is set',
      ]);
      const { images } = selectProfiles(readSystem(), { profile: name("edge"), onUnknown: "error" });
      assertEquals(images.map(({ name, reference }) => `${name}:${reference}`), ["a:1", "docker:17.06"]);
    },
    {
      [`${USER}/edge.json`]: `644 ${
        JSON.stringify(JSON.parse(makeProfile("docker:1", "a:1", "docker:17.06")), null, 2)
      }\n`,
    },
  ));

Deno.test("useImage() writes nothing if the profile lists the image so already", () =>
  check({ ...STORE, [`${USER}/edge.json`]: V1_TEXT }, ({ path, readSystem }) => {
    const { ino } = Deno.statSync(`${path}/${USER}/edge.json`);
    assertEquals(
      useImage(readSystem(), { name: name("edge") }, { image: image("rkt:1"), isMissingAllowed: true }),
      { path: "/etc/torcx/profiles/edge.json", changed: false },
    );
    assertEquals(Deno.statSync(`${path}/${USER}/edge.json`).ino, ino, "the file is not replaced");
  }, {}));

Deno.test("useImage() adds an image at the end", () =>
  check({ ...STORE, "p.json": makeProfile("a:1") }, ({ readSystem }) => {
    useImage(readSystem(), { file: "/p.json" }, { image: image("etcd:com.coreos.cl") });
  }, {
    "p.json": `644 ${
      JSON.stringify(
        {
          kind: "profile-manifest-v0",
          value: {
            images: [{ name: "a", reference: "1" }, { name: "etcd", reference: "com.coreos.cl" }],
          },
        },
        null,
        2,
      )
    }\n`,
  }));

Deno.test("useImage() fails if the image is in no store, unless that is allowed", async () => {
  const nodes = { ...STORE, [`${USER}/edge.json`]: V1_TEXT };
  await checkFailure(
    nodes,
    ({ readSystem }) => useImage(readSystem(), { name: name("edge") }, { image: image("docker:18") }),
    "not_found",
    'Cannot use image "docker:18": not found in 1 store: "/var/lib/torcx/store"',
  );
  await check(nodes, ({ log, readSystem }) => {
    useImage(readSystem(), { name: name("edge") }, { image: image("docker:18"), isMissingAllowed: true });
    assertEquals(
      log.lines.filter((line) => !line.includes("unknown key")),
      ['warning: image "docker:18": not found in 1 store: "/var/lib/torcx/store"'],
    );
  }, { [`${USER}/edge.json`]: `644 ${V1_TEXT.replace("1.12", "18")}` });
  await check(nodes, ({ log, readSystem }) => {
    useImage(readSystem(), { name: name("edge") }, { image: image("docker:") });
    assertEquals(
      log.lines.filter((line) => !line.includes("unknown key")),
      [],
      "an empty reference needs no archive",
    );
  }, { [`${USER}/edge.json`]: `644 ${V1_TEXT.replace("1.12", "")}` });
});

Deno.test("useImage() fails if the profile is no user profile or unreadable, and changes nothing", async () => {
  const use = ({ readSystem }: Tree): unknown =>
    useImage(readSystem(), { name: name("edge") }, { image: image("docker:17.06") });
  await checkFailure(
    { ...STORE, [`${VENDOR}/edge.json`]: makeProfile() },
    use,
    "not_found",
    'Cannot edit profile "edge": it is no user profile but "/usr/share/torcx/profiles/edge.json"',
  );
  await checkFailure(STORE, use, "not_found", 'Cannot find profile "edge": no profile directory has it');
  await checkFailure(
    { ...STORE, [`${USER}/edge.json`]: '{"kind":"profile-manifest-v9","value":{}}' },
    use,
    "failed",
    'Cannot read profile "edge": it is not a valid profile file',
  );
  await checkFailure(
    STORE,
    ({ readSystem }) => useImage(readSystem(), { file: "/no.json" }, { image: image("docker:17.06") }),
    "not_found",
    'Cannot read profile file "/no.json": it does not exist',
  );
});

Deno.test("removeImage() removes an image, and fails if the profile does not list it", async () => {
  await check({ "p.json": makeProfile("a:1", "b:2") }, ({ readSystem }) => {
    removeImage(readSystem(), { file: "/p.json" }, { name: parseImageName("a") });
  }, {
    "p.json": `644 ${
      JSON.stringify(
        { kind: "profile-manifest-v0", value: { images: [{ name: "b", reference: "2" }] } },
        null,
        2,
      )
    }\n`,
  });
  await checkFailure(
    { "p.json": makeProfile("a:1") },
    ({ readSystem }) => removeImage(readSystem(), { file: "/p.json" }, { name: parseImageName("z") }),
    "not_found",
    'Cannot remove image "z": "/p.json" does not list it',
  );
});

testWith(
  "useImage() leaves the old file and nothing else if it cannot be written",
  { isRoot: true },
  () =>
    check({ "mnt": { dir: true } }, ({ path, readSystem }) => {
      const mount = (...args: string[]): void => {
        const { success } = new Deno.Command(args[0]!, { args: args.slice(1) }).outputSync();
        assert(success, args.join(" "));
      };
      mount("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", `${path}/mnt`);
      try {
        const text = makeProfile("a:1");
        Deno.writeTextFileSync(`${path}/mnt/p.json`, text);
        try {
          Deno.writeFileSync(`${path}/mnt/filler`, new Uint8Array(64 * 1024));
        } catch {
          // The file system is full now, which is the point.
        }
        const error = catchError(() =>
          useImage(readSystem(), { file: "/mnt/p.json" }, { image: image("a:") })
        ) as TorcxError;
        assertEquals([error.code, error.message], [
          "failed",
          'Cannot edit profile "/mnt/p.json": "/mnt/p.json" cannot be written',
        ]);
        assertEquals((error.cause as TorcxError).code, "no_space");
        assertEquals(Deno.readTextFileSync(`${path}/mnt/p.json`), text);
        assertEquals([...Deno.readDirSync(`${path}/mnt`)].map((entry) => entry.name).sort(), [
          "filler",
          "p.json",
        ]);
      } finally {
        mount("umount", `${path}/mnt`);
      }
    }, {}),
);
