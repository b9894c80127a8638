import { assert, assertEquals } from "@std/assert";
import { listHints, listMessages, type TorcxError } from "../../../lib/errors.ts";
import { CONFIG_FILE_KEYS } from "../../../lib/config/setting_table.ts";
import { parseConfigFile } from "../../../lib/manifest/config.ts";
import { parseRemoteContents } from "../../../lib/manifest/contents.ts";
import { ASSET_KINDS } from "../../../lib/manifest/asset_kinds.ts";
import { createEmptyImageManifest, parseImageManifest } from "../../../lib/manifest/image.ts";
import { encodeImageList } from "../../../lib/manifest/outputs/image_list.ts";
import { encodeProfileList } from "../../../lib/manifest/outputs/profile_list.ts";
import { parseImageName } from "../../../lib/manifest/names.ts";
import {
  createProfile,
  encodeProfile,
  encodeRunProfile,
  listCountingEntries,
  parseProfile,
  removeProfileImage,
  setProfileImage,
} from "../../../lib/manifest/profile.ts";
import { parseRemoteManifest } from "../../../lib/manifest/remote.ts";
import { catchError } from "../../support/nodes.ts";

const V0 = "profile-manifest-v0";
const V1 = "profile-manifest-v1";
const make = (kind: string, value: unknown): string => JSON.stringify({ kind, value });

Deno.test("parseProfile() decodes profile-manifest-v0; a remote in it is an unknown field", () => {
  const profile = parseProfile(make(V0, { images: [{ name: "a", reference: "1", remote: "r" }], x: 1 }), "f");
  assertEquals(profile.kind, V0);
  assertEquals(profile.images as unknown, [{ name: "a", reference: "1" }]);
});

Deno.test("parseProfile() decodes profile-manifest-v1 with optional remotes", () => {
  const images = [
    { name: "a", reference: "1", remote: "r" },
    { name: "b", reference: "2" },
    { name: "c", reference: "3", remote: "" },
    { name: "d", reference: "", remote: null },
  ];
  assertEquals(parseProfile(make(V1, { images }), "f").images as unknown, [
    { name: "a", reference: "1", remote: "r" },
    { name: "b", reference: "2" },
    { name: "c", reference: "3" },
    { name: "d", reference: "" },
  ]);
});

Deno.test("parseProfile() takes what the first torcx wrote for no images", () => {
  for (const text of ["", "\n", make(V0, { images: null }), make(V0, { images: [] }), make(V0, {})]) {
    assertEquals(parseProfile(text, "f").images, []);
  }
});

Deno.test("parseProfile() refuses if the shape or a name is wrong", () => {
  const bad: unknown[] = [
    [],
    "x",
    { images: {} },
    { images: [1] },
    { images: [{ name: "..", reference: "1" }] },
    { images: [{ name: "a/b", reference: "1" }] },
    { images: [{ name: "a\nb", reference: "1" }] },
    { images: [{ name: "a", reference: "../1" }] },
    { images: [{ name: "a", reference: 1 }] },
    { images: [{ name: "a", reference: "b:c" }] },
  ];
  for (const value of bad) {
    assertEquals((catchError(() => parseProfile(make(V0, value), "f")) as TorcxError).code, "invalid");
  }
  assertEquals(
    (catchError(() => parseProfile(make("profile-manifest-v2", {}), "f")) as TorcxError).code,
    "invalid",
  );
  const error = catchError(() =>
    parseProfile(make(V0, { images: [{ name: "a/b", reference: "1" }] }), "/p.json")
  );
  assertEquals(listMessages(error), [
    'Cannot parse "/p.json": value.images[0].name is a string that cannot be one: it holds a character that is not allowed, expected an image name',
  ]);
  assertEquals(listHints(error).length, 1);
});

Deno.test("encodeProfile() keeps unknown fields and their order when images change (contract: Files)", () => {
  const text = `{
  "comment": "mine",
  "kind": "${V1}",
  "value": {
    "owner": {
      "id": 12345678901234567890
    },
    "images": [
      {
        "x": 1,
        "name": "a",
        "reference": "1",
        "remote": "r"
      },
      {
        "name": "b",
        "reference": "2"
      }
    ],
    "last": true
  }
}
`;
  const profile = parseProfile(text, "f");
  assertEquals(encodeProfile(profile), text);
  const replaced = setProfileImage(profile, { name: parseImageName("a"), reference: "9" });
  assertEquals(encodeProfile(replaced), text.replace('"reference": "1"', '"reference": "9"'));
  assertEquals(replaced.images[0] as unknown, { name: "a", reference: "9", remote: "r" });
  const added = setProfileImage(profile, { name: parseImageName("c"), reference: "3" });
  assertEquals(parseProfile(encodeProfile(added), "f").images.map(({ name }) => name as string), [
    "a",
    "b",
    "c",
  ]);
  assert(encodeProfile(added).endsWith('    "last": true\n  }\n}\n'));
  const removed = removeProfileImage(profile, parseImageName("a"));
  assertEquals(removed?.images.length, 1);
  assertEquals(encodeProfile(removed!).includes('"x": 1'), false);
  assertEquals(removeProfileImage(profile, parseImageName("z")), undefined);
  assertEquals(encodeProfile(profile), text, "the edits do not change the profile that they are given");
});

