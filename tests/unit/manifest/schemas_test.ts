import { assert, assertEquals } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { CONFIG_FILE_KEYS } from "../../../lib/config/setting_table.ts";
import { parseConfigFile } from "../../../lib/manifest/config.ts";
import { parseRemoteContents } from "../../../lib/manifest/contents.ts";
import { parseImageManifest } from "../../../lib/manifest/image.ts";
import { encodeImageList } from "../../../lib/manifest/outputs/image_list.ts";
import { encodeProfileList } from "../../../lib/manifest/outputs/profile_list.ts";
import {
  encodeProfile,
  encodeRunProfile,
  parseProfile,
  setProfileImage,
} from "../../../lib/manifest/profile.ts";
import { parseImageName } from "../../../lib/manifest/names.ts";
import { parseRemoteManifest } from "../../../lib/manifest/remote.ts";
import { readSources } from "../../support/import_graph.ts";
import { findSchemaFaults, getValidator, SCHEMA_DIR, SCHEMA_KINDS } from "../../support/schemas.ts";

Deno.test("every kind in lib/ has a schema, and every schema is of a kind in lib/", async () => {
  const kinds = new Set<string>();
  for (const { code } of await readSources(["lib"])) {
    for (const [, kind] of code.matchAll(/"([a-z]+(?:-[a-z]+)*-v[0-9]+)"/g)) kinds.add(kind!);
  }
  assert(kinds.size > 10);
  assertEquals([...kinds].sort(), [...SCHEMA_KINDS]);
});

Deno.test("every schema is a valid one of draft 2020-12 and is of the kind that it is named after", () => {
  for (const kind of SCHEMA_KINDS) {
    const schema = JSON.parse(Deno.readTextFileSync(`${SCHEMA_DIR}/${kind}.schema.json`));
    assertEquals(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
    assertEquals([schema.$id, schema.properties.kind.const], [`urn:torcx:${kind}`, kind]);
    const validate = getValidator(kind);
    for (const odd of [null, [], {}, { kind }, { kind: "x", value: {} }, { kind, value: 1 }]) {
      assertEquals(validate(odd), false, `${kind} ${JSON.stringify(odd)}`);
    }
  }
});

/** Returns the fields of a schema that nothing is said of. */
function listUndescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => {
    if (key !== "properties") return listUndescribed(value, `${path}/${key}`);
    return Object.entries(value as Record<string, { description?: unknown }>).flatMap(([name, field]) => {
      const { description } = field;
      const isSaid = typeof description === "string" && /^[A-Z].{4,}[^.]$/s.test(description);
      return [...(isSaid ? [] : [`${path}.${name}`]), ...listUndescribed(field, `${path}.${name}`)];
    });
  });
}

Deno.test("every field of every schema is described: a phrase with a capital, without a full stop", () => {
  const missing = SCHEMA_KINDS.flatMap((kind) =>
    listUndescribed(JSON.parse(Deno.readTextFileSync(`${SCHEMA_DIR}/${kind}.schema.json`)), kind)
  );
  assertEquals(missing, []);
  const items = { properties: { name: { description: "A name." } } };
  const schema = { properties: { value: { description: "The value", items }, kind: {} } };
  assertEquals(listUndescribed(schema, "k"), ["k.value/items.name", "k.kind"]);
});

const image = (name: unknown, reference: unknown): unknown => ({ images: [{ name, reference }] });
const version = (fields: unknown): unknown => ({ images: [{ name: "a", versions: [fields] }] });

/**
 * Values of each input kind, and whether they are valid: the schema and the decoder must say the same. The odd ones
 * the decoder takes with a warning, as the first torcx took them in silence; the schema says what should be written.
 */
const INPUTS: Record<
  string,
  { parse: (text: string) => unknown; valid: unknown[]; odd?: unknown[]; invalid: unknown[] }
