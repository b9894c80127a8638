/**
 * Owns the corpus of archives beside the repository: its index, its listings (GNU tar's and bsdtar's
 * verbose form), and the tree that a listing means when it is unpacked entry by entry.
 */

import { PROJECT_DIR } from "./std_flags.ts";

/** Where the corpus lies; a test that reads it needs it by `testWith()`. */
export const CORPUS_DIR = `${PROJECT_DIR}/../shared/corpus`;

/** One archive of the corpus. */
export interface CorpusCase {
  file: string;
  exercises: string;
  expected: "ok" | "reject" | "contain" | "policy";
  reason: string;
  /** Whether GNU tar extracted it without complaint. */
  isSoundForGnuTar: boolean;
}

/** Reads the index. */
export function readCorpus(): CorpusCase[] {
  const [, ...lines] = Deno.readTextFileSync(`${CORPUS_DIR}/INDEX.tsv`).trimEnd().split("\n");
  return lines.map((line) => {
    const [file = "", , exercises = "", expected, reason = "", , gnuTar] = line.split("\t");
    return {
      file,
      exercises,
      expected: expected as CorpusCase["expected"],
      reason,
      isSoundForGnuTar: gnuTar === "0",
    };
  });
}

/** What a file of a tree is; entries of one hard-linked file are one object. */
export interface TreeNode {
  type: "file" | "directory" | "symlink" | "fifo";
  /** Undefined where nothing says it: symlinks have none. */
  mode: number | undefined;
  uid: number;
  gid: number;
  size: number | undefined;
  /** Seconds, a dot, nine digits; undefined where nothing says it. */
  mtime: string | undefined;
  /** Target of a symlink, else empty. */
  target: string;
}

interface ListedEntry {
  flag: string;
  permissions: string;
  uid: number;
  gid: number;
  size: number;
  mtime: string | undefined;
  name: string;
  target: string;
}

const QUOTED = '"((?:[^"\\\\]|\\\\.)*)"';
const GNU_LINE = new RegExp(
  `^([-dlhcbpCDSV])([rwxsStT-]{9}) +(\\d+)/(\\d+) +(\\d+|\\d+,\\d+) +` +
    `(\\d+-\\d\\d-\\d\\d) (\\d\\d:\\d\\d:\\d\\d)(?:\\.(\\d+))? +${QUOTED}(?: -> ${QUOTED}| link to ${QUOTED}|--Volume Header--)?$`,
);
const BSD_LINE =
  /^([-dlhcbp])([rwxsStT-]{9}) +\d+ +(\d+) +(\d+) +(\d+|\d+,\d+) +[A-Z][a-z]{2} +\d+ +(?:\d+|\d\d:\d\d) (.*)$/;

/** Which listing of FILE.list is meant. */
export type Lister = "gnu" | "bsdtar";

/** Reads the lines of one listing of an archive. */
export function readListing(file: string, lister: Lister): string[] {
  const text = latin1(Deno.readFileSync(`${CORPUS_DIR}/${file}.list`));
  const at = text.indexOf("# gnu tar ");
  const part = lister === "gnu" ? text.slice(at) : text.slice(0, at);
  return part.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

function latin1(data: Uint8Array): string {
  let out = "";
  for (const byte of data) out += String.fromCharCode(byte);
  return out;
}

function parseLine(line: string): ListedEntry | undefined {
  const gnu = GNU_LINE.exec(line);
  if (gnu !== null) {
    const [, flag, permissions, uid, gid, size, day, time, fraction = "", name, symlink, hardlink] = gnu;
    const seconds = Date.parse(`${day}T${time}Z`) / 1000;
    return {
      flag: hardlink !== undefined ? "h" : flag!,
      permissions: permissions!,
      uid: Number(uid),
      gid: Number(gid),
      size: Number.parseInt(size!),
      mtime: `${seconds}.${fraction.padEnd(9, "0")}`,
      name: unescapeName(name!),
      target: unescapeName(symlink ?? hardlink ?? ""),
    };
  }
  const bsd = BSD_LINE.exec(line);
  if (bsd === null) return undefined;
  const [, flag, permissions, uid, gid, size, rest] = bsd;
  const separator = flag === "l" ? " -> " : " link to ";
  const [name = "", target = ""] = rest!.split(separator);
  return {
    flag: target !== "" && flag !== "l" ? "h" : flag!,
    permissions: permissions!,
    uid: Number(uid),
    gid: Number(gid),
    size: Number.parseInt(size!),
    mtime: undefined,
    name: unescapeName(name),
    target: unescapeName(target),
  };
}

const ESCAPES: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  a: "\x07",
  b: "\b",
  f: "\f",
  v: "\v",
};

