/**
 * Extracts every archive of the corpus: the outcome is the expected one, an accepted tree equals its
 * listing, metadata included, and its contents equal GNU tar's; nothing beside the root changes; nothing
 * is left after a refusal. Both with openat2 and with the walk in user space.
 */

import { assertEquals } from "@std/assert";
import { ArchiveError, listMessages } from "../../../lib/errors.ts";
import { extractArchive } from "../../../lib/image/extract.ts";
import { hasLoopDevices } from "../../../lib/sys/loop_devices.ts";
import { isRootUser } from "../../../lib/sys/namespace.ts";
import type { Resolver } from "../../../lib/sys/resolve.ts";
import { Root } from "../../../lib/sys/root.ts";
import {
  CORPUS_DIR,
  type CorpusCase,
  type Lister,
  readCorpus,
  readListing,
  toTree,
  type Tree,
} from "../../support/corpus.ts";
import { compareTrees, fingerprint, readTree } from "../../support/tree.ts";
import { skipPart, testWith } from "../../support/needs.ts";

/** The decision on a row whose outcome 03-archives.md decides. */
type Decision = "accept" | "refuse";

/** Rows `policy` of the index, each decided; what stands behind a name is the rule of 03-archives.md. */
const DECISIONS: Record<string, Decision> = {
  // GNU `D`: a directory, its data skipped.
  "golang/gnu-incremental.tar": "accept",
  // Holes are made by ftruncate: tens of gigabytes cost nothing, and 16 TiB are the limit.
  "golang/gnu-sparse-big.tar": "accept",
  "golang/pax-sparse-big.tar": "accept",
  "tar-rs/sparse-large.tar": "accept",
  "sparse/old-gnu-huge.tar": "accept",
  "sparse/pax01-zero-size-bomb.tar": "refuse",
  // The size of what is no file means nothing; devices are skipped; what comes last wins.
  "golang/hdr-only.tar": "accept",
  // Global headers are ignored, with a warning.
  "golang/pax-global-records.tar": "accept",
  "pax/global-path.tar": "accept",
  "pax/global-size.tar": "accept",
  "pax/global-uid-mtime.tar": "accept",
  // Two `x` before one entry: the last wins.
  "golang/pax-multi-hdrs.tar": "accept",
  "pax/double-x.tar": "accept",
  // Stored data exactly used, region after region, whatever their length.
  "golang/sparse-formats.tar": "accept",
  "sparse/old-gnu-no-terminator.tar": "accept",
  "sparse/old-gnu-unaligned-region.tar": "accept",
  "sparse/pax10-unaligned.tar": "accept",
  "libarchive/test_read_format_gtar_sparse_length.tar": "accept",
  // One byte more is stored than the map uses.
  "libarchive/test_read_format_gtar_sparse_skip_entry.tar": "refuse",
  "libarchive/test_read_format_gtar_sparse_1_17_posix10_modified.tar": "refuse",
  "sparse/pax20.tar": "refuse",
  // SCHILY.realsize without a map says nothing.
  "sparse/schily-realsize.tar": "accept",
  // Garbage after the last member, a bad header CRC, reserved flags.
  "libarchive/test_compat_gzip_2.tgz": "refuse",
  "stream/gzip-header-all-flags.tgz": "refuse",
  "stream/gzip-reserved-flags.tgz": "refuse",
  "stream/trailing-garbage.tgz": "refuse",
  // A cut in the last padding; an entry after a zero block.
  "stream/truncated-after-data-no-pad.tgz": "refuse",
  "stream/zero-block-middle.tgz": "refuse",
  // One zero block ends an archive, and what follows two is never extracted.
  "stream/one-eof-block.tgz": "accept",
  "stream/two-archives-members.tgz": "accept",
  // Types that are not listed.
  "libarchive/test_compat_solaris_tar_acl.tar": "refuse",
  "types/type-0x80.tar": "refuse",
  "types/type-8.tar": "refuse",
  "types/type-A.tar": "refuse",
  "types/type-E.tar": "refuse",
  "types/type-M.tar": "refuse",
  "types/type-S.tar": "refuse",
  "types/type-X.tar": "refuse",
  // `V`, a volume label, is skipped.
  "libarchive/test_read_format_tar_empty_with_gnulabel.tar": "accept",
  "types/type-V.tar": "accept",
  // A directory without a name is the image root, as it is for GNU tar and the first torcx.
  "libarchive/test_read_format_tar_empty_filename.tar": "accept",
  "tar-rs/empty_filename.tar": "accept",
  "umoci/root-entry-empty.tar": "accept",
  // Numbers: blank means 0; a time is digits with a fraction; a huge one that the kernel holds is kept.
  "numeric/mode-blank.tar": "accept",
  "numeric/size-octal-all-space.tar": "accept",
  "libarchive/test_read_format_tar_pax_timestamps.tar": "refuse",
  // A size of NULs, then digits: nothing for GNU tar and bsdtar, 14 for others.
  "libarchive/test_read_format_tar_timestamp_overflow.tar": "refuse",
  // Names are bytes: no charset is heeded. Header bodies end at 1 MiB.
  "pax/charset-utf16.tar": "accept",
  "pax/big-1MiB.tar": "refuse",
  // Symlinked parents resolve inside the root; one that leads nowhere has no directory made behind it.
  "moby-breakout/abs-symlink-dangling-through.tar": "refuse",
  "moby-breakout/abs-symlink-then-through.tar": "accept",
  "moby-breakout/hardlink-via-abs-symlink.tar": "accept",
  "moby-breakout/rel-escape-before-abs.tar": "accept",
  "umoci/hardlink-dotdot-inroot.tar": "accept",
  "umoci/hardlinks.tar": "accept",
  "umoci/nondir-parent.tar": "refuse",
  "umoci/symlink-scope-dotdot.tar": "accept",
  "umoci/symlink-scope-garbage1.tar": "accept",
  "umoci/symlink-scope-garbage2.tar": "accept",
  "umoci/symlink-scope-garbage3.tar": "accept",
  "umoci/symlink-scope-root.tar": "accept",
  // The root's own metadata is ignored.
  "umoci/root-entry-dir.tar": "accept",
  // Devices are skipped, setuid bits kept, FIFOs made; what is propagated is no matter here.
  "moby-breakout/device-range.tar": "accept",
  "torcx-assets/bin-fifo.torcx.tgz": "accept",
  "torcx-assets/bin-setuid-device.torcx.tgz": "accept",
  "torcx-assets/unit-abs-symlink.torcx.tgz": "accept",
  // The last one wins, without writing through what was there.
  "types/dup-char-dir.tar": "accept",
  "types/dup-char-fifo.tar": "accept",
  "types/dup-char-hardlink.tar": "accept",
  "types/dup-char-write.tar": "accept",
  "types/dup-dir-char.tar": "accept",
  "types/dup-dir-fifo.tar": "accept",
  "types/dup-dir-file.tar": "accept",
  "types/dup-dir-hardlink.tar": "accept",
  "types/dup-fifo-char.tar": "accept",
  "types/dup-fifo-fifo.tar": "accept",
  "types/dup-fifo-file.tar": "accept",
  "types/dup-fifo-symlink.tar": "accept",
  "types/dup-file-dir.tar": "accept",
  "types/dup-file-file.tar": "accept",
  "types/dup-file-hardlink.tar": "accept",
  "types/dup-file-symlink.tar": "accept",
  "types/dup-hardlink-file.tar": "accept",
  "types/dup-hardlink-symlink.tar": "accept",
  "types/dup-hardlink-write-through.tar": "accept",
  "types/dup-symlink-hardlink.tar": "accept",
  "types/dup-symlink-symlink.tar": "accept",
  // `.wh.` names are plain files in a tgz.
  "umoci/whiteout-dot.tar": "accept",
  "umoci/whiteout-dotdot.tar": "accept",
  "umoci/whiteout-empty-name.tar": "accept",
  "umoci/whiteout-opaque.tar": "accept",
  "umoci/whiteout-plain.tar": "accept",
  // Attributes that are not kept are skipped.
  "xattr/posix-acl-xattr.tar": "accept",
  "xattr/rht-selinux.tar": "accept",
  "xattr/security-selinux.tar": "accept",
  "xattr/user-empty.tar": "accept",
  "xattr/xattr-userland-prefix.tar": "accept",
};