> = {
  "profile-manifest-v0": {
    parse: (text) => parseProfile(text, "f"),
    valid: [
      {},
      { images: null },
      { images: [], note: 1 },
      image("a", "1"),
      image("a:b", ""),
      image("A_1.2-3+4@5", "com.coreos.cl"),
      { images: [{ name: "a", reference: "1", remote: 1 }] },
      image("a", undefined),
      image("a", null),
    ],
    odd: [image("", "1"), image(null, "1"), { images: [null] }],
    invalid: [
      [],
      { images: {} },
      { images: [1] },
      image("..", "1"),
      image("a/b", "1"),
      image("a\n", "1"),
      image("a", "a:b"),
      image("a", "x\n"),
      image(1, "1"),
      image("a".repeat(256), "1"),
    ],
  },
  "profile-manifest-v1": {
    parse: (text) => parseProfile(text, "f"),
    valid: [
      { images: [{ name: "a", reference: "1", remote: "r" }, { name: "a", reference: "", remote: null }] },
    ],
    invalid: [{ images: [{ name: "a", reference: "1", remote: 1 }] }, image("-a", "1")],
  },
  "image-manifest-v0": {
    parse: (text) => parseImageManifest(text, "f"),
    valid: [{}, { bin: null, x: 1 }, { bin: ["/a"], network: [], units: ["/"], udev_rules: ["/a", "/b/"] }, {
      sysusers: ["a"],
      units: [""],
    }],
    invalid: [[], { bin: "/a" }, { tmpfiles: [1] }],
  },
  "torcx-config-v0": {
    parse: (text) => parseConfigFile(text, "f", { keys: CONFIG_FILE_KEYS }),
    valid: [
      {},
      {
        base_dir: "/a",
        run_dir: "",
        conf_dir: null,
        store_paths: ["/s"],
        unpack_size: "25%",
        unpack_inodes: "1k",
        x: 1,
      },
      { store_paths: null },
    ],
    invalid: [[], { base_dir: 1 }, { store_paths: "/s" }, { store_paths: [1] }, { unpack_size: 1 }, {
      unpack_inodes: 1,
    }],
  },
  "remote-manifest-v0": {
    parse: (text) => parseRemoteManifest(text, "f"),
    valid: [{ base_url: "https://x" }, {
      base_url: "u",
      keys: [{ armored_keyring: "k" }, {}, { minisign: "RW" }],
      x: 1,
    }],
    invalid: [{}, { base_url: "" }, { base_url: "u", keys: {} }, {
      base_url: "u",
      keys: [{ armored_keyring: 1 }],
    }, { base_url: "u", keys: [{ minisign: 1 }] }],
  },
  "torcx-remote-contents-v1": {
    parse: (text) => parseRemoteContents(text, "f"),
    valid: [
      {},
      { images: [{ name: "a" }] },
      { images: [{ name: "a", defaultVersion: "1", versions: null }] },
      version({ version: "1", location: "l", format: "tgz", hash: "sha512-00" }),
      version({ version: "1", location: "l" }),
    ],
    odd: [{ images: [{}] }],
    invalid: [
      { images: {} },
      { images: [{ name: "a", defaultVersion: "a:b" }] },
      version({ version: "1", location: "" }),
      version({ location: "l" }),
      version({ version: "../1", location: "l" }),
      version({ version: "1", location: "l", hash: 1 }),
    ],
  },
};

for (const [kind, { parse, valid, odd = [], invalid }] of Object.entries(INPUTS)) {
  Deno.test(`the schema of ${kind} and its decoder accept and refuse the same`, () => {
    const cases = [[valid, true, true], [odd, false, true], [invalid, false, false]] as const;
    for (const [values, isValid, isTaken] of cases) {
      for (const value of values) {
        const text = JSON.stringify({ kind, value });
        const document = JSON.parse(text);
        assertEquals(findSchemaFaults(document) === undefined, isValid, `schema: ${text}`);
        let isParsed = true;
        try {
          parse(text);
        } catch (error) {
          if (!(error instanceof TorcxError)) throw error;
          isParsed = false;
        }
        assertEquals(isParsed, isTaken, `decoder: ${text}`);
      }
    }
  });
}

Deno.test("the schema of torcx-config-v0 knows what the settings allow too", () => {
  const check = (value: unknown): boolean =>
    findSchemaFaults({ kind: "torcx-config-v0", value }) === undefined;
  for (
    const value of [
      { base_dir: "a" },
      { store_paths: ["a"] },
      { unpack_size: "0" },
      { unpack_size: "1t" },
      { unpack_inodes: "0" },
      { unpack_inodes: "50%" },
    ]
  ) {
    assertEquals(check(value), false, JSON.stringify(value));
  }
  for (const size of ["1", "512m", "1G", "50%"]) assert(check({ unpack_size: size }), size);
  for (const inodes of ["1", "500k", "1G"]) assert(check({ unpack_inodes: inodes }), inodes);
});

Deno.test("what is written is valid by its schema", () => {
  const edge = parseProfile('{"kind":"profile-manifest-v1","value":{"images":null},"x":1}', "f");
  const texts = [
    encodeRunProfile([]),
    encodeRunProfile([{ name: "a", reference: "1" }]),
    encodeProfile(setProfileImage(edge, { name: parseImageName("a"), reference: "" })),
    encodeImageList([{ name: "a", reference: "1", path: "/s/a:1.torcx.tgz" }]),
    encodeProfileList({
      lowerProfileNames: ["vendor"],
      userProfileName: undefined,
      currentProfilePath: "/run/torcx/profile.json",
      nextProfileName: "edge",
      profiles: ["edge", "vendor"],
    }),
  ];
  for (const text of texts) assertEquals(findSchemaFaults(JSON.parse(text)), undefined, text);
});

Deno.test("the schemas of outputs refuse fields that are missing or not known", () => {
  const entry = { name: "a", reference: "1", filepath: "/s" };
  const check = (value: unknown): boolean =>
    findSchemaFaults({ kind: "torcx-image-list-v0", value: [value] }) === undefined;
  assertEquals(check(entry), true);
  for (const odd of [{ ...entry, x: 1 }, { ...entry, filepath: "s" }, { name: "a", reference: "1" }]) {
    assertEquals(check(odd), false);
  }
});
