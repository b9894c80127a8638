/**
 * Unpacks an archive as deep as archives may be, in a child that may open 1024 files only, with each
 * resolver.
 */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { emptyDirectory } from "../../../lib/sys/removal.ts";
import { Root } from "../../../lib/sys/root.ts";
import { concat, directory, END, file, gzip, hardlink, pax, symlink } from "../../support/tar_builder.ts";
import { PROJECT_DIR, STD_FLAGS } from "../../support/std_flags.ts";

const LEVELS = 1023;
const OPEN_FILES = 1024;
const DEEP = Array.from({ length: LEVELS }, () => "d").join("/");

/** What the child runs: unpacks the archive that is its argument, and prints what was made. */
const CHILD = `
import { unpackImage } from "${PROJECT_DIR}/lib/image/unpack.ts";
import { encodePath } from "${PROJECT_DIR}/lib/bytes.ts";
import { Root } from "${PROJECT_DIR}/lib/sys/root.ts";
const [directory, resolver] = Deno.args;
using host = Root.open(directory);
using file = host.openFile(encodePath("archive"));
using target = Root.open(directory + "/root", { resolver });
const { files, directories, symlinks, hardlinks } = await unpackImage({ file, format: "tgz" }, target, {
  isOwnerKept: false,
});
console.log(JSON.stringify({ files, directories, symlinks, hardlinks }));
`;

for (const resolver of ["openat2", "walk"]) {
  Deno.test(`unpackImage() unpacks 1024 levels with 1024 descriptors (${resolver})`, async () => {
    const work = Deno.makeTempDirSync({ prefix: "torcx-depth-" });
    try {
      Deno.mkdirSync(`${work}/root`);
      Deno.writeTextFileSync(`${work}/child.ts`, CHILD);
      const levels = Array.from({ length: LEVELS }, (_, index) => DEEP.slice(0, 2 * index + 1));
      const blocks = [
        // Each level listed, twice: from the top down and up again.
        ...[...levels, ...levels.toReversed()].map((path) =>
          concat(pax({ path: `${path}/` }), directory("x", { mode: 0o750, mtime: 1_000_000_000 }))
        ),
        symlink("far", DEEP.slice(0, 1001)),
        concat(pax({ path: `${DEEP}/f` }), file("x", "data")),
        // Short by name, and as deep by the symlink.
        concat(pax({ path: `far/${"d/".repeat(LEVELS - 501)}g` }), file("x", "data")),
        concat(pax({ linkpath: `${DEEP}/f` }), hardlink("h", "x")),
      ];
      Deno.writeFileSync(`${work}/archive`, await gzip(concat(...blocks, END)));
      const args = [
        Deno.execPath(),
        "run",
        "-A",
        "--quiet",
        ...STD_FLAGS,
        `${work}/child.ts`,
        work,
        resolver,
      ];
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", `ulimit -n ${OPEN_FILES} && exec "$@"`, "sh", ...args],
      }).output();
      assertEquals(new TextDecoder().decode(stderr), "");
      assertEquals(code, 0);
      assertEquals(JSON.parse(new TextDecoder().decode(stdout)), {
        files: 2,
        directories: 2 * LEVELS,
        symlinks: 1,
        hardlinks: 1,
      });
      using root = Root.open(`${work}/root`);
      const [bottom, top, link] = [DEEP, "d", "h"].map((path) => root.lstat(encodePath(path)));
      assertEquals([bottom!.mode, bottom!.mtimeSec, top!.mode, top!.mtimeSec], [0o750, 1e9, 0o750, 1e9]);
      assertEquals([link!.nlink, link!.size], [2, 4]);
      emptyDirectory(root.fd, encodePath(root.path));
    } finally {
      Deno.removeSync(work, { recursive: true });
    }
  });
}
