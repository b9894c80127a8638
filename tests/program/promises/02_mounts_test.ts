/** What somebody has mounted in a directory that torcx removes is not torcx's: nothing is removed, and the mount is named. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import type { TorcxError } from "../../../lib/errors.ts";
import { emptyDirectory } from "../../../lib/sys/removal.ts";
import type { Resolver } from "../../../lib/sys/resolve.ts";
import { Root } from "../../../lib/sys/root.ts";
import { catchError, makeProfile, type Node, OS_RELEASE } from "../../support/nodes.ts";
import { runSteps, withRoot } from "../../support/e2e_system.ts";
import { testWith } from "../../support/needs.ts";

const STORE = "var/lib/torcx/store";
const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  "etc/torcx/profiles/edge.json": makeProfile("a:1"),
  "etc/torcx/next-profile": "edge\n",
  [`${STORE}/a:1.torcx.tgz`]: "no archive",
  [`${STORE}/1.0/old:1.torcx.tgz`]: "old",
  [`${STORE}/1.0/sub/deep/file`]: "deep",
  [`${STORE}/0.9/older:1.torcx.tgz`]: "older",
  "home/me/notes": "mine",
  "home/me/sub/more": "mine too",
  "run/.keep": "",
};

/** Shell functions that run the program with either way of resolving paths. */
const RUN: Record<Resolver, string> = {
  openat2: `run() { torcx "$@"; }`,
  walk:
    `run() { strace -f --seccomp-bpf -qq -o /dev/null -e trace=openat2 -e inject=openat2:error=ENOSYS "\${program[@]}" "$@"; }`,
};
const RESOLVERS: Resolver[] = ["openat2", "walk"];
/** A step that lists what is the user's, outside and by way of the mounts. */
const LIST = "find home var/lib/torcx -type f | LC_ALL=C sort";

function testMounts(name: string, run: (resolver: Resolver) => Promise<void>): void {
  for (const resolver of RESOLVERS) {
    const title = `promise 02: ${name}${resolver === "walk" ? ", without openat2" : ""}`;
    testWith(title, { isRoot: true, programs: resolver === "walk" ? ["strace"] : [] }, () => run(resolver));
  }
}

/** Where something is mounted in the user store, and what that removal must say. */
const STORE_MOUNTS: { what: string; mount: string; at: string }[] = [
  { what: "on the directory itself", mount: "mount --bind home/me", at: `${STORE}/1.0` },
  { what: "deep in it", mount: "mount --bind home/me", at: `${STORE}/1.0/sub/deep` },
  { what: "on a file in it", mount: "mount --bind home/me/notes", at: `${STORE}/1.0/old:1.torcx.tgz` },
  { what: "that is a file system of its own", mount: "mount -t tmpfs tmpfs", at: `${STORE}/1.0/sub` },
];

for (const { what, mount, at } of STORE_MOUNTS) {
  testMounts(
    `image clear-versioned removes nothing below a mount ${what}`,
    (resolver) =>
      withRoot(SYSTEM, async (root) => {
        const [before, cleared, after] = await runSteps(root, [
          `${RUN[resolver]}; ${mount} ${at}; ${LIST} | grep -v /0.9/`,
          "run image clear-versioned -k 1.2.3",
          LIST,
        ]);
        assertEquals(cleared!.code, 1, cleared!.output);
        assertStringIncludes(cleared!.output, `Cannot remove "/${STORE}/1.0"`);
        assertStringIncludes(cleared!.output, `"${root}/${at}" is a mount point`);
        assertStringIncludes(cleared!.output, `umount ${root}/${at}`);
        // What is not mounted goes all the same.
        assertEquals(after!.output, before!.output);
        assert(before!.output.includes("home/me/notes"));
      }),
  );
}

testMounts(
  "image clear-versioned removes what was named once it is unmounted",
  (resolver) =>
    withRoot(SYSTEM, async (root) => {
      const at = `${STORE}/1.0/sub`;
      const [, first, , second, after] = await runSteps(root, [
        `${RUN[resolver]}; mount --bind home/me ${at}`,
        "run image clear-versioned -k 1.2.3",
        `umount ${at}`,
        "run image clear-versioned -k 1.2.3",
        LIST,
      ]);
      assertEquals([first!.code, second!.code], [1, 0], second!.output);
      assertEquals(after!.output, `home/me/notes\nhome/me/sub/more\n${STORE}/a:1.torcx.tgz\n`);
    }),
);

