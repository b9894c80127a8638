/** Tests that a wrong content under a right name is named as what it is, in the same words on each way in. */

import { assert, assertEquals } from "@std/assert";
import { makeProfile, OS_RELEASE } from "../support/nodes.ts";
import { runSteps, withRoot } from "../support/e2e_system.ts";
import { findMissing, skipPart, testWith } from "../support/needs.ts";

const STORE = "var/lib/torcx/store";

interface Content {
  name: string;
  /** Writes `$OUT` from the directory `image` and its sound archive `sound.tgz`. */
  make: string;
  programs?: readonly string[];
  format: "tgz" | "squashfs";
  /** What is said, the hint's start included. */
  message: string;
  hint: string;
}

const REPACK = "Pack it by gzip instead: ";
const COPY = "Copy or download it anew";
const FETCH = "Download it anew, and look at what the server answers";
const FILES = "Make a tar archive of its files, and pack that by gzip";

const gzip = (name: string, make: string, what: string, hint: string, ...programs: string[]): Content => ({
  name,
  make,
  programs,
  format: "tgz",
  message: `Cannot read gzip: the file is ${what}`,
  hint,
});
const inside = (name: string, make: string, what: string, hint: string, ...programs: string[]): Content => ({
  ...gzip(name, make, what, hint, ...programs),
  message: `Cannot read tar: its content is ${what}, not tar`,
});
const squashfs = (
  name: string,
  make: string,
  what: string,
  hint: string,
  ...programs: string[]
): Content => ({
  name,
  make,
  programs,
  format: "squashfs",
  message: `Cannot read squashfs: the file is ${what}`,
  hint,
});

const CONTENTS: readonly Content[] = [
  gzip("xz", 'tar -cJf "$OUT" image', "xz, not gzip", `${REPACK}xz -dc FILE`, "xz"),
  gzip("zstd", 'tar -c image | zstd -q > "$OUT"', "zstd, not gzip", `${REPACK}zstd -dc FILE`, "zstd"),
  gzip("bzip2", 'tar -cjf "$OUT" image', "bzip2, not gzip", `${REPACK}bzip2 -dc FILE`, "bzip2"),
  gzip("zip", 'zip -qr - image > "$OUT"', "a zip archive, not gzip", FILES, "zip"),
  gzip(
    "newc",
    'find image | cpio -o -H newc --quiet > "$OUT"',
    "a cpio archive, not gzip",
    FILES,
    "cpio",
  ),
  gzip("bin-cpio", 'find image | cpio -o --quiet > "$OUT"', "a cpio archive, not gzip", FILES, "cpio"),
  gzip("tar", 'tar -c image > "$OUT"', "tar, not gzip", "Pack it: gzip -n FILE"),
  gzip("v7", 'tar --format v7 -c image > "$OUT"', "tar, not gzip", "Pack it: gzip -n FILE"),
  gzip(
    "sqfs",
    'mksquashfs image "$OUT" -quiet -no-progress',
    "a squashfs, not gzip",
    "A squashfs is an image as it is: let its name end in .torcx.squashfs",
    "mksquashfs",
  ),
  gzip(
    "html",
    'printf "\\n<!DOCTYPE html>\\n<html><title>404</title>" > "$OUT"',
    "HTML, perhaps the error page of a download, not gzip",
    FETCH,
  ),
  gzip(
    "xml",
    `printf '<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>' > "$OUT"`,
    "XML, perhaps the error page of a download, not gzip",
    FETCH,
  ),
  gzip("text", 'echo "Not Found" > "$OUT"', "text, not gzip", COPY),
  gzip("empty", ': > "$OUT"', "empty", COPY),
  gzip("zeros", 'head -c 100000 /dev/zero > "$OUT"', "zeros, not gzip", COPY),
  gzip("noise", 'printf "\\1\\2\\3\\4" > "$OUT"', "not one", "Replace the archive by a sound copy"),
  inside("twice", 'gzip -c sound.tgz > "$OUT"', "gzip", "It is packed once more than its name says"),
  inside("gz-xz", 'tar -cJ image | gzip > "$OUT"', "xz", `${REPACK}xz -dc FILE`, "xz"),
  inside("gz-zip", 'zip -qr - image | gzip > "$OUT"', "a zip archive", FILES, "zip"),
  inside(
    "gz-cpio",
    'bsdtar --format newc -czf "$OUT" image',
    "a cpio archive",
    FILES,
    "bsdtar",
  ),
  inside(
    "gz-sqfs",
    'mksquashfs image x.squashfs -quiet -no-progress; gzip < x.squashfs > "$OUT"',
    "a squashfs",
    "A squashfs is an image as it is",
    "mksquashfs",
  ),
  inside("gz-text", 'echo hello | gzip > "$OUT"', "text", COPY),
  squashfs(
    "tgz",
    'cp sound.tgz "$OUT"',
    "gzip, not squashfs",
    "It is packed once more than its name says: unpack it once, by gzip -dc, or give it a name in .tgz",
  ),
  squashfs("sq-tar", 'tar -c image > "$OUT"', "tar, not squashfs", "Pack it: gzip -n FILE"),
  squashfs("sq-xz", 'tar -cJf "$OUT" image', "xz, not squashfs", `${REPACK}xz -dc FILE`, "xz"),
  squashfs("sq-text", 'echo "Not Found" > "$OUT"', "text, not squashfs", COPY),
  squashfs("sq-empty", ': > "$OUT"', "empty", COPY),
  squashfs("sq-zeros", 'head -c 100000 /dev/zero > "$OUT"', "zeros, not squashfs", COPY),
];