/** Rows `contain` that are accepted; the others are refused. */
const CONTAINED = new Set([
  "libarchive-gen/secure745.tar",
  "moby-breakout/symlink-read-dotdot.tar",
  "moby-breakout/symlink-read-slash-dotdot.tar",
  "moby-breakout/symlink-replace-victim.tar",
  "moby-breakout/symlink-then-symlink.tar",
]);

/** Where GNU tar reads an archive otherwise than decided above: bsdtar's listing, or the right lines. */
const LISTINGS: Record<string, Lister | readonly string[]> = {
  // GNU tar applies global headers.
  "golang/pax-global-records.tar": "bsdtar",
  "pax/global-path.tar": "bsdtar",
  "pax/global-uid-mtime.tar": [`-rw-r--r-- 0/0 1 2017-07-14 02:40:00 "a"`],
  // GNU tar starts each region of a sparse file on a block.
  "sparse/old-gnu-no-terminator.tar": "bsdtar",
  "sparse/old-gnu-unaligned-region.tar": "bsdtar",
  "sparse/pax10-unaligned.tar": "bsdtar",
  // GNU tar cuts link targets at `..`.
  "umoci/hardlink-dotdot-inroot.tar": "bsdtar",
  // The listing is cut off.
  "stream/fifty-thousand-small.tgz": Array.from({ length: 5000 }, (_, index) => {
    const [parent, name] = [`${index % 100}`.padStart(3, "0"), `${index}`.padStart(5, "0")];
    return `-rw-r--r-- 0/0 ${`${index}\n`.length} 2017-07-14 02:40:00 "f/${parent}/${name}"`;
  }),
};