Deno.test("a profile's keys in another case are edited in place, under the key that counts", () => {
  const text = `{
  "Kind": "${V0}",
  "value": {
    "images": []
  },
  "VALUE": {
    "Images": [
      null,
      {
        "reference": "0",
        "NAME": "a",
        "Reference": "1"
      },
      {
        "name": "b",
        "reference": null
      },
      {
        "name": "c",
        "text": "\\u0041 \\ud800 1.0",
        "number": 1.0e0
      }
    ]
  }
}
`;
  const profile = parseProfile(text, "f");
  assertEquals(profile.images.map(({ name, reference }) => `${name}:${reference}`), ["a:1", "b:", "c:"]);
  const set = (name: string): string =>
    encodeProfile(setProfileImage(profile, { name: parseImageName(name), reference: "9" }));
  assertEquals(encodeProfile(profile), text);
  assertEquals(set("a"), text.replace('"Reference": "1"', '"Reference": "9"'));
  assertEquals(set("b"), text.replace('"reference": null', '"reference": "9"'));
  assertEquals(set("c"), text.replace("1.0e0\n", '1.0e0,\n        "reference": "9"\n'));
  for (const name of ["a", "b", "c", "d"]) {
    const edited = parseProfile(set(name), "f").images.find((image) => image.name === name);
    assertEquals(edited?.reference, "9");
  }
  const removed = removeProfileImage(profile, parseImageName("a"))!;
  assertEquals(parseProfile(encodeProfile(removed), "f").images.map(({ name }) => name as string), [
    "b",
    "c",
  ]);
});

Deno.test("parseProfile() tells why an edit of a profile would lose something", () => {
  const faults: [string | Uint8Array<ArrayBuffer>, string | undefined][] = [
    [make(V0, {}), undefined],
    [`{"kind":"${V0}","value":null,"VALUE":{}}`, undefined],
    [`${make(V0, {})}\n// mine`, "more follows its JSON document at line 2 column 1"],
    [`{"kind":"${V0}","value":{"images":[],"Images":[]}}`, 'it has "images" more than once'],
    [
      Uint8Array.from(`{"kind":"${V0}","x":"\xff","value":{}}`, (char) => char.charCodeAt(0)),
      "it is not UTF-8 at line 1 column 36",
    ],
  ];
  for (const [data, fault] of faults) assertEquals(parseProfile(data, "f").lossy, fault);
});

Deno.test("encodeProfile() refuses if the profile is nested too deeply to be indented", () => {
  const text = `{"kind":"${V0}","x":${"[".repeat(5000)}${"]".repeat(5000)},"value":{}}`;
  const error = catchError(() => encodeProfile(parseProfile(text, "f"))) as TorcxError;
  assertEquals(error.code, "unsupported");
});

Deno.test("setProfileImage() adds to a profile whose images are null", () => {
  const profile = parseProfile(make(V0, { images: null }), "f");
  const edited = setProfileImage(profile, { name: parseImageName("a"), reference: "1" });
  assertEquals(JSON.parse(encodeProfile(edited)).value.images, [{ name: "a", reference: "1" }]);
});

Deno.test("setProfileImage() sets the last entry of an image, whatever else the list holds", () => {
  const images = [
    null,
    { name: "a", reference: "1", x: 1 },
    { reference: "no name" },
    { NAME: "a", reference: "2" },
    { name: "" },
    { name: "b", reference: "" },
  ];
  const warnings: string[] = [];
  const profile = parseProfile(make(V0, { images }), "f", (message) => warnings.push(message));
  assertEquals(warnings.at(-1), '"f": image "a" is listed 2 times: the last entry counts');
  assertEquals(
    listCountingEntries(profile).map(({ name, reference }) => `${name}:${reference}`),
    ["a:2", "b:"],
  );
  const edited = setProfileImage(profile, { name: parseImageName("a"), reference: "3" });
  assertEquals(JSON.parse(encodeProfile(edited)).value.images, images.with(3, { NAME: "a", reference: "3" }));
  assertEquals(edited.images.map(({ name, reference }) => `${name}:${reference}`), ["a:1", "a:3", "b:"]);
});

