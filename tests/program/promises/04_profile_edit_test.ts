/**
 * Promise 04: an edit of a profile or of the selector loses nothing that the file had beside its text, and
 * leaves nothing behind.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeProfile, type Node, OS_RELEASE, type Tree, withTree } from "../../support/nodes.ts";
import { runTorcx } from "../../support/binary.ts";
import { testWith } from "../../support/needs.ts";

const PROFILES = "etc/torcx/profiles";
const SELECTOR = "etc/torcx/next-profile";
const NODES = { ...OS_RELEASE, [`${PROFILES}/edge.json`]: makeProfile("a:1"), [SELECTOR]: "old\n" };

/** The edits, by the file that each replaces. */
const EDITS: Record<string, readonly string[]> = {
  [`${PROFILES}/edge.json`]: ["profile", "use-image", "--name", "edge", "b:"],
  [SELECTOR]: ["profile", "set-next", "edge"],
};

/** Runs a program that must succeed and returns its output. */
async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  assert(success, `${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Returns all attributes with their values, mode, owner and the ACL as text. */
async function describe(path: string): Promise<string> {
  const { mode, uid, gid } = await Deno.stat(path);
  const attributes = await run("getfattr", "--absolute-names", "-d", "-m", "-", "-e", "hex", path);
  return `${(mode! & 0o7777).toString(8)} ${uid}:${gid}\n${attributes}`;
}

/** Lists a directory's names. */
function list(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

const NEEDS = { isRoot: true, programs: ["setfacl", "setfattr", "getfattr"] };

for (const [file, args] of Object.entries(EDITS)) {
  testWith(
    `promise 04: "${args.slice(0, 2).join(" ")}" keeps ACL, attributes, mode and owner`,
    NEEDS,
    () =>
      withTree(NODES, async ({ path }) => {
        const target = `${path}/${file}`;
        await Deno.chmod(target, 0o640);
        await Deno.chown(target, 1234, 4321);
        // The mask is rw, the group's own entry r: as a mode alone this is group write.
        await run("setfacl", "-m", "u:4000:rw-,g::r--,g:4001:r--,m::rw-", target);
        for (const name of ["user.note", "trusted.note", "security.note"]) {
          await run("setfattr", "-n", name, "-v", `value of ${name}`, target);
        }
        await run("setfattr", "-n", "user.empty", target);
        const before = await describe(target);
        assertMatch(
          before,
          /^660 1234:4321\n[^]*security\.note=0x[^]*system\.posix_acl_access=0x[^]*trusted\.note/,
        );
        const inode = (await Deno.stat(target)).ino;
        const { code, stderr } = await runTorcx([...args, "--root", path]);
        assertEquals([code, stderr], [0, ""]);
        assert((await Deno.stat(target)).ino !== inode, "the file is replaced, not written into");
        assertEquals(await describe(target), before);
      }),
  );

  testWith(
    `promise 04: "${args.slice(0, 2).join(" ")}" takes no ACL from the directory's default one`,
    NEEDS,
    () =>
      withTree(NODES, async ({ path }) => {
        const target = `${path}/${file}`;
        await run("setfacl", "-m", "d:u:4000:rw-,d:g:4001:rw-", `${target}/..`.replace(/[^/]+\/\.\.$/, ""));
        const before = await describe(target);
        assert(!before.includes("posix_acl"), before);
        assertEquals((await runTorcx([...args, "--root", path])).code, 0);
        assertEquals(await describe(target), before);
      }),
  );

  for (
    const [call, errno] of [["fsetxattr", "EPERM"], ["fgetxattr", "EIO"], ["flistxattr", "EIO"]] as const
  ) {
    testWith(
      `promise 04: "${args.slice(0, 2).join(" ")}" is refused if ${call} fails, and nothing changes`,
      { ...NEEDS, programs: [...NEEDS.programs, "strace"] },
      () =>
        withTree(NODES, async ({ path }) => {
          const target = `${path}/${file}`;
          await run("setfattr", "-n", "user.note", "-v", "x", target);
          const look = async (): Promise<unknown> => [
            await describe(target),
            await Deno.readTextFile(target),
            list(`${path}/etc/torcx`),
            list(`${path}/${PROFILES}`),
          ];
          const before = await look();
          const { code, stderr } = await runTorcx([...args, "--root", path], {
            through: ["strace", "-f", "-qq", "-o", "/dev/null", "-e", `inject=${call}:error=${errno}`],
          });
          assertEquals(code, 1, stderr);
          assertMatch(
            stderr,
            /^torcx: Cannot (?:edit|select) profile "edge": "\/etc\/[^"]+" cannot be written\n/,
          );
          assertMatch(stderr, new RegExp(`${call}\\(.*: ${errno}`));
          if (call !== "flistxattr") {
            assertMatch(
              stderr,
              /\n {2}Cannot keep attribute "user\.note": it cannot be copied\n[^]*\nHint: /,
            );
          }
          assertEquals(await look(), before);
        }),
    );
  }
}

