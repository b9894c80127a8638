/**
 * Tests that `torcx plan` and `profile check --deep` find in an image what `torcx apply` finds: the same assets, or the
 * same fault. Each image is made by GNU tar or mksquashfs.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { makeProfile, OS_RELEASE } from "../support/nodes.ts";
import { runSteps, withRoot } from "../support/e2e_system.ts";
import { testWith } from "../support/needs.ts";

interface ImageCase {
  name: string;
  /** Makes the image in the working directory. `manifest KEY PATH…` writes a manifest to standard output. */
  make: string;
  /** Packs it into `$OUT`, where the format's packer alone will not do. */
  pack?: string;
  /** Those that can hold it. */
  formats: readonly ("tgz" | "squashfs")[];
  /** What is propagated, the targets; undefined if all three fail. */
  targets?: readonly string[];
  /** A part of what all three say: of the fault, or as a warning. */
  says?: string;
  /** What else must be so after the apply, as a test of the shell. */
  then?: string;
  /** A part of what `check --deep` refuses and the boot does not meet; `plan` warns of it. */
  damage?: string;
}

const BOTH = ["tgz", "squashfs"] as const;
const UNIT = "/run/systemd/system/a.service";
/** A unit, and its manifest as the file `data`, whose name tells nothing. */
const NAMELESS = "echo '[Service]' > a.service; manifest units /a.service > data; mkdir .torcx;";