Deno.test("createProfile() makes a profile that parses to itself", () => {
  for (const kind of [V0, V1] as const) {
    const profile = createProfile(kind, [{ name: parseImageName("a"), reference: "1", remote: "r" }]);
    const parsed = parseProfile(encodeProfile(profile), "f");
    assertEquals(parsed.images[0]!.remote, kind === V1 ? "r" : undefined);
    assertEquals(parsed.kind, kind);
  }
});

Deno.test("encodeRunProfile() writes [] if there are no images (contract: Run profile, fixed)", () => {
  assertEquals(JSON.parse(encodeRunProfile([])), { kind: V0, value: { images: [] } });
  assertEquals(
    JSON.parse(encodeRunProfile([{ name: "a", reference: "1", ...{ remote: "r", profile: "p" } }])),
    {
      kind: V0,
      value: { images: [{ name: "a", reference: "1" }] },
    },
  );
});

Deno.test("parseImageManifest() decodes image-manifest-v0 with optional arrays", () => {
  const empty = createEmptyImageManifest();
  assertEquals(parseImageManifest(make("image-manifest-v0", {}), "f"), empty);
  assertEquals(
    parseImageManifest(make("image-manifest-v0", { bin: null, other: [1] }), "f").assets,
    empty.assets,
  );
  for (const kind of ASSET_KINDS) {
    const manifest = parseImageManifest(make("image-manifest-v0", { [kind]: ["/a", "/b/"] }), "f");
    assertEquals(manifest, { assets: { ...empty.assets, [kind]: ["/a", "/b/"] }, warnings: [] });
  }
});

Deno.test("parseImageManifest() refuses if kind or shape is wrong (contract: Image manifest, fixed)", () => {
  const bad = [
    "",
    "x",
    make("profile-manifest-v0", {}),
    make("image-manifest-v1", {}),
    make("image-manifest-v0", []),
    make("image-manifest-v0", { bin: "/a" }),
    make("image-manifest-v0", { bin: [1] }),
    make("image-manifest-v0", { udev_rules: ["/a\0b"] }),
  ];
  for (const text of bad) {
    assertEquals((catchError(() => parseImageManifest(text, "f")) as TorcxError).code, "invalid", text);
  }
});

Deno.test("parseImageManifest() takes paths that are not absolute as the first torcx did, with a warning", () => {
  const text = make("image-manifest-v0", { units: ["a/b", "", "/c", null, "../d"], bin: ["."] });
  const { assets, warnings } = parseImageManifest(text, "f");
  assertEquals(assets, { ...createEmptyImageManifest().assets, units: ["/a/b", "/c", "/../d"], bin: ["/."] });
  assertEquals(warnings.map(({ message }) => message), [
    '"f": value.units[3] is null: it sets nothing',
    '"f": value.bin[0], ".", counts as "/."',
    '"f": value.units[0], "a/b", counts as "/a/b"',
    '"f": value.units[1] is empty: it is passed over',
    '"f": value.units[3] is empty: it is passed over',
    '"f": value.units[4], "../d", counts as "/../d"',
  ]);
});

const KEYS = { keys: CONFIG_FILE_KEYS };

Deno.test("parseConfigFile() decodes torcx-config-v0; empty fields set nothing", () => {
  assertEquals(parseConfigFile(make("torcx-config-v0", {}), "f", KEYS), {});
  assertEquals(
    parseConfigFile(
      make("torcx-config-v0", { base_dir: "", run_dir: null, store_paths: [], z: 1 }),
      "f",
      KEYS,
    ),
    {},
  );
  assertEquals(
    parseConfigFile(
      make("torcx-config-v0", {
        base_dir: "/b",
        run_dir: "/r",
        conf_dir: "/c",
        store_paths: ["/s", "t"],
        unpack_size: "25%",
        unpack_inodes: "1k",
      }),
      "f",
      KEYS,
    ),
    {
      base_dir: "/b",
      run_dir: "/r",
      conf_dir: "/c",
      store_paths: ["/s", "t"],
      unpack_size: "25%",
      unpack_inodes: "1k",
    },
  );
  for (
    const value of [[], { base_dir: 1 }, { store_paths: "/s" }, { store_paths: [1] }, { unpack_size: 5 }, {
      unpack_inodes: 5,
    }]
  ) {
    assertEquals(
      (catchError(() => parseConfigFile(make("torcx-config-v0", value), "f", KEYS)) as TorcxError).code,
      "invalid",
    );
  }
});

