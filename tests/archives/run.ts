/**
 * Owns what is done with an archive that shows a rule: it is extracted with either resolver, and unpacked byte by
 * byte. What is beside the root must stay as it was, and of what is refused nothing may be left.
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ArchiveSource, readArchive } from "../../lib/archive/decompress.ts";
import { TarReader } from "../../lib/archive/tar_reader.ts";
import { encodePath, fromBytes } from "../../lib/bytes.ts";
import { ArchiveError, listMessages } from "../../lib/errors.ts";
import { fgetxattr, flistxattr } from "../../lib/sys/calls.ts";
import { TreeWriter } from "../../lib/image/writer/tree_writer.ts";
import { isRootUser } from "../../lib/sys/namespace.ts";
import type { Resolver } from "../../lib/sys/resolve.ts";
import { Root } from "../../lib/sys/root.ts";
import { Arena } from "../support/arena.ts";
import { formatTime } from "../support/tree.ts";
import type { Accepted, Archive, FileDetails, Refused } from "./rule.ts";

/** Extracts an archive that must be accepted, and compares all that came of it. */
export async function checkAccepted(item: Accepted, resolver: Resolver): Promise<void> {
  using arena = new Arena();
  const { bytes, format } = item.archive;
  const { warnings } = await arena.extract(bytes, { resolver, name: `archive.${format}` });
  assertEquals(arena.readText(), item.tree);
  assertEquals(warnings, [...item.warnings ?? []]);
  for (const [path, details] of Object.entries(item.details ?? {})) {
    assertEquals(readDetails(arena.root, path, details), details, path);
  }
  assert(arena.isSentinelSame, "what is beside the root changed");
}

/** Extracts an archive that must be refused, into a directory that is there and into a new one. */
export async function checkRefused({ archive, message }: Refused, resolver: Resolver): Promise<void> {
  for (const target of ["root", "new"]) {
    using arena = new Arena();
    const options = { resolver, name: `archive.${archive.format}`, target };
    const error = await assertRejects(() => arena.extract(archive.bytes, options), ArchiveError);
    assertEquals(error.code, "archive");
    assertMessage(error, message);
    assertEquals([...Deno.readDirSync(arena.root)], []);
    assert(arena.isSentinelSame, "what is beside the root changed, or something is left there");
  }
}

/** Unpacks an archive that must be accepted byte by byte: of the file, and of what is inflated. */
export async function checkAcceptedByBytes(item: Accepted): Promise<void> {
  using arena = new Arena();
  await unpackByBytes(arena, item.archive);
  assertEquals(arena.readText(), item.tree);
  assert(arena.isSentinelSame, "what is beside the root changed");
}

/** The same of one that must be refused. */
export async function checkRefusedByBytes({ archive, message }: Refused): Promise<void> {
  using arena = new Arena();
  assertMessage(await assertRejects(() => unpackByBytes(arena, archive), ArchiveError), message);
  assert(arena.isSentinelSame, "what is beside the root changed");
}

async function unpackByBytes(arena: Arena, { bytes, format }: Archive): Promise<void> {
  using root = Root.open(arena.root);
  const ignore = (): void => {};
  using writer = new TreeWriter(root, { isOwnerKept: isRootUser(), onWarning: ignore, onDebug: ignore });
  const reader = new TarReader(writer);
  let at = 0;
  const source: ArchiveSource = {
    read(buffer): number {
      const part = bytes.subarray(at, at + 1);
      buffer.set(part);
      at += part.length;
      return part.length;
    },
  };
  const onChunk = (chunk: Uint8Array<ArrayBuffer>): void => {
    for (let place = 0; place < chunk.length; place++) {
      // A copy that is spoilt: nothing may be kept of a chunk that is gone.
      const piece = chunk.slice(place, place + 1);
      reader.push(piece);
      piece.fill(0xee);
    }
  };
  await readArchive(source, { compression: format === "tgz" ? "gzip" : "none", onChunk });
  reader.end();
  writer.finish();
}

function assertMessage(error: unknown, message: string): void {
  const text = listMessages(error).join(": ");
  assert(text.includes(message), `refused by "${text}", not "${message}"`);
}

/** Reads those details of a file that are asked for; of the blocks, whether they are few enough. */
function readDetails(directory: string, path: string, asked: FileDetails): FileDetails {
  using root = Root.open(directory);
  const stat = root.lstat(path as never);
  const blocks = Deno.lstatSync(`${directory}/${path}`).blocks ?? 0;
  return {
    ...asked.owner === undefined ? {} : { owner: `${stat.uid}:${stat.gid}` },
    ...asked.mode === undefined ? {} : { mode: stat.mode.toString(8) },
    ...asked.mtime === undefined ? {} : { mtime: formatTime(stat) },
    ...asked.xattrs === undefined ? {} : { xattrs: readXattrs(root, path) },
    ...asked.blocks === undefined ? {} : { blocks: blocks <= asked.blocks ? asked.blocks : blocks },
  };
}

function readXattrs(root: Root, path: string): Record<string, string> {
  using opened = root.openFile(encodePath(path));
  const names = flistxattr(opened.fd).filter((name) => /^(?:user\.|security\.capability$)/.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, fromBytes(fgetxattr(opened.fd, name))]));
}