const CASES: readonly ImageCase[] = [
  {
    name: "a manifest that is a symlink to a file of any name",
    make: `${NAMELESS} ln -s ../data .torcx/manifest.json`,
    formats: BOTH,
    targets: [UNIT],
  },
  {
    name: "a manifest that is a hard link to a file of any name",
    make: `${NAMELESS} ln data .torcx/manifest.json`,
    pack: 'tar -czf "$OUT" data a.service .torcx',
    formats: BOTH,
    targets: [UNIT],
  },
  {
    name: "a manifest behind symlinks from directory to directory, one of them absolute",
    make:
      `${NAMELESS} rmdir .torcx; mkdir -p x/y; ln -s x .torcx; ln -s /x/y/m x/manifest.json; mv data x/y/m`,
    formats: BOTH,
    targets: [UNIT],
  },
  {
    name: "a manifest that is a hard link of a symlink",
    make: `${NAMELESS} ln -s ../data l; ln l .torcx/manifest.json`,
    formats: ["tgz"],
    targets: [UNIT],
  },
  {
    name: "a manifest that keeps the data of a file that a later entry replaces",
    make: `${NAMELESS} ln data .torcx/manifest.json`,
    pack:
      'tar -cf all data .torcx a.service; rm data; echo none > data; tar -rf all data; gzip -c all > "$OUT"',
    formats: ["tgz"],
    targets: [UNIT],
  },
  {
    name: "a manifest of which the last of two counts",
    make: `${NAMELESS} ln -s ../data .torcx/manifest.json`,
    pack:
      'tar -cf all data .torcx a.service; manifest tmpfiles /a.service > data; tar -rf all data; gzip -c all > "$OUT"',
    formats: ["tgz"],
    targets: ["/run/tmpfiles.d/a.service"],
  },
  {
    name: "a manifest behind more small files than are kept",
    make: `${NAMELESS} ln -s ../data .torcx/manifest.json; mkdir j; truncate -s 1M j/zeros
      for i in $(seq 20); do cp j/zeros j/$i.json; done`,
    pack: 'tar -czf "$OUT" j data .torcx a.service',
    formats: ["tgz"],
    targets: [UNIT],
  },
  {
    name: "a manifest of 1 MiB and one byte, whatever its name",
    make: `${NAMELESS} ln -s ../data .torcx/manifest.json; truncate -s 1048577 data`,
    formats: BOTH,
    says: "it is larger than 1048576 bytes",
  },
  {
    name: "a manifest that is a sparse file",
    make: `${NAMELESS} ln -s ../data .torcx/manifest.json; truncate -s 500K data`,
    pack: 'tar -czSf "$OUT" .',
    formats: ["tgz"],
    says: "/.torcx/manifest.json",
  },
  {
    name: "a manifest that is a FIFO",
    make: "mkdir .torcx; mkfifo .torcx/manifest.json",
    formats: BOTH,
    says: "it is a fifo, not a regular file",
  },
  {
    name: "a manifest that is a directory",
    make: "mkdir -p .torcx/manifest.json",
    formats: BOTH,
    says: "it is a directory, not a regular file",
  },
  {
    name: "a manifest that is a device, in a squashfs",
    make: "mkdir .torcx; mknod .torcx/manifest.json c 1 3",
    formats: ["squashfs"],
    says: "/.torcx/manifest.json",
  },
  {
    name: "a manifest that is a device, which is left out of a tgz",
    make: "mkdir .torcx; mknod .torcx/manifest.json c 1 3",
    formats: ["tgz"],
    targets: [],
    says: "char device",
  },
  {
    name: "a manifest that is a loop of symlinks",
    make: "mkdir .torcx; ln -s manifest.json .torcx/manifest.json",
    formats: BOTH,
    says: "/.torcx/manifest.json",
  },
  {
    name: "units over 16 MiB, with data, with a hole, under two names",
    make: `mkdir .torcx; manifest units /a.service /b.service /c.service > .torcx/manifest.json
      head -c 17M /dev/urandom > a.service; ln a.service b.service; truncate -s 17M c.service`,
    formats: BOTH,
    targets: [UNIT, "/run/systemd/system/b.service", "/run/systemd/system/c.service"],
    then: 'for u in a b c; do cmp run/systemd/system/$u.service "image/$u.service" || exit 1; done',
  },
  {
    name: "entries that are devices and sockets of a squashfs",
    make: `mkdir .torcx sub bin; manifest units /a.service /null /sub bin /bin > .torcx/manifest.json
      echo '[Service]' > a.service; mknod null c 1 3; mknod sub/disk b 7 0; mknod bin/tty c 5 0; mkfifo sub/fifo
      python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sub/socket")'`,
    formats: ["squashfs"],
    targets: [UNIT, "/run/systemd/system/sub"],
    says: 'units asset "/null" is skipped: it is a char, not a regular file or symlink',
  },
  {
    name: "an entry that is a device, which is left out of a tgz",
    make: "mkdir .torcx; manifest units /null > .torcx/manifest.json; mknod null c 1 3",
    formats: ["tgz"],
    says: 'Cannot propagate units asset "/null": the image has no such file',
  },
  {
    name: "files that nobody may read, and directories that nobody may enter",
    make: `${NAMELESS} mkdir bin; cp data bin/x; mv data .torcx/manifest.json
      chmod 0 .torcx/manifest.json a.service; chmod 0 .torcx`,
    formats: BOTH,
    targets: [UNIT],
  },
  {
    name: "a squashfs with a damaged file that nothing reads",
    make: `${NAMELESS} mv data .torcx/manifest.json; head -c 150000 /dev/urandom | base64 > 0`,
    pack: 'mksquashfs . "$OUT" -quiet -no-progress -no-fragments -all-root -root-mode 0755 -comp gzip &&' +
      ' printf "\\377\\377\\377\\377" | dd of="$OUT" bs=1 seek=20000 conv=notrunc status=none',
    formats: ["squashfs"],
    targets: [UNIT],
    damage: "Cannot read 1 of its files, it is damaged",
  },
  {
    name: "a squashfs with a damaged file that is copied",
    make: `mkdir .torcx; manifest units /0.service > .torcx/manifest.json
      head -c 150000 /dev/urandom | base64 > 0.service`,
    pack: 'mksquashfs . "$OUT" -quiet -no-progress -no-fragments -all-root -root-mode 0755 -comp gzip &&' +
      ' printf "\\377\\377\\377\\377" | dd of="$OUT" bs=1 seek=20000 conv=notrunc status=none',
    formats: ["squashfs"],
    says: "EIO",
  },
];

const SYSTEM = {
  ...OS_RELEASE,
  "usr/share/torcx/profiles/vendor.json": makeProfile("hello:1"),
  "var/lib/torcx/store/.keep": "",
  "image/.keep": "",
};
const PACKERS = {
  tgz: 'tar --force-local -czf "$OUT" .',
  squashfs: 'mksquashfs . "$OUT" -quiet -no-progress -all-root -root-mode 0755',
};
const PROLOGUE = `manifest() {
  printf '{"kind":"image-manifest-v0","value":{'
  local list='' key=''
  for word in "$@"; do case $word in
    /*) list="$list,\\"$word\\"" ;;
    *) [ -z "$key" ] || printf '"%s":[%s],' "$key" "\${list#,}"; key=$word list='' ;;
  esac; done
  printf '"%s":[%s]}}' "$key" "\${list#,}"
}`;
/** Somebody else than root, who has a temporary directory of his own. */
const AS_USER = 'chmod 0755 . && mkdir -m 1777 tmp && TMPDIR="$PWD/tmp" unshare --user "${program[@]}" plan';

interface Asset {
  image: string;
  kind: string;
  from: string;
  to: string;
  link_text: string | null;
  mode: string | null;
}

/** Returns what of an asset is known before it is copied. */
function pick({ image, kind, from, to, link_text, mode }: Asset): Asset {
  return { image, kind, from, to, link_text, mode };
}