Deno.test("parseRemoteManifest() decodes remote-manifest-v0", () => {
  const kind = "remote-manifest-v0";
  const keys = [{ armored_keyring: "a.asc" }, {}, { armored_keyring: "b.asc" }, {
    minisign: "RWkey",
  }];
  assertEquals(parseRemoteManifest(make(kind, { base_url: "https://x/", keys }), "f"), {
    baseUrl: "https://x/",
    keyrings: ["a.asc", "b.asc"],
    minisignKeys: ["RWkey"],
  });
  assertEquals(parseRemoteManifest(make(kind, { base_url: "u" }), "f").keyrings, []);
  for (
    const value of [{}, { base_url: "" }, { base_url: 1 }, { base_url: "u", keys: {} }, {
      base_url: "u",
      keys: [1],
    }]
  ) {
    assertEquals(
      (catchError(() => parseRemoteManifest(make(kind, value), "f")) as TorcxError).code,
      "invalid",
    );
  }
});

Deno.test("parseRemoteContents() decodes torcx-remote-contents-v1", () => {
  const kind = "torcx-remote-contents-v1";
  const version = { version: "1", format: "tgz", hash: "sha512-00", location: "a:1.torcx.tgz" };
  assertEquals(
    parseRemoteContents(
      make(kind, { images: [{ name: "a", defaultVersion: "1", versions: [version] }] }),
      "f",
    ) as unknown,
    { images: [{ name: "a", defaultVersion: "1", versions: [version] }] },
  );
  assertEquals(
    parseRemoteContents(
      make(kind, {
        images: [{ name: "a", defaultVersion: "", versions: [{ version: "1", location: "l" }] }],
      }),
      "f",
    ) as unknown,
    { images: [{ name: "a", versions: [{ version: "1", format: "", hash: "", location: "l" }] }] },
  );
  const bad: unknown[] = [
    { images: {} },
    { images: [{ name: "a/b", versions: [] }] },
    { images: [{ name: "a", versions: [{ version: "1" }] }] },
    { images: [{ name: "a", versions: [{ version: "1", location: "" }] }] },
    { images: [{ name: "a", versions: [{ version: "../1", location: "l" }] }] },
    { images: [{ name: "a", defaultVersion: "a:b", versions: [] }] },
  ];
  for (const value of bad) {
    assertEquals(
      (catchError(() => parseRemoteContents(make(kind, value), "f")) as TorcxError).code,
      "invalid",
    );
  }
});

Deno.test("encodeProfileList() writes torcx-profile-list-v0 with sorted profiles (contract: Files, fixed)", () => {
  assertEquals(
    encodeProfileList({
      lowerProfileNames: ["vendor", "oem"],
      userProfileName: "u",
      currentProfilePath: "/run/torcx/profile.json",
      nextProfileName: undefined,
      profiles: ["vendor", "Z", "a", "oem"],
    }),
    `{
  "kind": "torcx-profile-list-v0",
  "value": {
    "lower_profile_names": [
      "vendor",
      "oem"
    ],
    "user_profile_name": "u",
    "current_profile_path": "/run/torcx/profile.json",
    "next_profile_name": null,
    "profiles": [
      "Z",
      "a",
      "oem",
      "vendor"
    ]
  }
}
`,
  );
  assert(
    encodeProfileList({
      lowerProfileNames: [],
      userProfileName: undefined,
      currentProfilePath: undefined,
      nextProfileName: "n",
      profiles: [],
    }).includes(
      '"lower_profile_names": [],\n    "user_profile_name": null,\n    "current_profile_path": null',
    ),
  );
});

Deno.test("encodeImageList() writes torcx-image-list-v0 sorted by name, then reference (contract: Files, fixed)", () => {
  const entries = [["b", "1"], ["a", "2"], ["a", "10"]].map(([name, reference]) => ({
    name: name!,
    reference: reference!,
    path: `/s/${name}:${reference}.torcx.tgz`,
  }));
  const list = JSON.parse(encodeImageList(entries));
  assertEquals(list.kind, "torcx-image-list-v0");
  assertEquals(list.value, [
    { name: "a", reference: "10", filepath: "/s/a:10.torcx.tgz" },
    { name: "a", reference: "2", filepath: "/s/a:2.torcx.tgz" },
    { name: "b", reference: "1", filepath: "/s/b:1.torcx.tgz" },
  ]);
  assertEquals(encodeImageList([]), '{\n  "kind": "torcx-image-list-v0",\n  "value": []\n}\n');
});
