/** Tests the reader's decisions row by row; every stream is also read in 1-byte chunks (`read.ts`). */

import { assertEquals } from "@std/assert";
import {
  base256,
  concat,
  directory,
  END,
  entry,
  file,
  gnuSparse,
  hardlink,
  header,
  longName,
  pad,
  pax,
  record,
  symlink,
  utf8,
} from "../../support/tar_builder.ts";
import { assertRefused, readTar } from "../../support/read_tar.ts";

/** Reads a stream with one entry. */
function readOne(...parts: readonly Uint8Array[]): ReturnType<typeof readTar>["entries"][number] {
  const { entries } = readTar(concat(...parts));
  assertEquals(entries.length, 1);
  return entries[0]!;
}

Deno.test("TarReader reads an entry of each format whole", () => {
  const plain = { name: "dir/file", mode: 0o4755, uid: 1000, gid: 100, mtime: 1_234_567_890 };
  for (const format of ["v7", "ustar", "gnu", "star"] as const) {
    assertEquals(readOne(entry({ ...plain, format }, "hello")), {
      type: "file",
      path: "dir/file",
      linkTarget: "",
      mode: 0o4755,
      uid: 1000,
      gid: 100,
      size: 5,
      mtimeSec: 1_234_567_890,
      mtimeNsec: 0,
      xattrs: {},
      data: [[0, "hello"]],
      isSparse: false,
    } as never, format);
  }
});

Deno.test("TarReader joins the prefix of ustar and star, and of no other format", () => {
  const cases: [format: "v7" | "ustar" | "gnu" | "star", path: string][] = [
    ["ustar", "some/prefix/file"],
    ["star", "some/prefix/file"],
    ["gnu", "file"],
    ["v7", "file"],
  ];
  for (const [format, path] of cases) {
    assertEquals(
      readOne(entry({ name: "file", prefix: "some/prefix", format })).path as string,
      path,
      format,
    );
  }
  assertEquals(readOne(file("n".repeat(100))).path.length, 100);
});

Deno.test("TarReader knows each type flag", () => {
  const cases: [flag: string, name: string, type: string][] = [
    ["0", "x", "file"],
    ["\0", "x", "file"],
    ["7", "x", "file"],
    ["0", "x/", "directory"],
    ["1", "x", "hardlink"],
    ["2", "x", "symlink"],
    ["3", "x", "char"],
    ["4", "x", "block"],
    ["5", "x/", "directory"],
    ["6", "x", "fifo"],
    ["D", "x/", "directory"],
  ];
  for (const [type, name, expected] of cases) {
    assertEquals(
      readOne(entry({ name, type, linkName: "y" })).type as string,
      expected,
      JSON.stringify(type),
    );
  }
  assertRefused(entry({ name: "x", type: "M" }), "on another volume");
  for (const type of ["A", "E", "X", "N", "8", "9", "Z", "\x80", " "]) {
    assertRefused(entry({ name: "x", type }), "its type");
  }
});

Deno.test("TarReader skips data that belongs to no file", () => {
  const after = file("after", "x");
  const skipped = readTar(concat(entry({ name: "d/", type: "D" }, "Yfile\0\0"), after)).entries;
  assertEquals(skipped.map(({ path, data }) => [path as string, data]), [["d/", []], ["after", [[0, "x"]]]]);
  // These are header-only: a size in the header means nothing, no data follows.
  for (const type of ["2", "3", "4", "5", "6"]) {
    const { entries } = readTar(concat(header({ name: "x", type, linkName: "y", size: 700 }), after));
    assertEquals(entries.map(({ path, size }) => [path as string, size]), [["x", 0], ["after", 1]], type);
  }
});

Deno.test("TarReader refuses a hard link with data", () => {
  assertRefused(concat(pax({ size: "3" }), hardlink("x", "y"), pad("abc")), "hard link with 3 bytes");
  // Without PAX the data itself is no header.
  assertRefused(concat(header({ name: "x", type: "1", linkName: "y", size: 3 }), pad("abc")), "checksum");
});