for (const item of CASES) {
  for (const format of item.formats) {
    testWith(`torcx plan and check --deep find what apply finds: ${item.name} (${format})`, {
      isRoot: true,
      programs: ["unshare", "mksquashfs", "python3"],
      loopDevices: true,
    }, () => withRoot(SYSTEM, (root) => checkCase(item, format, root)));
  }
}

async function checkCase(item: ImageCase, format: "tgz" | "squashfs", root: string): Promise<void> {
  const { make, pack, targets, says = "", then = "true", damage } = item;
  const archive = `OUT="$PWD/var/lib/torcx/store/hello:1.torcx.${format}"`;
  // A pack of one format's packer is that format's alone.
  const command = pack !== undefined && pack.includes("mksquashfs") === (format === "squashfs")
    ? pack
    : PACKERS[format];
  const [made, plan, user, check, apply, after] = await runSteps(root, [
    `rm image/.keep; ${archive}; ${PROLOGUE}; (set -e; cd image; ${make}; ${
      command.replaceAll("tar -czf", "tar --force-local -czf").replaceAll(
        "tar -czSf",
        "tar --force-local -czSf",
      )
    }) > log 2>&1 || cat log`,
    "torcx plan --output json 2> plan.err",
    `${AS_USER} --output json 2> user.err`,
    "torcx profile check --deep --name vendor 2> check.err",
    "torcx apply --output json 2> apply.err",
    then,
  ]);
  assertEquals(made!.output, "");
  const errors = Object.fromEntries(
    ["plan", "user", "check", "apply"].map((verb) => [verb, Deno.readTextFileSync(`${root}/${verb}.err`)]),
  );
  const isGood = targets !== undefined;
  const wanted = isGood ? 0 : 1;
  const shown = JSON.stringify(errors, null, 1);
  assertEquals([plan!.code, apply!.code], [wanted, wanted], shown);
  assertEquals(check!.code, damage === undefined ? wanted : 1, shown);
  // Another user sees into a tgz alone.
  if (format === "tgz") assertEquals(user!.code, wanted, shown);
  for (const [verb, text] of Object.entries(errors)) {
    if (verb !== "user" || format === "tgz") assertStringIncludes(text!, says, verb);
  }
  if (damage !== undefined) {
    assertStringIncludes(errors["plan"]!, damage);
    assertStringIncludes(errors["check"]!, damage);
  }
  if (!isGood) return;
  const planned: Asset[] = JSON.parse(plan!.output).value.assets.map(pick);
  const applied: Asset[] = JSON.parse(apply!.output).value.assets.map(pick);
  assertEquals(planned, applied);
  assertEquals(planned.map(({ to }) => to).sort(), targets.toSorted());
  if (format === "tgz") assertEquals(JSON.parse(user!.output).value.assets.map(pick), planned);
  assertEquals(after!.code, 0, after!.output);
  assert(planned.every(({ image }) => image === "hello"));
}

testWith("torcx plan says if copies have no room where they go, as torcx apply does", {
  isRoot: true,
  programs: ["unshare"],
}, () =>
  withRoot(SYSTEM, async (root) => {
    const make =
      `make() { ${PROLOGUE}; mkdir -p image/.torcx; (cd image; manifest units /a.service > .torcx/manifest.json
      truncate -s "$1" a.service; OUT=../var/lib/torcx/store/hello:1.torcx.tgz; ${PACKERS.tgz}); }`;
    const mount = "mount -t tmpfs -o size=64k none run/systemd/system";
    const [plan, apply, warned, again] = await runSteps(root, [
      `mkdir -p run/systemd/system; ${mount}; ${make}; make 100k; torcx plan --output json`,
      "torcx apply --output json",
      "head -c 40k /dev/zero > run/systemd/system/other; make 30k; torcx plan --output text",
      "rm run/systemd/system/other; torcx plan --output text; torcx apply --retry --output json",
    ]);
    assertEquals([plan!.code, apply!.code, warned!.code, again!.code], [1, 1, 0, 0], again!.output);
    assertStringIncludes(
      plan!.output,
      'torcx: Cannot apply at the next boot: the copies take 100 KiB, the file system of "/run/systemd/system" has 64.0 KiB\n',
    );
    assertStringIncludes(
      apply!.output,
      'Cannot copy 102400 bytes: the file system of "/run/systemd/system" is full',
    );
    const warning =
      'the copies take 32.0 KiB, the file system of "/run/systemd/system" has 24.0 KiB free now';
    assertStringIncludes(warned!.output, `warning: ${warning}\n`);
    assertStringIncludes(warned!.output, `Warning: ${warning}\n`);
    assert(!again!.output.includes("the copies take"), again!.output);
  }));
