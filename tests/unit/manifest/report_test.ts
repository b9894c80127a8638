import { assertEquals, assertThrows } from "@std/assert";
import { type ByteString, encodePath, fromBytes } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import {
  decodeAssetNames,
  encodeAssetNames,
  listAssetFiles,
  parseReport,
} from "../../../lib/manifest/report.ts";

function makeReport(fields: Record<string, unknown>): string {
  const value = {
    version: "0",
    mode: "manual",
    outcome: "sealed",
    started_at: "",
    upper_profile: "",
    ...fields,
  };
  return JSON.stringify({ kind: "torcx-apply-report-v0", value });
}

const ODD = fromBytes(new Uint8Array([0x2f, 0x61, 0xff, 0x5c, 0x78, 0x66, 0x66]));

for (
  const [what, to, linkText] of [
    ["text", encodePath("/bin/ü"), encodePath("../ü")],
    ["a name that is no UTF-8", ODD, undefined],
    ["a name that looks as if its bytes were escaped", encodePath("/a\\xff"), undefined],
    ["a link text that is no UTF-8", encodePath("/a"), ODD],
  ] as [string, ByteString, ByteString | undefined][]
) {
  Deno.test(`encodeAssetNames() and decodeAssetNames() keep ${what}`, () => {
    const names = { from: encodePath("/from"), to, linkText };
    const fields = JSON.parse(JSON.stringify(encodeAssetNames(names)));
    assertEquals(decodeAssetNames({ image: "a", kind: "units", mode: null, ...fields }), names);
  });
}

Deno.test("listAssetFiles() lists the files of a kind, no directories", () => {
  const asset = { image: "a", from: "/f", kind: "units", to: "/a", is_directory: false };
  const assets = [asset, { ...asset, to: "/d", is_directory: true }, { ...asset, kind: "bin" }];
  const report = parseReport(makeReport({ assets }), "report.json");
  assertEquals(listAssetFiles(report, "units").map(({ to }) => to), ["/a"]);
});

Deno.test("parseReport() fills in what reports of earlier versions lack", () => {
  const image = { name: "a", reference: "1", profile: "p", errors: [] };
  const asset = { image: "a", kind: "bin", from: "/f", to: "/t" };
  const report = parseReport(makeReport({ images: [image], assets: [asset] }), "report.json");
  assertEquals(report.unpack_device, null);
  assertEquals([report.images[0]!.archive_mtime, report.images[0]!.tree_inode], [null, null]);
  assertEquals(report.assets[0], {
    ...asset,
    kind: "bin",
    link_text: null,
    mode: null,
    digest: null,
    is_directory: false,
    raw_names: null,
  });
  assertEquals(report.warnings, []);
});

for (
  const fields of [
    { images: [null] },
    { images: [{ name: 1 }] },
    { assets: ["x"] },
    { assets: [{ image: "a", kind: "bin", from: "/f" }] },
    { assets: [{ image: "a", kind: "bin", from: "/f", to: "/t", raw_names: {} }] },
    { conflicts: [[]] },
    { steps: [1] },
    { warnings: [{}] },
  ]
) {
  Deno.test(`parseReport() refuses ${JSON.stringify(fields)}`, () => {
    const error = assertThrows(() => parseReport(makeReport(fields), "report.json"), TorcxError);
    assertEquals(error.code, "invalid");
  });
}
