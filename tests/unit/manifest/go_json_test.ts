/** Holds every kind of file that people write against what Go's encoding/json makes of it. */

import { assert, assertEquals } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import { CONFIG_FILE_KEYS } from "../../../lib/config/setting_table.ts";
import { parseConfigFile } from "../../../lib/manifest/config.ts";
import { parseRemoteContents } from "../../../lib/manifest/contents.ts";
import type { OnWarning } from "../../../lib/manifest/go_json.ts";
import { parseImageManifest } from "../../../lib/manifest/image.ts";
import { parseProfile } from "../../../lib/manifest/profile.ts";
import { parseRemoteManifest } from "../../../lib/manifest/remote.ts";
import { repairUtf8 } from "../../../lib/manifest/utf8.ts";
import {
  getExpected,
  GO_DOCUMENTS,
  type GoKind,
  listDocuments,
  makeDocument,
} from "../../support/go_documents.ts";

/** Reads a file and shows its items. */
type Read = (data: Uint8Array<ArrayBuffer>, onWarning: OnWarning) => string[];

const readProfile: Read = (data, onWarning) =>
  parseProfile(data, "/f", onWarning).images.map(({ name, reference, remote }) =>
    `${name}:${reference}${remote === undefined ? "" : `@${remote}`}`
  );

const READERS: Record<GoKind, Read> = {
  "torcx-config-v0": (data, onWarning) => {
    const config = parseConfigFile(data, "/f", { keys: CONFIG_FILE_KEYS, onWarning });
    const { base_dir: baseDir, store_paths: storePaths = [] } = config;
    return baseDir === undefined ? [...storePaths] : [`base=${baseDir}`, ...storePaths];
  },
  "image-manifest-v0": (data, onWarning) => {
    const { assets, warnings } = parseImageManifest(data, "/f");
    for (const { message } of warnings) onWarning(message, "odd-json");
    return assets.bin;
  },
  "profile-manifest-v0": readProfile,
  "profile-manifest-v1": readProfile,
  "remote-manifest-v0": (data, onWarning) => parseRemoteManifest(data, "/f", onWarning).keyrings,
  "torcx-remote-contents-v1": (data, onWarning) =>
    parseRemoteContents(data, "/f", onWarning).images.map(({ name, defaultVersion, versions }) => {
      const list = versions.map(({ version }) => `(${version})`).join("");
      return `${name}${defaultVersion === undefined ? "" : `=${defaultVersion}`}${list}`;
    }),
};

for (const kind of Object.keys(READERS) as GoKind[]) {
  Deno.test(`${kind}: documents are read as Go's encoding/json reads them`, () => {
    for (const row of listDocuments(kind)) {
      const shown = `${row.rule}: ${row.text.slice(0, 200)}`;
      const expected = getExpected(row, kind);
      const warnings: string[] = [];
      let found: string | undefined;
      try {
        found = READERS[kind](makeDocument(row.text, kind), (message) => warnings.push(message)).join(" ");
      } catch (error) {
        assert(error instanceof TorcxError && error.code === "invalid", `${shown}: ${error}`);
        assert(error.message.startsWith('Cannot parse "/f": '), error.message);
        assert(error.hint !== undefined, error.message);
      }
      assertEquals(found, expected, shown);
      if (expected === undefined) continue;
      const told = warnings.join("\n");
      for (const warning of warnings) assert(warning.startsWith('"/f": '), warning);
      const isMeant = row.warns === undefined || expected === "" && found === "" && row.text.trim() === ""
        ? told === ""
        : warnings.some((warning) => row.warns!.test(warning));
      assert(isMeant, `${shown}: ${told}`);
    }
  });
}

Deno.test("the table has sixty rules and more documents", () => {
  assert(GO_DOCUMENTS.length >= 120, String(GO_DOCUMENTS.length));
  assert(new Set(GO_DOCUMENTS.map(({ rule }) => rule)).size >= 60);
});

Deno.test("a refusal names the mistake that people make, and its place", () => {
  const cases: [string, string][] = [
    ["\ufeff{}", "line 1 column 1: it begins with a byte order mark"],
    ["\udcff\udcfe{}", "line 1 column 1: it is not UTF-8"],
    ['{\n  // "a"\n}', "line 2 column 3: JSON has no comments"],
    ["{}\n# text", "line 2 column 1: more follows the document"],
    ['{\n "a": 1,\n}', "line 3 column 1: a comma stands before it"],
    ['["a",\n]', "line 2 column 1: a comma stands before it"],
    ["{'a': 1}", "line 1 column 2: JSON has double quotes"],
    ['{"a": {', "line 1 column 8: it ends too early"],
    ["secret", "line 1 column 1"],
  ];
  for (const [text, message] of cases) {
    let told = "";
    try {
      parseImageManifest(makeDocument(text, "image-manifest-v0"), "/f");
    } catch (error) {
      told = (error as Error).message;
    }
    assertEquals(told, `Cannot parse "/f": it is not valid JSON at ${message}`);
  }
});

Deno.test("a file with a thousand unknown keys gives fifty warnings and the number of the others", () => {
  const keys = Array.from({ length: 1000 }, (_, index) => `"${"k".repeat(index)}${index}":1`).join(",");
  const { warnings } = parseImageManifest(`{"kind":"image-manifest-v0","value":{},${keys}}`, "/f");
  assertEquals([warnings.length, warnings.at(-1)?.message], [51, '"/f": 950 more like these are not shown']);
  assert(warnings.every(({ message }) => message.length < 300));
});

Deno.test("a file of another kind has none of its keys shown", () => {
  const warnings: string[] = [];
  for (const text of ['{"kind":"x","secret":1}', '{"secret":1}', '{"Kind":"image-manifest-v0","secret":1}']) {
    let isRefused = false;
    try {
      parseProfile(text, "/f", (message) => warnings.push(message));
    } catch (error) {
      isRefused = !String(error).includes("secret");
    }
    assert(isRefused, text);
  }
  assertEquals(warnings, []);
});

Deno.test("repairUtf8() is TextDecoder where all is well, and tells where the first byte was not", () => {
  const bytes = new TextEncoder().encode("\ufeffa\u00e9\u20ac\u{1f600}\u{10ffff}\ud7ff\ue000");
  assertEquals(repairUtf8(bytes), {
    text: "\ufeffa\u00e9\u20ac\u{1f600}\u{10ffff}\ud7ff\ue000",
    replacedAt: undefined,
  });
  // Valid sequences beside an invalid byte come through the slower way.
  assertEquals(repairUtf8(Uint8Array.of(...bytes, 0x80, 0x41)), {
    text: "\ufeffa\u00e9\u20ac\u{1f600}\u{10ffff}\ud7ff\ue000\ufffdA",
    replacedAt: 10,
  });
  for (const cut of [[0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98]]) {
    assertEquals(repairUtf8(Uint8Array.from(cut)).text, "\ufffd".repeat(cut.length));
  }
});
