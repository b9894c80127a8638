/** Makes odd archives out of valid ones, from a seeded generator: the same seed gives the same bytes. */

import { concat } from "../support/tar_builder.ts";

const BLOCK = 512;

/** A generator of pseudo-random numbers (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return Math.floor((((value ^ (value >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Fields of a header: where they start, how long they are. */
const FIELDS = [
  [0, 100],
  [100, 8],
  [108, 8],
  [116, 8],
  [124, 12],
  [136, 12],
  [156, 1],
  [157, 100],
  [257, 8],
  [
    345,
    155,
  ],
  [386, 96],
  [483, 12],
] as const;

/** Texts that readers of tar have stumbled over. */
const TEXTS = [
  "../x",
  "/",
  ".",
  "./",
  "a/../../b",
  "link/x",
  "dir",
  "dir/file",
  "\x80\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff",
  "77777777777",
  "-1",
  "0x10",
  "            ",
  "",
  "S",
  "x",
  "L",
  "1",
  "2",
  "5",
  "\xff\xff\xff\xff\xff\xff\xff\xff",
];

function getBlock(data: Bytes, random: Random): number {
  return random.below(Math.max(Math.floor(data.length / BLOCK), 1)) * BLOCK;
}

function fixChecksum(data: Bytes, start: number): void {
  if (start + BLOCK > data.length) return;
  data.fill(0x20, start + 148, start + 156);
  const sum = data.subarray(start, start + BLOCK).reduce((total, byte) => total + byte, 0);
  const text = sum.toString(8).padStart(6, "0") + "\0 ";
  for (let at = 0; at < 8; at++) data[start + 148 + at] = text.charCodeAt(at);
}

/** Each takes a copy and may change it in place or return another one. */
const MUTATIONS: readonly ((data: Bytes, random: Random, others: readonly Bytes[]) => Bytes)[] = [
  // Flips bits.
  (data, random) => {
    for (let count = 1 + random.below(8); count > 0; count--) {
      const at = random.below(Math.max(data.length, 1));
      data[at] = data[at]! ^ (1 << random.below(8));
    }
    return data;
  },
  // Sets a field of a header to an odd text, with the right checksum.
  (data, random) => {
    const start = getBlock(data, random);
    const [offset, length] = random.pick(FIELDS);
    const text = random.pick(TEXTS);
    if (start + BLOCK > data.length) return data;
    data.fill(0, start + offset, start + offset + length);
    for (let at = 0; at < Math.min(text.length, length); at++) {
      data[start + offset + at] = text.charCodeAt(at);
    }
    fixChecksum(data, start);
    return data;
  },
  // Sets a byte of a header, with the right checksum.
  (data, random) => {
    const start = getBlock(data, random);
    data[start + random.below(BLOCK)] = random.below(256);
    fixChecksum(data, start);
    return data;
  },
  // Cuts the end off.
  (data, random) => {
    return data.slice(0, random.below(data.length + 1));
  },
  // Leaves a block out.
  (data, random) => {
    const start = getBlock(data, random);
    return concat(data.slice(0, start), data.slice(start + BLOCK));
  },
  // Repeats a block.
  (data, random) => {
    const start = getBlock(data, random);
    return concat(data.slice(0, start + BLOCK), data.slice(start));
  },
  // Goes on with another archive.
  (data, random, others) => {
    const other = random.pick(others);
    return concat(data.slice(0, getBlock(data, random)), other.slice(getBlock(other, random)));
  },
  // Puts zero blocks in between.
  (data, random) => {
    const start = getBlock(data, random);
    return concat(data.slice(0, start), new Uint8Array(BLOCK * (1 + random.below(2))), data.slice(start));
  },
];

/** Returns an odd archive made of one of the seeds, or raw bytes. */
export function mutate(random: Random, seeds: readonly Bytes[]): Bytes {
  if (random.below(50) === 0) {
    return Uint8Array.from({ length: random.below(4096) }, () => random.below(256));
  }
  let data: Bytes = random.pick(seeds).slice();
  for (let count = 1 + random.below(4); count > 0; count--) {
    data = random.pick(MUTATIONS)(data, random, seeds);
  }
  return data;
}