Deno.test("TarReader accepts numbers as octal or base-256, and nothing else", () => {
  const cases: [size: string | Uint8Array, expected: number | string][] = [
    ["00000000003\0", 3],
    ["          3 ", 3],
    ["         3\0 ", 3],
    ["3\0\0\0\0\0\0\0\0\0\0\0", 3],
    ["3\0garbage\0\0\0", "size field"],
    ["000000000003", 3],
    [base256(3, 12), 3],
    ["\0\0\0\0\0\0\0\0\0\0\0\0", 0],
    ["            ", 0],
    ["\0\0\0\0\0\0\x000003", "size field"],
    ["0x000000003\0", "size field"],
    ["00000000008\0", "size field"],
    ["-0000000003\0", "size field"],
    ["+0000000003\0", "size field"],
    ["1e1\0\0\0\0\0\0\0\0\0", "size field"],
    ["3 4\0\0\0\0\0\0\0\0\0", "size field"],
    ["0000000000\x033", "size field"],
    [base256(-1, 12), "negative"],
    [base256(2n ** 53n, 12), "size field"],
    [base256(2n ** 64n + 3n, 12), "size field"],
  ];
  for (const [size, expected] of cases) {
    const stream = concat(header({ size }), expected === 3 ? pad("abc") : "");
    const what = JSON.stringify(size);
    if (typeof expected === "string") assertRefused(stream, expected);
    else assertEquals(readOne(stream).size, expected, what);
  }
});

Deno.test("TarReader keeps owners from 0 to 2^32-2", () => {
  const max = 2 ** 32 - 2;
  assertEquals(readOne(entry({ uid: max, gid: base256(max, 8) })).uid, max);
  assertEquals(readOne(pax({ uid: `${max}`, gid: "7" }), file("x")).uid, max);
  for (const uid of [2 ** 32 - 1, 2 ** 33, -1]) assertRefused(entry({ uid }), "outside 0 to");
  for (const uid of ["4294967295", "-1", "1.5", "0x10", "1e3", " 1"]) {
    assertRefused(concat(pax({ uid }), file("x")), "uid");
    assertRefused(concat(pax({ gid: uid }), file("x")), "gid");
  }
});

Deno.test("TarReader keeps times, negative and with fractions", () => {
  const cases: [mtime: string, seconds: number, nanoseconds: number][] = [
    ["0", 0, 0],
    ["1500000000.123456789", 1_500_000_000, 123_456_789],
    ["1.5", 1, 500_000_000],
    ["-1.5", -2, 500_000_000],
    ["-1", -1, 0],
    ["-0.000000001", -1, 999_999_999],
    ["5.", 5, 0],
    ["1.1234567899999", 1, 123_456_789],
    ["9007199254740991", 9_007_199_254_740_991, 0],
  ];
  for (const [mtime, seconds, nanoseconds] of cases) {
    const { mtimeSec, mtimeNsec } = readOne(pax({ mtime }), file("x"));
    assertEquals([mtimeSec, mtimeNsec], [seconds, nanoseconds], mtime);
  }
  assertEquals(readOne(entry({ mtime: base256(-100, 12) })).mtimeSec, -100);
  for (const mtime of ["1e9", "Infinity", "0x10", "--1", "1.-5", ".5", "1,5", "9007199254740992", " 1"]) {
    assertRefused(concat(pax({ mtime }), file("x")), "mtime");
  }
});

Deno.test("TarReader accepts a signed or unsigned checksum", () => {
  const name = "caf\xe9\xff";
  const octal = (value: number): string => `${value.toString(8).padStart(6, "0")}\0 `;
  assertEquals(readOne(entry({ name, checksum: (sum) => octal(sum) })).path as string, name);
  assertEquals(readOne(entry({ name, checksum: (_, sum) => octal(sum) })).path as string, name);
  assertRefused(entry({ name, checksum: (sum) => octal(sum + 1) }), "checksum");
  assertRefused(entry({ name, checksum: "        " }), "checksum");
  assertRefused(entry({ name, checksum: "\0\0\0\0\0\0\0\0" }), "checksum");
});

Deno.test("TarReader lets PAX records override the header", () => {
  const records = {
    path: "long/" + "n".repeat(200),
    size: "3",
    uid: "70000",
    gid: "80000",
    mtime: "1.25",
    comment: "ignored",
    "__proto__": "x",
    constructor: "y",
  };
  const { path, size, uid, gid, mtimeSec, mtimeNsec, data } = readOne(
    pax(Object.entries(records)),
    header({ name: "short", size: 0 }),
    pad("abc"),
  );
  assertEquals([path as string, size, uid, gid, mtimeSec, mtimeNsec, data], [
    records.path,
    3,
    70_000,
    80_000,
    1,
    250_000_000,
    [[0, "abc"]],
  ]);
  assertEquals(readOne(pax({ linkpath: "t".repeat(300) }), symlink("x", "short")).linkTarget.length, 300);
});

