/**
 * Tests what common producers write beyond plain entries, on each way in: `image extract`, `profile check
 * --deep`, `plan` and `apply` come to the same. Each archive is made by the real producer.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeProfile, OS_RELEASE, writeNodes } from "../support/nodes.ts";
import { runSteps, withRoot } from "../support/e2e_system.ts";
import { runTorcx } from "../support/binary.ts";
import { testWith } from "../support/needs.ts";
import { readTree } from "../support/tree.ts";
import { makeManifest } from "../support/archives.ts";

const STORE = "var/lib/torcx/store";
const SECOND = "a second archive follows the end of the first and is not read";

interface Producer {
  /** Completes "torcx takes". */
  what: string;
  programs: readonly string[];
  /** Packs `$IMAGE` into `$ARCHIVE`, a tgz. */
  pack: string;
  /** What the image has beside its manifest and program. */
  prepare?: string;
  warning?: string;
  /** The line that `--verbose=debug` shows. */
  remark?: string;
  /** `getfattr -d` of bin/hi. */
  attributes?: readonly string[];
}

const XATTRS = "setfattr -n user.a=b -v 1 bin/hi; setfattr -n user.p%q -v 2 bin/hi; " +
  "setfattr -n user.c%3Dd -v 3 bin/hi; setfattr -n user.plain -v 4 bin/hi";
const ATTRIBUTES = ['user.a\\075b="1"', 'user.c%3Dd="3"', 'user.p%q="2"', 'user.plain="4"'];

const PYTHON_ROOTS = `
import os, tarfile
with tarfile.open(os.environ["ARCHIVE"], "w:gz", format=tarfile.USTAR_FORMAT) as archive:
    for name, kind in [("./", tarfile.AREGTYPE), (".", tarfile.CONTTYPE), ("/", tarfile.DIRTYPE), ("", tarfile.DIRTYPE),
                       ("./.", tarfile.REGTYPE), ("//", tarfile.AREGTYPE)]:
        root = tarfile.TarInfo(name)
        root.type = kind
        archive.addfile(root)
    for name in [".torcx", "bin"]:
        archive.add(os.environ["IMAGE"] + "/" + name, name)
`;

const GO_XATTRS = `
package main

import ("archive/tar"; "compress/gzip"; "os")

func main() {
	out, _ := os.Create(os.Getenv("ARCHIVE"))
	packed := gzip.NewWriter(out)
	archive := tar.NewWriter(packed)
	add := func(name string, mode int64, records map[string]string) {
		data, err := os.ReadFile(os.Getenv("IMAGE") + "/" + name)
		if err != nil { panic(err) }
		header := tar.Header{Name: name, Mode: mode, Size: int64(len(data)), Typeflag: tar.TypeReg, PAXRecords: records}
		if err := archive.WriteHeader(&header); err != nil { panic(err) }
		if _, err := archive.Write(data); err != nil { panic(err) }
	}
	add(".torcx/manifest.json", 0644, nil)
	add("bin/hi", 0755, map[string]string{"SCHILY.xattr.user.a%3Db": "1", "SCHILY.xattr.user.plain": "4"})
	archive.Close()
	packed.Close()
}
`;

const PRODUCERS: readonly Producer[] = [
  {
    what: "the root entry that bsdtar writes in v7",
    programs: ["bsdtar"],
    pack: 'bsdtar --format v7 -czf "$ARCHIVE" -C "$IMAGE" .',
  },
  {
    what: "the root entry that bsdtar writes in ustar",
    programs: ["bsdtar"],
    pack: 'bsdtar --format ustar -czf "$ARCHIVE" -C "$IMAGE" .',
  },
  {
    what: "the root entry that GNU tar writes in v7",
    programs: [],
    pack: 'tar --force-local --format v7 -czf "$ARCHIVE" -C "$IMAGE" .',
  },
  {
    what: "the root entries that GNU cpio writes as tar",
    programs: ["cpio"],
    pack: '(cd "$IMAGE" && find . | cpio -o -H tar --quiet) | gzip > "$ARCHIVE"',
  },
  {
    what: "root entries of each name and regular type by Python",
    programs: ["python3"],
    pack: `python3 -c '${PYTHON_ROOTS}'`,
  },
  {
    what: "the volume label of GNU tar",
    programs: [],
    pack: 'tar --force-local -V my-label -czf "$ARCHIVE" -C "$IMAGE" .',
    remark: 'the volume label "my-label" is skipped',
  },
  {
    what: "the volume label of GNU tar's posix format",
    programs: [],
    pack: 'tar --force-local --format posix -V my-label -czf "$ARCHIVE" -C "$IMAGE" .',
  },
  {
    what: "a file named twice to GNU tar, a hard link to itself",
    programs: [],
    pack: 'tar --force-local -czf "$ARCHIVE" -C "$IMAGE" .torcx bin bin/hi bin/hi',
  },
  {
    what: "attributes with odd names by GNU tar",
    programs: ["setfattr", "getfattr"],
    prepare: XATTRS,
    pack: 'tar --force-local --xattrs --format posix -czf "$ARCHIVE" -C "$IMAGE" .',
    attributes: ATTRIBUTES,
  },
  {
    what: "attributes with odd names by bsdtar, in two forms",
    programs: ["bsdtar", "setfattr", "getfattr"],
    prepare: `${XATTRS}; setfattr -n user.é -v 5 bin/hi`,
    pack: 'bsdtar --xattrs --format pax -czf "$ARCHIVE" -C "$IMAGE" .',
    attributes: [...ATTRIBUTES, 'user.é="5"'],
  },
  {
    what: "attributes by Go's archive/tar",
    programs: ["go", "getfattr"],
    pack: `echo '${GO_XATTRS}' > pack.go; HOME=\${HOME:-/root} go run pack.go; rm pack.go`,
    attributes: [ATTRIBUTES[0]!, ATTRIBUTES[3]!],
  },
  {
    what: "an archive that another one was appended to, by its end alone",
    programs: [],
    pack: 'tar -czf 1.tgz -C "$IMAGE" .; mkdir other; echo lost > other/lost; tar -czf 2.tgz -C other .; ' +
      'cat 1.tgz 2.tgz > "$ARCHIVE"; rm -r 1.tgz 2.tgz other',
    warning: SECOND,
  },
  {
    what: "an archive within the padding of a large record",
    programs: [],
    pack: 'tar --force-local -b 2048 -czf "$ARCHIVE" -C "$IMAGE" .',
  },
];