const SQUASHFS = "torcx/addon_02.torcx.squashfs";
/** What the squashfs image holds, by the index. */
const SQUASHFS_TREE = "torcx/addon_01.torcx.tgz";

const isRoot = isRootUser();
/** Contents of larger files are not compared; their sizes are. */
const CONTENT_BYTES_MAX = 8 * 1024 * 1024;

/** A directory with the root to extract into and what must not change beside it. */
class Arena implements Disposable {
  readonly directory = Deno.makeTempDirSync({ prefix: "torcx-corpus-" });
  readonly root = `${this.directory}/root`;
  readonly #before: string;

  constructor() {
    // The names that hostile archives of the corpus aim at.
    Deno.mkdirSync(`${this.directory}/victim`);
    Deno.writeTextFileSync(`${this.directory}/victim/hello`, "hello\n");
    Deno.writeTextFileSync(`${this.directory}/file`, "beside the root\n");
    Deno.mkdirSync(this.root);
    this.#before = this.#fingerprint();
  }

  /** Names of the sentinel files that changed. */
  get isUntouched(): boolean {
    return this.#fingerprint() === this.#before &&
      [...Deno.readDirSync(this.directory)].map(({ name }) => name).sort().join() === "file,root,victim";
  }

  #fingerprint(): string {
    return ["victim", "file"].map((name) => fingerprint(`${this.directory}/${name}`)).join("\n");
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }
}