Deno.test("TarReader applies a PAX size to its own entry only, never to a header block", () => {
  // A size that counted for the following header would hide an entry in what is skipped.
  const hidden = symlink("hidden", "/etc");
  const stream = concat(pax({ size: "512" }), header({ name: "data", size: 0 }), hidden, file("after"));
  assertEquals(readTar(stream).entries.map(({ path }) => path as string), ["data", "after"]);
  const behindLongName = concat(
    pax({ size: "2" }),
    longName("n".repeat(120)),
    header({ size: 0 }),
    pad("ab"),
  );
  const { entries } = readTar(behindLongName);
  assertEquals(entries.map(({ path, size }) => [path.length, size]), [[120, 2]]);
});

Deno.test("TarReader takes an override back by an empty value", () => {
  assertEquals(readOne(pax([["path", "a"], ["path", ""]]), file("header")).path as string, "header");
  assertEquals(readOne(pax({ uid: "" }), entry({ uid: 7 })).uid, 7);
});

Deno.test("TarReader takes the last of several headers for one entry", () => {
  const twice = readOne(
    pax({ path: "first", uid: "5" }),
    pax({ path: "second" }),
    entry({ name: "x", uid: 1 }),
  );
  assertEquals([twice.path as string, twice.uid], ["second", 1]);
  assertEquals(readOne(longName("first"), longName("second"), file("x")).path as string, "second");
  const links = readOne(longName("first", "K"), longName("second", "K"), symlink("x", "y"));
  assertEquals(links.linkTarget as string, "second");
});

Deno.test("TarReader ignores global headers, with a warning where they would change something", () => {
  const { entries, warnings } = readTar(
    concat(pax({ path: "g", size: "9", uid: "5" }, "g"), pax({ comment: "x" }, "g"), file("a"), file("b")),
  );
  assertEquals(entries.map(({ path, uid }) => [path as string, uid]), [["a", 0], ["b", 0]]);
  assertEquals(warnings, ["a global PAX header is ignored: it sets path, size, uid"]);
});

Deno.test("TarReader keeps names as bytes", () => {
  for (const name of ["\xff\xfe", "caf\xe9", "e\xcc\x81", "a\nb", 'q"uote', "tab\there"]) {
    assertEquals(readOne(file(name)).path as string, name);
    assertEquals(readOne(pax({ path: name }), file("x")).path as string, name);
    assertEquals(readOne(longName(name), file("x")).path as string, name);
  }
  assertEquals(readOne(pax({ path: utf8("ü") }), file("x")).path as string, "\xc3\xbc");
});

Deno.test("TarReader refuses malformed PAX headers", () => {
  const cases: [body: string, reason: string][] = [
    ["7 a=bc", "length is wrong"],
    ["6 a=bX", "newline"],
    ["0 a=b\n", "length is wrong"],
    ["+6 a=b\n", "length is no number"],
    [" 6 a=b\n", "length"],
    ["6\ta=b\n", "length is no number"],
    ["x a=b\n", "length is no number"],
    ["99 a=b\n", "length is wrong"],
    ["99999999999999999999 a=b\n", "length is no number"],
    ["4 a\n", "equal sign"],
    ["4 =\n", "no key"],
    ["2 \n", "length is wrong"],
    ["6 a=b\n6", "length is wrong"],
    [record("path", "a\0b"), "path holds NUL"],
    [record("linkpath", "a\0b"), "linkpath holds NUL"],
    [record("a\0b", "c"), "key holds NUL"],
    [record("size", "+5"), "PAX size"],
    [record("size", "-5"), "PAX size"],
    [record("size", "0x5"), "PAX size"],
    [record("size", "9007199254740992"), "PAX size"],
    [record("size", "9223372036854775808"), "PAX size"],
  ];
  for (const [body, reason] of cases) assertRefused(concat(pax(body), file("x")), reason);
});

Deno.test("TarReader keeps a record whose value looks like records", () => {
  const path = "a\n17 path=injected\n";
  assertEquals(readOne(pax({ path }), file("x")).path as string, path);
});