for (const at of ["x", "bin", "unpack", "unpack/x", "bin/x"]) {
  testMounts(
    `apply --retry removes nothing of a mount on RUN/${at}`,
    (resolver) =>
      withRoot(SYSTEM, async (root) => {
        const [failed, before, retried, after, mounted] = await runSteps(root, [
          `${RUN[resolver]}; run apply`,
          `mkdir -p run/torcx/${at}; mount --bind home/me run/torcx/${at}; ${LIST}`,
          "run apply --retry",
          LIST,
          `test ! -e run/metadata/torcx; find run/torcx/${at} -type f -printf '%P\\n' | sort`,
        ]);
        assertEquals([failed!.code, retried!.code], [1, 1], retried!.output);
        assertEquals(after!.output, before!.output);
        if (at !== "unpack") {
          assertEquals(mounted!.output, "notes\nsub/more\n", retried!.output);
          assertMatch(retried!.output, new RegExp(at.replace("/", ".")));
        }
      }),
  );
}

for (const at of [`${STORE}/1.0`, `${STORE}/1.0/sub/deep`]) {
  testMounts(
    `image clear-versioned stops at a mount on ${at} that came after the look at the list`,
    (resolver) =>
      withRoot(SYSTEM, async (root) => {
        // The program sees an empty list, as if the mount was made a moment later.
        const hide = `'mount --bind /dev/null /proc/$$/task/$$/mountinfo; exec "$@"' bash`;
        const [before, cleared, after, unhidden] = await runSteps(root, [
          `${
            RUN[resolver]
          }; program=(bash -c ${hide} "\${program[@]}"); mount --bind home/me ${at}; find home -type f`,
          "run image clear-versioned -k 1.2.3",
          "find home -type f",
          `find ${at} -type f -printf '%P\n' | sort`,
        ]);
        assertEquals(cleared!.code, 1, cleared!.output);
        assertStringIncludes(cleared!.output, `Cannot remove "/${STORE}/1.0"`);
        assertMatch(cleared!.output, /EXDEV|EBUSY/);
        assertEquals(after!.output, before!.output);
        assertEquals(unhidden!.output, "notes\nsub/more\n");
      }),
  );
}

async function run(command: string, ...args: readonly string[]): Promise<void> {
  const { success } = await new Deno.Command(command, { args: [...args] }).output();
  assert(success, `${command} ${args.join(" ")}`);
}

for (const resolver of RESOLVERS) {
  testWith(
    `promise 02: all mounts are named with what to type, by whatever path the root was opened (${resolver})`,
    { isRoot: true },
    async () => {
      const path = await Deno.makeTempDir({ prefix: "torcx-mounts-" });
      const places = [`${path}/tree/a b'c/d`, `${path}/tree/on`];
      try {
        for (const place of [...places, `${path}/mine`]) await Deno.mkdir(place, { recursive: true });
        await Deno.writeTextFile(`${path}/mine/notes`, "mine");
        await Deno.symlink(path, `${path}/link`);
        for (const place of places) await run("mount", "--bind", `${path}/mine`, place);
        try {
          using root = Root.open(`${path}/link/tree`, { resolver });
          const error = catchError(() => emptyDirectory(root.fd, encodePath("/"), resolver)) as TorcxError;
          assertEquals([error.code, error.message, error.hint], [
            "busy",
            `Cannot remove "/": "${path}/tree/on", "${path}/tree/a b'c/d" are mount points`,
            `If what is mounted may go, type: umount ${path}/tree/on '${path}/tree/a b'\\''c/d'`,
          ]);
          assertEquals([...Deno.readDirSync(`${path}/tree`)].length, 2);
        } finally {
          for (const place of places) await run("umount", place);
        }
        using root = Root.open(path, { resolver });
        root.removeTree(encodePath("tree"));
        assertEquals([...Deno.readDirSync(path)].map(({ name }) => name).sort(), ["link", "mine"]);
        assertEquals(await Deno.readTextFile(`${path}/mine/notes`), "mine");
      } finally {
        await Deno.remove(path, { recursive: true });
      }
    },
  );

  testWith(
    `promise 02: a mount's own directory may be emptied, not removed (${resolver})`,
    { isRoot: true },
    async () => {
      const path = await Deno.makeTempDir({ prefix: "torcx-mounts-" });
      try {
        await Deno.mkdir(`${path}/on`);
        await run("mount", "-t", "tmpfs", "tmpfs", `${path}/on`);
        try {
          await Deno.mkdir(`${path}/on/x/y`, { recursive: true });
          using root = Root.open(path, { resolver });
          const busy = catchError(() => root.removeTree(encodePath("on"))) as TorcxError;
          assertEquals([busy.code, busy.message], [
            "busy",
            `Cannot remove "on": "${path}/on" is a mount point`,
          ]);
          using on = root.openSub(encodePath("on"));
          emptyDirectory(on.fd, encodePath("on"), resolver);
          assertEquals([...Deno.readDirSync(`${path}/on`)], []);
        } finally {
          await run("umount", `${path}/on`);
        }
      } finally {
        await Deno.remove(path, { recursive: true });
      }
    },
  );
}