function runShell(cwd: string, script: string, env: Record<string, string>): string {
  const { success, stdout, stderr } = new Deno.Command("bash", { args: ["-ec", script], cwd, env })
    .outputSync();
  assert(success, `${script}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Returns the paths below a directory with what is in them, without times: parents that are made have none. */
function listTree(directory: string): string[] {
  return [...readTree(directory)].map(([path, { type, mode, size }]) =>
    `${path} ${type} ${mode?.toString(8)} ${size}`
  ).sort();
}

for (const { what, programs, pack, prepare = "", warning, remark, attributes } of PRODUCERS) {
  testWith(`torcx takes ${what}`, { isRoot: true, programs }, () =>
    withRoot({
      ...OS_RELEASE,
      [STORE]: { dir: true },
      "etc/torcx/profiles/p.json": makeProfile("hi:1"),
      "etc/torcx/next-profile": "p\n",
    }, async (root) => {
      const archive = `${STORE}/hi:1.torcx.tgz`;
      writeNodes(`${root}/image`, { ...makeManifest({ bin: ["/bin"] }), "bin/hi": "#!/bin/sh\necho hi\n" });
      Deno.chmodSync(`${root}/image/bin/hi`, 0o755);
      runShell(`${root}/image`, prepare, {});
      runShell(root, pack, { IMAGE: `${root}/image`, ARCHIVE: `${root}/${archive}` });

      const extracted = await runTorcx(
        ["image", "extract", `/${archive}`, "/tree", "--root", root, "--verbose=debug"],
        { cwd: root },
      );
      assertEquals(extracted.code, 0, extracted.stderr);
      const lines = extracted.stderr.trim().split("\n").filter((line) => /warning|label/.test(line));
      assertEquals(lines.map((line) => line.replace(/^torcx: (?:debug|warning): /, "")), [
        ...warning === undefined ? [] : [`image "hi:1": ${warning} [second-archive]`],
        ...remark === undefined ? [] : [remark],
      ]);
      assertEquals(listTree(`${root}/tree`), listTree(`${root}/image`));
      const shown = attributes === undefined
        ? ""
        : runShell(`${root}/tree`, "LC_ALL=C getfattr -d -e text bin/hi", {});
      assertEquals(
        shown.split("\n").filter((line) => line.startsWith("user.")).sort(),
        [...attributes ?? []].sort(),
      );

      const told = warning === undefined ? [] : [`warning: image "hi:1": ${warning}`];
      const [plan, check, apply, after] = await runSteps(root, [
        "torcx plan",
        "torcx profile check --deep --name p",
        "torcx apply",
        "find run/torcx/unpack/hi -type f | LC_ALL=C sort; cat run/torcx/report.json",
      ]);
      for (const { output, code } of [plan!, check!, apply!]) {
        assertEquals(code, 0, output);
        for (const line of told) assert(output.includes(line), output);
        if (told.length === 0) assert(!/warning: /.test(output), output);
      }
      assertMatch(
        after!.output,
        /^run\/torcx\/unpack\/hi\/\.torcx\/manifest\.json\nrun\/torcx\/unpack\/hi\/bin\/hi\n/,
      );
      assertEquals(after!.output.includes(SECOND), warning !== undefined, "the report keeps it");
    }));
}

testWith(
  "torcx refuses a hard link to itself where nothing is",
  { programs: ["python3"] },
  () =>
    withRoot({}, async (root) => {
      const script = `
import tarfile
with tarfile.open("a.tgz", "w:gz") as archive:
    link = tarfile.TarInfo("bin/hi")
    link.type, link.linkname = tarfile.LNKTYPE, "bin/hi"
    archive.addfile(link)
`;
      runShell(root, `python3 -c '${script}'`, {});
      const { code, stderr } = await runTorcx(["image", "extract", "/a.tgz", "/tree", "--root", root]);
      assertEquals(code, 1);
      assertMatch(stderr, /entry "bin\/hi"\n {2}its link target "bin\/hi" does not exist/);
    }),
);

testWith("torcx refuses the second volume of GNU tar", {}, () =>
  withRoot({}, async (root) => {
    runShell(root, "head -c 30000 /dev/urandom > big; tar -cM -L 20 -f 1.tar -f 2.tar big", {});
    const { code, stderr } = await runTorcx(["image", "extract", "/2.tar", "/tree", "--root", root]);
    assertEquals(code, 1);
    assertMatch(stderr, /entry "[^"]*big": it is the rest of a file whose start is on another volume/);
    const first = await runTorcx(["image", "extract", "/1.tar", "/tree", "--root", root]);
    assertMatch(first.stderr, /entry "big": the archive is cut off in it/);
  }));
