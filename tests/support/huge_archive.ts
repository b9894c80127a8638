/** Owns archives that take long to read and little room: one file `zeros` of nothing but zeros. */

import { gzip, header } from "./tar_builder.ts";

const GIB = 1024 ** 3;
const MEMBER_BYTES = GIB / 64;

/** Writes such an archive, plain if its name ends in `.tar`; the file in it has a size in 1/64 GiB. */
export async function writeHugeArchive(path: string, members: number): Promise<void> {
  const size = members * MEMBER_BYTES;
  const head = header({ name: "zeros", size });
  if (path.endsWith(".tar")) {
    await Deno.writeFile(path, head);
    await Deno.truncate(path, head.length + size + 1024);
    return;
  }
  // gzip members follow each other as if they were one.
  const zeros = await gzip(new Uint8Array(MEMBER_BYTES));
  await Deno.writeFile(path, await gzip(head));
  for (let count = 0; count < members; count++) await Deno.writeFile(path, zeros, { append: true });
  await Deno.writeFile(path, await gzip(new Uint8Array(1024)), { append: true });
}