const present = CONTENTS.filter(({ programs = [] }) => findMissing({ programs }) === undefined);

testWith("torcx names what an archive is instead, on each way in", { isRoot: true }, async (context) => {
  for (const { name, programs = [] } of CONTENTS) {
    const missing = findMissing({ programs });
    if (missing !== undefined) await skipPart(context, `the content ${name}`, missing);
  }
  await withRoot({
    ...OS_RELEASE,
    "etc/torcx/profiles/all.json": makeProfile(...present.map(({ name }) => `${name}:1`)),
    "etc/torcx/profiles/inside.json": makeProfile(
      ...present.filter(({ message }) => message.includes("its content")).map(({ name }) => `${name}:1`),
    ),
    "etc/torcx/next-profile": "all\n",
    [STORE]: { dir: true },
    "image/.torcx/manifest.json": JSON.stringify({ kind: "image-manifest-v0", value: {} }),
    "image/bin/tool": "x".repeat(3000),
  }, async (root) => {
    const getPath = ({ name, format }: Content): string => `/${STORE}/${name}:1.torcx.${format}`;
    const make = present.map((content) =>
      `OUT="$PWD${getPath(content)}"; ${content.make.replace('"$OUT" image', '"$OUT" --force-local image')}`
        .replace(/mksquashfs(.*?) --force-local/, "mksquashfs$1")
        .replace(/(bsdtar.*?) --force-local/, "$1")
    );
    const { success, stderr } = new Deno.Command("bash", {
      args: ["-ec", ["tar -czf sound.tgz image", ...make].join("\n")],
      cwd: root,
    }).outputSync();
    assert(success, new TextDecoder().decode(stderr));

    const [plan, check, apply, applyInside, ...extractions] = await runSteps(root, [
      "torcx plan --output=text",
      "torcx profile check --deep --name all",
      "torcx apply",
      "torcx apply --profile inside --retry",
      ...present.map((content) => `torcx image extract ${getPath(content)} /tree`),
    ]);
    const expect = (output: string, { name, message, hint }: Content, way: string): void => {
      const told = message.replace("the file is not one", "the file does not start as one");
      assert(output.includes(told), `${way} of ${name}: ${told}\n${output}`);
      // Without hint of its own there is that of the command, where it has one.
      if (message.includes("not one") && way !== "apply") return;
      if (way !== "plan") assert(output.includes(hint), `${way} of ${name}: ${hint}\n${output}`);
    };
    for (const [at, content] of present.entries()) {
      const extraction = extractions[at]!;
      assertEquals(extraction.code, 1, extraction.output);
      expect(extraction.output, content, "extract");
      expect(plan!.output, content, "plan");
      expect(check!.output, content, "check");
      const isInside = content.message.includes("its content");
      expect(isInside ? applyInside!.output : apply!.output, content, "apply");
    }
    for (const { code, output } of [plan!, check!, apply!, applyInside!]) assertEquals(code, 1, output);
  });
});