Deno.test("TarReader caps header bodies at 1 MiB", () => {
  const max = 1024 * 1024;
  const body = (length: number): string => record("comment", "c".repeat(length - 20)).padEnd(length);
  const exact = record("comment", "c".repeat(max - 17));
  assertEquals(exact.length, max);
  assertEquals(readOne(pax(exact), file("x")).path as string, "x");
  for (const flag of ["x", "g", "L", "K"]) {
    assertRefused(entry({ name: "meta", type: flag, size: max + 1 }, body(100)), "more than 1048576");
  }
});

Deno.test("TarReader refuses names that disagree or are too long", () => {
  assertEquals(readOne(pax({ path: "same" }), longName("same"), file("x")).path as string, "same");
  assertRefused(concat(pax({ path: "one" }), longName("two"), file("x")), "disagrees");
  assertRefused(concat(pax({ linkpath: "one" }), longName("two", "K"), symlink("x", "y")), "disagrees");
  const deep = (levels: number): string => Array(levels).fill("d").join("/");
  assertEquals(readOne(pax({ path: deep(1024) }), file("x")).path.length, 2047);
  assertRefused(concat(pax({ path: deep(1025) }), file("x")), "1024 levels");
  assertEquals(readOne(pax({ path: "n".repeat(255) }), file("x")).path.length, 255);
  assertRefused(concat(pax({ path: "n".repeat(256) }), file("x")), "255 bytes");
  assertRefused(concat(pax({ path: "n/".repeat(2048) }), file("x")), "4095");
  assertRefused(concat(pax({ linkpath: "n".repeat(4096) }), symlink("x", "y")), "4095");
  assertRefused(symlink("x", ""), "link target is empty");
  assertRefused(hardlink("x", ""), "link target is empty");
});

Deno.test("TarReader reads GNU long names with or without NUL", () => {
  const name = "l".repeat(150);
  for (const end of ["\0", "", "\0garbage"]) {
    assertEquals(readOne(longName(name, "L", end), file("x")).path as string, name, JSON.stringify(end));
    const link = readOne(longName(name, "K", end), symlink("x", "y"));
    assertEquals(link.linkTarget as string, name, JSON.stringify(end));
  }
});

Deno.test("TarReader takes each way to end an archive, and refuses a cut", () => {
  const zero = new Uint8Array(512);
  const one = file("a", "x");
  for (const end of [[], [zero], [zero, zero], [zero, zero, zero.slice(0, 100)], [zero, zero.slice(0, 7)]]) {
    assertEquals(readTar(concat(one, ...end), { isRaw: true }).entries.length, 1);
  }
  // What follows two zero blocks is never read: another archive is told, once, and padding is not.
  const second = ["a second archive follows the end of the first and is not read"];
  const behind: [rest: Uint8Array[], warnings: string[]][] = [
    [[file("behind"), concat("garbage")], second],
    [[zero, zero, zero, file("b"), file("c"), END, file("d")], second],
    [[pad("garbage"), file("b")], second],
    [[file("b").subarray(0, 512)], second],
    [[entry({ name: "b", size: "no size" })], second],
    [[file("b").subarray(0, 511)], []],
    [[entry({ name: "b", checksum: "0" })], []],
    [[pad("garbage"), zero, concat("garbage")], []],
    [[concat("x"), file("b")], []],
  ];
  for (const [rest, warnings] of behind) {
    const result = readTar(concat(one, zero, zero, ...rest), { isRaw: true });
    assertEquals([result.entries.length, result.warnings], [1, warnings]);
  }
  const late = readTar(concat(one, zero, pad("garbage"), file("b")), { isRaw: true });
  assertEquals([late.entries.length, late.warnings], [1, second]);
  assertEquals(readTar(new Uint8Array(0), { isRaw: true }).entries.length, 0);
  const refused: [stream: Uint8Array, reason: string][] = [
    [concat(one, zero, file("b")), "zero block"],
    [concat(one, zero, entry({ name: "b", size: "no size" })), "zero block"],
    [one.subarray(0, 100), "cut off in a header"],
    [one.subarray(0, 512), "cut off in it"],
    [one.subarray(0, 513), "cut off in it"],
    [one.subarray(0, 1023), "cut off in it"],
    [pax({ path: "p" }), "no entry after it"],
    [concat(pax({ path: "p" }), END), "no entry after it"],
    [concat(longName("l"), END), "no entry after it"],
    [concat(longName("l", "K"), END), "no entry after it"],
    [pax({ path: "p" }).subarray(0, 600), "cut off"],
    [concat(one, "garbage"), "cut off in a header"],
    [concat(one, pad("garbage")), "checksum"],
  ];
  for (const [stream, reason] of refused) assertRefused(stream, reason, { isRaw: true });
});