testWith(
  "promise 04: a file system without attributes is no reason to refuse an edit",
  { programs: ["strace"] },
  () =>
    withTree(NODES, async ({ path }) => {
      const inject = "inject=flistxattr:error=EOPNOTSUPP";
      const { code, stderr } = await runTorcx([...EDITS[SELECTOR]!, "--root", path], {
        through: ["strace", "-f", "-qq", "-o", "/dev/null", "-e", inject],
      });
      assertEquals([code, stderr, await Deno.readTextFile(`${path}/${SELECTOR}`)], [0, "", "edge\n"]);
    }),
);

const TEMPORARY = ".torcx-4711-1-abc123.tmp";
/** What looks like a temporary file of torcx and is none. */
const OTHERS: Record<string, Node> = {
  [`${PROFILES}/.torcx-4711-1-abc123.tmp.json`]: makeProfile(),
  [`${PROFILES}/.torcx-edge.tmp`]: "another name",
  [`${PROFILES}/.torcx-4711-2-a.tmp`]: { dir: true },
  [`${PROFILES}/.torcx-4711-3-a.tmp`]: { link: "edge.json" },
};

async function checkLeftovers(tree: Tree, args: readonly string[], directory: string): Promise<void> {
  const before = list(`${tree.path}/${directory}`);
  assert(before.includes(TEMPORARY));
  const { code, stderr } = await runTorcx([...args, "--root", tree.path]);
  assertEquals([code, stderr], [0, ""]);
  const after = list(`${tree.path}/${directory}`).filter((name) => name !== "new.json");
  assertEquals(after, before.filter((name) => name !== TEMPORARY));
}

Deno.test("promise 04: an edit takes away what a kill left in its directory, and nothing else", async () => {
  const nodes = {
    ...NODES,
    ...OTHERS,
    [`${PROFILES}/${TEMPORARY}`]: "half",
    [`etc/torcx/${TEMPORARY}`]: "half",
  };
  for (
    const [args, directory] of [
      [EDITS[`${PROFILES}/edge.json`]!, PROFILES],
      [["profile", "remove-image", "--name", "edge", "a"], PROFILES],
      [["profile", "new", "--name", "new"], PROFILES],
      [EDITS[SELECTOR]!, "etc/torcx"],
    ] as const
  ) {
    await withTree(nodes, (tree) => checkLeftovers(tree, args, directory));
  }
});

testWith(
  "promise 04: an edit leaves another user's temporary file",
  { isRoot: true },
  () =>
    withTree({ ...NODES, [`etc/torcx/${TEMPORARY}`]: "half" }, async ({ path }) => {
      await Deno.chown(`${path}/etc/torcx/${TEMPORARY}`, 1234, 1234);
      assertEquals((await runTorcx([...EDITS[SELECTOR]!, "--root", path])).code, 0);
      assertEquals(list(`${path}/etc/torcx`), [TEMPORARY, "next-profile", "profiles"]);
    }),
);

testWith(
  "promise 04: after a kill in the middle of an edit the file is whole, and the next edit cleans up",
  { programs: ["strace"] },
  () =>
    withTree(NODES, async ({ path }) => {
      const args = [...EDITS[`${PROFILES}/edge.json`]!, "--root", path];
      const before = await Deno.readTextFile(`${path}/${PROFILES}/edge.json`);
      const killed = await runTorcx(args, {
        through: ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=renameat:signal=KILL"],
      });
      assertEquals(killed.code, 137, killed.stderr);
      const left = list(`${path}/${PROFILES}`);
      assertEquals([left.length, left[0]], [3, left.find((name) => name.endsWith(".tmp"))], left.join(" "));
      // A call is made before the signal that comes with it is seen.
      const text = await Deno.readTextFile(`${path}/${PROFILES}/edge.json`);
      assert(text === before || JSON.parse(text).value.images.length === 2, text);
      assertEquals((await runTorcx(args)).code, 0);
      assertEquals(list(`${path}/${PROFILES}`), ["edge.json"]);
    }),
);
