/**
 * Holds what this process has for the @std packages (JSR's, or the stand-ins) against tables of what the real
 * ones do. The tables lie beside the repository; without them each test is skipped by name.
 */

import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { unicodeWidth } from "@std/cli/unicode-width";
import { ensureDir, walk } from "@std/fs";
import { isAbsolute, normalize, relative } from "@std/path";
import { basename } from "@std/path/posix/basename";
import { dirname } from "@std/path/posix/dirname";
import { join } from "@std/path/posix/join";
import { resolve } from "@std/path/posix/resolve";
import { TarStream, type TarStreamInput } from "@std/tar";
import { testWith } from "../support/needs.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

const ORACLE_DIR = `${PROJECT_DIR}/../shared/std-oracle`;

/** Declares a test of one table; `Table` is the shape that its README gives. */
function testTable<Table>(name: string, title: string, check: (table: Table) => void | Promise<void>): void {
  const path = `${ORACLE_DIR}/${name}.json`;
  testWith(title, { files: [path] }, () => check(JSON.parse(Deno.readTextFileSync(path))));
}

/** What JSON can say of a value. */
function toJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

interface ParseRow {
  args: string[];
  options: Record<string, unknown>;
  result: unknown;
  unknown: unknown[];
  withoutUnknown: unknown;
}

testTable<ParseRow[]>("parse_args", "parseArgs() splits each command line as @std/cli does", (rows) => {
  for (const row of rows) {
    const calls: unknown[] = [];
    const unknown = (arg: string, key?: string, value?: unknown): boolean => {
      calls.push([arg, key ?? null, value ?? null]);
      return false;
    };
    const shown = JSON.stringify([row.args, row.options]);
    assertEquals(toJson(parseArgs(row.args, { ...row.options, unknown })), row.result, shown);
    assertEquals(calls, row.unknown, shown);
    assertEquals(toJson(parseArgs(row.args, row.options)), row.withoutUnknown, shown);
  }
});

testTable<[string, number][]>("unicode_width", "unicodeWidth() counts columns as @std/cli does", (rows) => {
  for (const [text, columns] of rows) assertEquals(unicodeWidth(text), columns, JSON.stringify(text));
});

interface PathTable {
  one: { path: string; normalize: string; basename: string; dirname: string; isAbsolute: boolean }[];
  many: { parts: string[]; join: string; resolveFromRoot: string }[];
  rel: { from: string; to: string; relative: string }[];
  suffix: { path: string; suffix: string; basename: string }[];
}

testTable<PathTable>(
  "path_posix",
  "the functions of @std/path are those of @std/path",
  ({ one, many, rel, suffix }) => {
    for (const row of one) {
      const { path } = row;
      assertEquals(
        [path, normalize(path), basename(path), dirname(path), isAbsolute(path)],
        [path, row.normalize, row.basename, row.dirname, row.isAbsolute],
      );
    }
    for (const { parts, ...row } of many) {
      const [first = "", ...others] = parts;
      const joined = { join: join(first, ...others), resolveFromRoot: resolve("/", ...parts) };
      assertEquals(joined, row, parts.join(" "));
    }
    for (const row of suffix) assertEquals(basename(row.path, row.suffix), row.basename, row.path);
    for (const row of rel) assertEquals(relative(row.from, row.to), row.relative, `${row.from} ${row.to}`);
  },
);

interface TarRow {
  name: string;
  input: (Omit<TarStreamInput, "readable"> & { size?: number; bytes?: number })[];
  length?: number;
  chunks?: number[];
  header?: Record<string, string>;
  error?: string;
}

/** Offsets and lengths of the fields of a ustar header (POSIX.1-2017, pax). */
const HEADER_FIELDS: Record<string, readonly [at: number, length: number]> = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  linkname: [157, 100],
  magic: [257, 8],
  uname: [265, 32],
  gname: [297, 32],
  devmajor: [329, 8],
  devminor: [337, 8],
  prefix: [345, 155],
};

function readHeader(block: Uint8Array): Record<string, string> {
  return Object.fromEntries(
    Object.entries(HEADER_FIELDS).map(([field, [at, length]]) => {
      const text = String.fromCharCode(...block.subarray(at, at + length));
      return [field, field === "checksum" || field === "magic" ? text : text.replace(/^\0+|\0+$/g, "")];
    }),
  );
}

async function writeTar(
  input: TarRow["input"],
): Promise<Pick<TarRow, "length" | "chunks" | "header" | "error">> {
  const entries = input.map(({ bytes, ...entry }) =>
    entry.type === "file"
      ? { ...entry, readable: ReadableStream.from([new Uint8Array(bytes ?? entry.size ?? 0).fill(65)]) }
      : entry
  );
  try {
    const chunks: Uint8Array[] = [];
    const stream = ReadableStream.from(entries as TarStreamInput[]).pipeThrough(new TarStream());
    for await (const chunk of stream) if (chunk.length > 0) chunks.push(chunk.slice());
    return {
      length: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      chunks: chunks.map((chunk) => chunk.length),
      header: readHeader(chunks[0]!),
    };
  } catch (error) {
    return { error: String(error) };
  }
}

testTable<TarRow[]>("tar_stream", "TarStream writes and refuses as @std/tar does", async (rows) => {
  for (const { name, input, ...expected } of rows) assertEquals(await writeTar(input), expected, name);
});

interface WalkTable {
  rows: {
    root: string;
    options: Record<string, unknown> & { match?: string[]; skip?: string[] };
    entries?: string[];
    error?: string;
  }[];
}

testTable<WalkTable>("walk", "walk() yields what @std/fs yields", async ({ rows }) => {
  // One row matches "f" anywhere in a path: it was made in a directory whose path has one.
  const top = await Deno.realPath(await Deno.makeTempDir({ prefix: "torcx-std-f-" }));
  try {
    const root = `${top}/root`;
    await ensureDir(`${root}/a/b`);
    await Deno.writeTextFile(`${root}/a/f.ts`, "");
    await Deno.symlink("f.ts", `${root}/a/l`);
    await Deno.symlink("b", `${root}/a/dl`);
    for (const { root: place, options, entries, error } of rows) {
      const { match, skip, ...rest } = options;
      const patterns = (texts: string[] | undefined, name: string): Record<string, RegExp[]> =>
        texts === undefined ? {} : { [name]: texts.map((text) => new RegExp(text)) };
      const found: string[] = [];
      let failure: string | undefined;
      try {
        const steps = walk(place.replace("ROOT", root), {
          ...rest,
          ...patterns(match, "match"),
          ...patterns(skip, "skip"),
        });
        for await (const { path, name, isDirectory, isSymlink } of steps) {
          const kind = isDirectory ? "directory" : isSymlink ? "symlink" : "file";
          found.push(`${path.slice(root.length) || "/"} ${name} ${kind}`);
        }
      } catch (thrown) {
        failure = String(thrown).replaceAll(root, "ROOT");
      }
      const shown = JSON.stringify([place, options]);
      assertEquals(failure, error, shown);
      if (error === undefined) assertEquals(found.sort(), entries, shown);
    }
  } finally {
    await Deno.remove(top, { recursive: true });
  }
});

testTable<{ source: string; equal: boolean }[]>(
  "assert_equals",
  "assertEquals() takes for equal what @std/assert does",
  (rows) => {
    for (const { source, equal } of rows) {
      const [actual, expected] = new Function(`return ${source}`)();
      let isEqual = true;
      try {
        assertEquals(actual, expected);
      } catch {
        isEqual = false;
      }
      if (isEqual !== equal) throw new Error(`${source}: ${isEqual}, not ${equal}`);
    }
  },
);
