/**
 * Makes archives of random entries that get in each other's way: few names, many types, links to each
 * other and out of the root, headers before them. Most are valid.
 */

import {
  base256,
  concat,
  END,
  entry,
  gnuSparse,
  type HeaderFields,
  longName,
  pax,
} from "../support/tar_builder.ts";
import type { Random } from "./mutations.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const NAMES = "a b c d e f a/b b/a a/b/c c/c/c b/ ./a /b a//c a/./b".split(" ");
const TARGETS = [...NAMES, ..."/ . .. ../.. /a/b ../a a/../../victim/hello /../victim b/../c x".split(" ")];
/** Each type as often as it makes trouble. */
const TYPES = ["0", "0", "0", "5", "5", "2", "2", "2", "1", "1", "6", "3", "4", "7", "\0", "D"];
const MODES = [0, 0o644, 0o755, 0o1777, 0o2755, 0o4711, 0o7777];
const OWNERS = [0, 0, 1000, 65534, 4294967294];
/** struct vfs_cap_data of revision 2: cap_net_raw permitted. */
const CAPABILITY = "\x01\0\0\x02\0\x20".padEnd(20, "\0");
const TIMES = [0, 1_500_000_000, -1, 2 ** 33];

/** Returns a random archive. */
export function generate(random: Random): Bytes {
  const blocks: Bytes[] = [];
  for (let count = 1 + random.below(7); count > 0; count--) blocks.push(makeEntry(random));
  return concat(...blocks, END);
}

function makeEntry(random: Random): Bytes {
  const name = random.below(60) === 0 ? random.pick(TARGETS) : random.pick(NAMES);
  if (random.below(12) === 0) return makeSparse(random, name);
  const type = random.pick(TYPES);
  const fields: HeaderFields = {
    name,
    type,
    mode: random.pick(MODES),
    uid: random.pick(OWNERS),
    gid: random.pick(OWNERS),
    mtime: base256(random.pick(TIMES), 12),
    linkName: type === "1" || type === "2" ? random.pick(TARGETS) : "",
    format: random.pick(["ustar", "gnu", "v7", "star"]),
  };
  const hasData = ["0", "7", "\0", "D"].includes(type);
  const data = hasData ? "x".repeat(random.pick([0, 1, 511, 512, 513, 3000])) : "";
  return concat(makePrefix(random, name), entry(fields, data));
}

/** Headers that come before an entry, one time in three. */
function makePrefix(random: Random, name: string): Bytes {
  switch (random.below(18)) {
    case 0:
      return pax({ path: random.pick(NAMES), mtime: random.pick(["-1.5", "1.000000001", "12"]) });
    case 1:
      return pax({ linkpath: random.pick(TARGETS) });
    case 2:
      return pax({ "SCHILY.xattr.user.a": "1", "SCHILY.xattr.security.capability": CAPABILITY, uid: "5" });
    case 3:
      return longName(name);
    case 4:
      return longName(random.pick(TARGETS), "K");
    case 5:
      return concat(pax({ path: "c" }), pax({ path: name }));
    default:
      return concat();
  }
}

/** A sparse file with a few regions, sometimes out of order or too long. */
function makeSparse(random: Random, name: string): Bytes {
  const regions: [offset: number, length: number][] = [];
  let end = 0;
  let total = 0;
  for (let count = random.below(4); count > 0; count--) {
    const offset = end + random.pick([0, 1, 4096, 100_000]);
    const length = random.pick([0, 1, 512, 700]);
    regions.push([offset, length]);
    end = offset + length;
    total += length;
  }
  if (random.below(8) === 0) regions.reverse();
  const size = end + random.pick([0, 0, 5, 1e9]) - (random.below(8) === 0 ? 1 : 0);
  const data = "s".repeat(total);
  if (random.below(2) === 0) return gnuSparse(name, Math.max(size, 0), regions, data);
  const map = regions.flat().join(",");
  const common = { "GNU.sparse.name": name, "GNU.sparse.realsize": `${size}`, "GNU.sparse.size": `${size}` };
  if (random.below(2) === 0) {
    return concat(
      pax({ "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": map, ...common }),
      entry({ name: "made-up" }, data),
    );
  }
  const lines = [regions.length, ...regions.flat()].join("\n") + "\n";
  return concat(
    pax({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0", ...common }),
    entry({ name: "made-up" }, lines.padEnd(Math.ceil(lines.length / 512) * 512, "\0") + data),
  );
}