Deno.test("TarReader reads extended attributes", () => {
  const { entries, warnings } = readTar(concat(
    pax([
      ["SCHILY.xattr.user.raw", "a\0=\n\xff"],
      ["LIBARCHIVE.xattr.user.b%2564", btoa("decoded")],
      ["SCHILY.xattr.user.both", "raw"],
      ["LIBARCHIVE.xattr.user.both", btoa("other")],
      ["SCHILY.xattr.user.empty", ""],
      ["SCHILY.acl.access", "user::rw-"],
      ["RHT.security.selinux", "label"],
    ]),
    file("x"),
  ));
  assertEquals(entries[0]!.xattrs, {
    "user.raw": "a\0=\n\xff",
    "user.b%64": "decoded",
    "user.both": "raw",
    "user.empty": "",
  });
  assertEquals(warnings, ['entry "x": "SCHILY.acl.access" is skipped: access control lists are not kept']);
  for (
    const [key, value] of [["SCHILY.xattr.", "x"], ["SCHILY.xattr.a\0b", "x"], ["LIBARCHIVE.xattr.u", "!"]]
  ) {
    assertRefused(concat(pax([[key!, value!]]), file("x")), "");
  }
});

Deno.test("TarReader reads sparse files of each format alike", () => {
  const regions = [[0, 512], [4096, 3]] as const;
  const data = concat("a".repeat(512), "xyz");
  const numbers = regions.flat();
  const map10 = pad(`2\n${numbers.join("\n")}\n`);
  const common = { "GNU.sparse.name": "real" };
  const streams: Record<string, Uint8Array> = {
    gnu: gnuSparse("real", 5000, regions, data),
    "0.0": concat(
      pax([
        ["GNU.sparse.size", "5000"],
        ["GNU.sparse.numblocks", "2"],
        ...regions.flatMap(([offset, length]): [string, string][] => [
          ["GNU.sparse.offset", `${offset}`],
          ["GNU.sparse.numbytes", `${length}`],
        ]),
      ]),
      entry({ name: "real" }, data),
    ),
    "0.1": concat(
      pax({
        ...common,
        "GNU.sparse.size": "5000",
        "GNU.sparse.numblocks": "2",
        "GNU.sparse.map": numbers.join(","),
      }),
      entry({ name: "GNUSparseFile.1/real" }, data),
    ),
    "1.0": concat(
      pax({ ...common, "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "5000" }),
      entry({ name: "GNUSparseFile.1/real" }, concat(map10, data)),
    ),
  };
  for (const [format, stream] of Object.entries(streams)) {
    const { entries } = readTar(concat(stream, file("after")));
    assertEquals(entries.length, 2, format);
    const { path, size, data, isSparse } = entries[0]!;
    assertEquals({ path: path as string, size, data, isSparse }, {
      path: "real",
      size: 5000,
      data: [[0, "a".repeat(512)], [4096, "xyz"]],
      isSparse: true,
    }, format);
  }
});

Deno.test("TarReader reads a GNU sparse map that goes on in further blocks", () => {
  const regions = Array.from({ length: 60 }, (_, index): [number, number] => [index * 1000, 1]);
  const { entries } = readTar(gnuSparse("x", 60_000, regions, "r".repeat(60)));
  assertEquals(entries[0]!.data, regions.map(([offset]): [number, string] => [offset, "r"]));
});

Deno.test("TarReader reads a file that is one hole", () => {
  const hole = pax({ "GNU.sparse.size": "5000", "GNU.sparse.numblocks": "0", "GNU.sparse.map": "" });
  const map = pax({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "5000" });
  const streams = [
    gnuSparse("x", 5000, [], ""),
    gnuSparse("x", 5000, [[5000, 0]], ""),
    concat(hole, file("x")),
    concat(map, entry({ name: "x" }, pad("0\n"))),
  ];
  for (const stream of streams) {
    const { size, data, isSparse } = readOne(stream);
    assertEquals({ size, data, isSparse }, { size: 5000, data: [], isSparse: true });
  }
});

Deno.test("TarReader refuses sparse maps that cannot be", () => {
  const sparse10 = (map: string, records: Record<string, string> = {}): Uint8Array =>
    concat(
      pax({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "5000", ...records }),
      entry({ name: "x" }, pad(map)),
    );
  const sparse01 = (map: string, data = "", records: Record<string, string> = {}): Uint8Array =>
    concat(pax({ "GNU.sparse.size": "5000", "GNU.sparse.map": map, ...records }), file("x", data));
  const cases: [stream: Uint8Array, reason: string][] = [
    [gnuSparse("x", 5000, [[0, 3], [2, 3]], "abcdef"), "overlap"],
    [gnuSparse("x", 5000, [[100, 3], [0, 3]], "abcdef"), "out of order"],
    [gnuSparse("x", 5000, [[4999, 3]], "abc"), "beyond"],
    [gnuSparse("x", 5000, [[0, 100]], "abc"), "regions hold 100 bytes, the archive 3"],
    [gnuSparse("x", 5000, [[0, 2]], "abc"), "regions hold 2 bytes, the archive 3"],
    [gnuSparse("x", 5000, [[-5, 3]], "abc"), "negative"],
    [gnuSparse("x", -1, [], ""), "negative"],
    [gnuSparse("x", 2 ** 44 + 1, [], ""), "more than"],
    [entry({ name: "x", type: "S", format: "ustar" }), "without a GNU header"],
    [
      concat(
        pax({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9" }),
        gnuSparse("x", 9, [[0, 3]], "abc"),
      ),
      "both a GNU and a PAX sparse map",
    ],
    [sparse01("0,3,5", "abc"), "an offset has no length"],
    [sparse01("0,x", "abc"), "a number"],
    [sparse01("0,-3", "abc"), "a number"],
    [sparse01("0,3", "abc", { "GNU.sparse.numblocks": "2" }), "numblocks"],
    [sparse01("0,3", "abc", { "GNU.sparse.size": "" }), "GNU.sparse.size is missing"],
    [sparse01("", "", { "GNU.sparse.size": `${2 ** 50}` }), "more than"],
    [
      concat(pax([["GNU.sparse.size", "9"], ["GNU.sparse.numbytes", "1"]]), file("x", "a")),
      "do not take turns",
    ],
    [sparse10("1\n0\n3\n", { "GNU.sparse.realsize": "" }), "realsize is missing"],
    [sparse10("", {}), ""],
    [sparse10("2\n0\n3\n"), ""],
    [sparse10("x\n0\n3\n"), "a number"],
    [sparse10(`${"9".repeat(40)}\n`), "a line is too long"],
    [sparse10("0\n", { "GNU.sparse.major": "2" }), "unknown format 2.0"],
    [sparse10("0\n", { "GNU.sparse.minor": "7" }), "unknown format 1.7"],
    [sparse10(`400000\n${"0\n0\n".repeat(400_000)}`), "larger than 1 MiB"],
  ];
  for (const [stream, reason] of cases) assertRefused(stream, reason);
});

Deno.test("TarReader names the entry that it refuses, control characters escaped", () => {
  assertRefused(entry({ name: "evil\x1b[2J\n", type: "Z" }), '"evil\\x1b[2J\\n"');
  const faults: Record<string, Uint8Array> = {
    "size field": entry({ name: "here", size: "x" }),
    "PAX uid": concat(pax({ path: "here", uid: "x" }), file("there")),
    "real size": gnuSparse("here", 1, [], "", { patch: { 483: "x" } }),
    "not base64": concat(pax({ "LIBARCHIVE.xattr.user.a": "!" }), file("here")),
  };
  for (const [reason, stream] of Object.entries(faults)) {
    assertRefused(stream, reason);
    assertRefused(stream, 'Cannot read tar entry "here"');
  }
  assertRefused(concat(pax("x"), file("f")), 'Cannot read tar entry "PaxHeaders/x"');
});

Deno.test("TarReader reads directories whose header claims data as empty", () => {
  const { entries } = readTar(concat(directory("d/", { size: 0 }), file("d/f", "x")));
  assertEquals(entries.map(({ path }) => path as string), ["d/", "d/f"]);
});
