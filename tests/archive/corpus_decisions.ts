/**
 * Owns what 03-archives decides for each corpus row whose outcome is left to policy, by rule. The corpus
 * test demands that every such row stands here once.
 */

/** What becomes of an archive. */
export type Outcome = "ok" | "reject";

/** A rule of 03-archives and the rows it decides. */
interface Decision {
  rule: string;
  outcome: Outcome;
  rows: readonly string[];
}

const DUPLICATES = [
  ...["char-dir", "char-fifo", "char-hardlink", "char-write", "dir-char", "dir-fifo", "dir-file"],
  ...["dir-hardlink", "fifo-char", "fifo-fifo", "fifo-file", "fifo-symlink", "file-dir", "file-file"],
  ...["file-hardlink", "file-symlink", "hardlink-file", "hardlink-symlink", "hardlink-write-through"],
  ...["symlink-hardlink", "symlink-symlink"],
];

const DECISIONS: readonly Decision[] = [
  {
    rule: "the last entry of a name wins: what is there is unlinked, an empty directory too; devices skipped",
    outcome: "ok",
    rows: DUPLICATES.map((name) => `types/dup-${name}.tar`),
  },
  {
    rule: "types that are not known are refused, V and M among them",
    outcome: "reject",
    rows: [
      ...["0x80", "8", "A", "E", "M", "S", "V", "X"].map((flag) => `types/type-${flag}.tar`),
      "libarchive/test_compat_solaris_tar_acl.tar",
      "libarchive/test_read_format_tar_empty_with_gnulabel.tar",
    ],
  },
  { rule: "D is a directory, its data skipped", outcome: "ok", rows: ["golang/gnu-incremental.tar"] },
  {
    rule: "directories, links, FIFOs and devices are header-only",
    outcome: "ok",
    rows: ["golang/hdr-only.tar"],
  },
  {
    rule: "devices are skipped with a warning; FIFOs, setuid bits and symlinks are kept",
    outcome: "ok",
    rows: [
      "moby-breakout/device-range.tar",
      "torcx-assets/bin-fifo.torcx.tgz",
      "torcx-assets/bin-setuid-device.torcx.tgz",
      "torcx-assets/unit-abs-symlink.torcx.tgz",
    ],
  },
  {
    rule: "global records are ignored",
    outcome: "ok",
    rows: [
      "golang/pax-global-records.tar",
      "pax/global-path.tar",
      "pax/global-size.tar",
      "pax/global-uid-mtime.tar",
    ],
  },
  {
    rule: "of two x headers the last wins",
    outcome: "ok",
    rows: ["golang/pax-multi-hdrs.tar", "pax/double-x.tar"],
  },
  { rule: "bodies of headers are capped at 1 MiB", outcome: "reject", rows: ["pax/big-1MiB.tar"] },
  {
    rule: "names are bytes; other keys mean nothing",
    outcome: "ok",
    rows: ["pax/charset-utf16.tar", "sparse/schily-realsize.tar"],
  },
  {
    rule: "holes are made, not written",
    outcome: "ok",
    rows: [
      "golang/gnu-sparse-big.tar",
      "golang/pax-sparse-big.tar",
      "golang/sparse-formats.tar",
      "libarchive/test_read_format_gtar_sparse_length.tar",
      "sparse/old-gnu-huge.tar",
      "sparse/old-gnu-no-terminator.tar",
      "sparse/old-gnu-unaligned-region.tar",
      "sparse/pax10-unaligned.tar",
      "tar-rs/sparse-large.tar",
    ],
  },
  {
    rule: "sparse maps are 0.0, 0.1 or 1.0, digits only, as long as the stored data, of files that can be",
    outcome: "reject",
    rows: [
      "libarchive/test_read_format_gtar_sparse_1_17_posix10_modified.tar",
      "libarchive/test_read_format_gtar_sparse_skip_entry.tar",
      "sparse/pax01-zero-size-bomb.tar",
      "sparse/pax20.tar",
    ],
  },
  {
    rule: "numbers are digits, blank means 0, anything else is refused",
    outcome: "ok",
    rows: ["numeric/mode-blank.tar", "numeric/size-octal-all-space.tar"],
  },
  {
    rule: "numbers are digits, blank means 0, anything else is refused",
    outcome: "reject",
    rows: [
      "libarchive/test_read_format_tar_pax_timestamps.tar",
      "libarchive/test_read_format_tar_timestamp_overflow.tar",
    ],
  },
  {
    rule: "garbage after gzip, and headers that zlib refuses",
    outcome: "reject",
    rows: [
      "libarchive/test_compat_gzip_2.tgz",
      "stream/gzip-header-all-flags.tgz",
      "stream/gzip-reserved-flags.tgz",
      "stream/trailing-garbage.tgz",
    ],
  },
  {
    rule: "one zero block ends the archive; what follows two is never extracted",
    outcome: "ok",
    rows: ["stream/one-eof-block.tgz", "stream/two-archives-members.tgz"],
  },
  {
    rule: "an entry after a zero block, or a cut in the last padding",
    outcome: "reject",
    rows: ["stream/truncated-after-data-no-pad.tgz", "stream/zero-block-middle.tgz"],
  },
  {
    rule: "empty names are refused",
    outcome: "reject",
    rows: [
      "libarchive/test_read_format_tar_empty_filename.tar",
      "tar-rs/empty_filename.tar",
      "umoci/root-entry-empty.tar",
    ],
  },
  { rule: "the image root keeps its metadata", outcome: "ok", rows: ["umoci/root-entry-dir.tar"] },
  {
    rule: "a parent that is a file, or a symlink to nothing, is no parent",
    outcome: "reject",
    rows: ["moby-breakout/abs-symlink-dangling-through.tar", "umoci/nondir-parent.tar"],
  },
  {
    rule: "symlinks and .. resolve as if the image were the root",
    outcome: "ok",
    rows: [
      "moby-breakout/abs-symlink-then-through.tar",
      "moby-breakout/hardlink-via-abs-symlink.tar",
      "moby-breakout/rel-escape-before-abs.tar",
      "umoci/hardlink-dotdot-inroot.tar",
      "umoci/hardlinks.tar",
      ...["dotdot", "garbage1", "garbage2", "garbage3", "root"].map((name) =>
        `umoci/symlink-scope-${name}.tar`
      ),
    ],
  },
  {
    rule: ".wh. names are plain files in a tgz",
    outcome: "ok",
    rows: ["dot", "dotdot", "empty-name", "opaque", "plain"].map((name) => `umoci/whiteout-${name}.tar`),
  },
  {
    rule: "extended attributes that are not kept are skipped",
    outcome: "ok",
    rows: ["posix-acl-xattr", "rht-selinux", "security-selinux", "user-empty", "xattr-userland-prefix"]
      .map((name) => `xattr/${name}.tar`),
  },
];

/** The decision for each row. */
export const DECIDED: ReadonlyMap<string, Outcome> = new Map(
  DECISIONS.flatMap(({ outcome, rows }) => rows.map((row) => [row, outcome] as const)),
);