async function check(item: CorpusCase, resolver: Resolver, counts: Map<string, number>): Promise<string[]> {
  using arena = new Arena();
  using host = Root.open("/", { resolver });
  let outcome: "accepted" | "refused" = "accepted";
  let reason = "";
  const faults: string[] = [];
  try {
    await extractArchive(host, `${CORPUS_DIR}/${item.file}`, { directory: arena.root });
  } catch (error) {
    outcome = "refused";
    reason = listMessages(error).join(": ");
    if (!(error instanceof ArchiveError)) faults.push(`no ArchiveError: ${reason}`);
    if ([...Deno.readDirSync(arena.root)].length > 0) faults.push("something is left in the root");
  }
  const key = `${item.expected}: ${outcome}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
  if (!arena.isUntouched) faults.push("something beside the root changed");
  const wanted = decide(item);
  if (outcome !== wanted) faults.push(`${outcome} (${reason}), expected ${wanted} (${item.expected})`);
  if (outcome === "accepted" && wanted === "accepted") {
    try {
      faults.push(...compareTrees(readTree(arena.root), readExpectedTree(item.file), { hasOwners: isRoot }));
    } catch (error) {
      faults.push(`its listing is not understood: ${(error as Error).message}`);
    }
    faults.push(...compareContents(item, arena));
  }
  return faults.map((fault) => `${item.file}: ${fault}`);
}

function decide({ file, expected }: CorpusCase): "accepted" | "refused" {
  if (expected === "ok") return "accepted";
  if (expected === "reject") return "refused";
  if (expected === "contain") return CONTAINED.has(file) ? "accepted" : "refused";
  return DECISIONS[file] === "accept" ? "accepted" : "refused";
}

function readExpectedTree(file: string): Tree {
  const source = file === SQUASHFS ? SQUASHFS_TREE : file;
  const listing = LISTINGS[source] ?? "gnu";
  const lines = typeof listing === "string" ? readListing(source, listing) : listing;
  return toTree(lines);
}

/** Compares the contents of regular files with what GNU tar extracts. */
function compareContents(item: CorpusCase, arena: Arena): string[] {
  if (!item.isSoundForGnuTar || LISTINGS[item.file] === "bsdtar" || item.file === SQUASHFS) return [];
  const directory = `${arena.directory}/gnu`;
  Deno.mkdirSync(directory);
  new Deno.Command("tar", { args: ["-xf", `${CORPUS_DIR}/${item.file}`, "-C", directory], stderr: "null" })
    .outputSync();
  const differences: string[] = [];
  using ours = Root.open(arena.root);
  using theirs = Root.open(directory);
  for (const [path, node] of readTree(arena.root)) {
    if (node.type !== "file" || node.size! > CONTENT_BYTES_MAX) continue;
    if (theirs.findLstat(path as never)?.type !== "file") continue;
    const [a, b] = [ours, theirs].map((root) => root.readFile(path as never, CONTENT_BYTES_MAX));
    contents.compared++;
    if (a!.length !== b!.length || a!.some((byte, at) => byte !== b![at])) {
      differences.push(`${JSON.stringify(path)} has other contents than GNU tar's`);
    }
  }
  return differences;
}

const contents = { compared: 0 };

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

for (const resolver of ["openat2", "walk"] as const) {
  testWith(`extractArchive() gives each archive of the corpus its outcome (${resolver})`, {
    files: [CORPUS_DIR],
  }, async (context) => {
    const counts = new Map<string, number>();
    const faults: string[] = [];
    contents.compared = 0;
    for (const item of readCorpus()) {
      if (item.file === SQUASHFS && !(isRoot && hasLoopDevices())) {
        await skipPart(context, SQUASHFS, "it takes root and loop devices");
        continue;
      }
      faults.push(...await check(item, resolver, counts));
    }
    const text = [...counts].sort().map(([key, count]) => `${key} ${count}`).join(", ");
    print(`corpus with ${resolver}: ${text}; ${contents.compared} contents compared with GNU tar's`);
    assertEquals(faults, []);
  });
}

testWith("DECISIONS decides each policy row of the corpus, and no other", { files: [CORPUS_DIR] }, () => {
  const rows = readCorpus().filter(({ expected }) => expected === "policy").map(({ file }) => file);
  assertEquals(Object.keys(DECISIONS).sort(), rows.sort());
});