function unescapeName(text: string): string {
  return text.replace(
    /\\([0-7]{3}|.)/g,
    (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : ESCAPES[code] ?? code,
  );
}

/** Returns the mode that `rwxr-sr-t` and the like mean. */
function parsePermissions(text: string): number {
  let mode = 0;
  for (const [at, char] of [...text].entries()) {
    if (char !== "-" && char !== "S" && char !== "T") mode |= 0o400 >> at;
    if (/[sStT]/.test(char)) mode |= at === 2 ? 0o4000 : at === 5 ? 0o2000 : 0o1000;
  }
  return mode;
}

/** A tree by path, without leading slash; the root is left out. */
export type Tree = Map<string, TreeNode>;

/** Returns the tree that a listing means, unpacked in order into an empty directory. */
export function toTree(lines: readonly string[]): Tree {
  const tree: Tree = new Map();
  for (const line of lines) {
    const entry = parseLine(line);
    if (entry === undefined) throw new Error(`cannot read the line ${JSON.stringify(line)}`);
    addEntry(tree, entry);
  }
  return tree;
}

const TYPES: Record<string, TreeNode["type"]> = { d: "directory", D: "directory", l: "symlink", p: "fifo" };

function addEntry(tree: Tree, entry: ListedEntry): void {
  const names = entry.name.split("/").filter((name) => name !== "" && name !== ".");
  // The image root's own metadata does not count; devices and volume labels are left out.
  if (names.length === 0 || /[cbV]/.test(entry.flag)) return;
  const name = names.pop()!;
  const path = join(resolve(tree, names, true), name);
  const old = tree.get(path);
  if (entry.flag === "h") {
    const from = entry.target.split("/").filter((part) => part !== "" && part !== ".");
    const source = tree.get(join(resolve(tree, from.slice(0, -1), false), from.at(-1)!));
    if (source === undefined) throw new Error(`hard link ${entry.name}: no ${entry.target}`);
    tree.set(path, source);
    return;
  }
  const type = TYPES[entry.flag] ?? "file";
  const node: TreeNode = {
    type,
    mode: type === "symlink" ? undefined : parsePermissions(entry.permissions),
    uid: entry.uid,
    gid: entry.gid,
    size: type === "file" ? entry.size : undefined,
    mtime: entry.mtime,
    target: type === "symlink" ? entry.target : "",
  };
  if (old?.type === "directory" && type === "directory") Object.assign(old, node);
  else tree.set(path, node);
}

const join = (parent: string, name: string): string => parent === "" ? name : `${parent}/${name}`;

/** Returns where a directory really lies, as chroot(2) would; missing ones are made on demand. */
function resolve(tree: Tree, names: readonly string[], isMaking: boolean): string {
  const pending = [...names].reverse();
  let at = "";
  for (let steps = 0; pending.length > 0; steps++) {
    if (steps > 10_000) throw new Error(`too many steps to ${names.join("/")}`);
    const name = pending.pop()!;
    if (name === "" || name === ".") continue;
    if (name === "..") {
      at = at.includes("/") ? at.slice(0, at.lastIndexOf("/")) : "";
      continue;
    }
    const next = join(at, name);
    const node = tree.get(next);
    if (node?.type === "symlink") {
      if (node.target.startsWith("/")) at = "";
      pending.push(...node.target.split("/").reverse());
      continue;
    }
    if (node === undefined && isMaking) {
      tree.set(next, {
        type: "directory",
        mode: 0o755,
        uid: 0,
        gid: 0,
        size: undefined,
        mtime: undefined,
        target: "",
      });
    } else if (node?.type !== "directory") throw new Error(`${next} is no directory`);
    at = next;
  }
  return at;
}
