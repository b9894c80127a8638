/**
 * Owns that what is looked into is there: files whose data a rehearsal did not keep are read again, all that lack it
 * in one pass. It refuses to know what is looked for in them.
 */

import type { ByteString } from "../bytes.ts";
import { isErrno } from "../errors.ts";
import { readDescriptorStat } from "../sys/file_stat.ts";
import { O_PATH } from "../sys/flags.ts";
import type { Root } from "../sys/root.ts";
import type { ImageFile } from "./image_format.ts";
import { readImage, type ReadImageOptions } from "./read_image.ts";
import { type Lack, REFILLED_BYTES_MAX, RefillSink } from "./writer/refill_sink.ts";
import { judgeContent } from "./writer/skeleton_sink.ts";

/** A file that is going to be looked into. */
export interface Wish {
  /** Its path in the tree; symlinks are followed. */
  path: ByteString;
  /** Whether the first page is all that is read of it. */
  isHeadEnough: boolean;
}

/**
 * Sees to it that files of a tree have their data, up to 1 MiB each. What is no file, or is nowhere, is left as it is.
 *
 * @param image what the tree was made of, not moved since.
 * @throws {TorcxError} as {@linkcode readImage}, or if the archive is another one now.
 */
export async function completeFiles(
  image: ImageFile,
  tree: Root,
  { wishes, ...options }: ReadImageOptions & { wishes: readonly Wish[] },
): Promise<void> {
  const lacks = new Map<number, Lack>();
  for (const wish of wishes) addLack(lacks, tree, wish);
  if (lacks.size === 0) return;
  image.file.rewind();
  using sink = new RefillSink(tree, lacks);
  await readImage(image, sink, options);
}

function addLack(lacks: Map<number, Lack>, tree: Root, { path, isHeadEnough }: Wish): void {
  let isThere = false;
  try {
    tree.withOpen(path, O_PATH, (fd) => {
      isThere = true;
      const stat = readDescriptorStat(fd);
      const content = judgeContent(stat);
      if (content.kind === "whole") return;
      if (content.kind === "head" && (isHeadEnough || stat.size > REFILLED_BYTES_MAX)) return;
      lacks.set(content.ordinal, { path: tree.readPathOf(fd), size: stat.size });
    });
  } catch (error) {
    // Whoever looks for it says so.
    if (isThere || !isErrno(error, "ENOENT", "ENOTDIR", "ELOOP")) throw error;
  }
}
