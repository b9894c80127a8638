/**
 * Runs the real program on a small system of its own and compares all that can be seen: exit status,
 * both streams, and every file afterwards.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { withRoot } from "./e2e_system.ts";
import { makeProfile, type Node } from "./nodes.ts";
import { findSchemaFaults } from "./schemas.ts";
import { runTorcx } from "./binary.ts";

/** One call of the program and what it must come to. */
export interface ProgramCase {
  /** What is shown, e.g. `lists the profiles`. */
  does: string;
  args: readonly string[];
  env?: Record<string, string>;
  /** Changes of {@linkcode SYSTEM}; null leaves a file out. */
  system?: Record<string, Node | null>;
  code: 0 | 1 | 2 | 3;
  /** The whole text, a pattern, or the value of the JSON document. Default: nothing. */
  stdout?: string | RegExp | { kind: string; value: unknown };
  /** The whole text or a pattern. Default: nothing. */
  stderr?: string | RegExp;
  /** Files that are different afterwards, with their text; null if they are gone. All others are as before. */
  after?: Record<string, string | null>;
}

/** A profile of kind v1. */
export const EDGE_PROFILE = `${
  JSON.stringify(
    {
      kind: "profile-manifest-v1",
      value: {
        images: [{ name: "docker", reference: "2" }, { name: "etcd", reference: "3", remote: "vendor" }],
      },
    },
    null,
    2,
  )
}\n`;

/** The system that the cases start from: three layers of profiles, four stores, a shadowed archive. */
export const SYSTEM: Record<string, Node> = {
  "usr/lib/os-release": 'ID=test\nVERSION_ID="1.2.3"\n',
  "usr/share/torcx/profiles/vendor.json": makeProfile("docker:1"),
  "usr/share/torcx/store/docker:1.torcx.tgz": "vendor",
  "usr/share/oem/torcx/profiles/oem.json": makeProfile(),
  "etc/torcx/profiles/edge.json": EDGE_PROFILE,
  "etc/torcx/next-profile": "edge\n",
  "var/lib/torcx/store/docker:2.torcx.tgz": "shadowed",
  "var/lib/torcx/store/docker:2.torcx.squashfs": "wins",
  "var/lib/torcx/store/1.2.3/etcd:3.torcx.tgz": "versioned",
  "var/lib/torcx/store/1.2.2/docker:1.torcx.tgz": "older",
  "var/lib/torcx/store/1.2.2/etcd:2.torcx.tgz": "older",
};

/** The warning that every look into the stores of {@linkcode SYSTEM} gives. */
export const SHADOW_WARNING =
  'torcx: warning: image "docker:2": archive "/var/lib/torcx/store/docker:2.torcx.tgz" is shadowed by "/var/lib/torcx/store/docker:2.torcx.squashfs"\n';

/** Registers one test per case. */
export function testProgram(cases: readonly ProgramCase[]): void {
  for (const item of cases) {
    Deno.test(`torcx ${item.args.join(" ").replace("\x1b", "ESC")} ${item.does}`, () => checkProgram(item));
  }
}

/** Runs one case. */
export async function checkProgram(item: ProgramCase): Promise<void> {
  const nodes = Object.entries({ ...SYSTEM, ...item.system }).filter(([, node]) => node !== null);
  await withRoot(Object.fromEntries(nodes) as Record<string, Node>, async (root) => {
    const before = await readTree(root);
    const result = await runTorcx([...item.args, "--root", root], {
      cwd: root,
      ...(item.env === undefined ? {} : { env: item.env }),
    });
    const shown = JSON.stringify(result, null, 1);
    assertEquals(result.code, item.code, shown);
    checkText(result.stderr, item.stderr ?? "");
    if (typeof item.stdout === "object" && !(item.stdout instanceof RegExp)) {
      assertEquals(JSON.parse(result.stdout), item.stdout, shown);
      assertEquals(result.stdout, `${JSON.stringify(item.stdout, null, 2)}\n`);
      assertEquals(findSchemaFaults(item.stdout), undefined, "the schema of its kind");
    } else checkText(result.stdout, item.stdout ?? "");
    const after = await readTree(root);
    for (const [path, text] of Object.entries(item.after ?? {})) {
      if (text === null) {
        for (const name of before.keys()) if (`${name}/`.startsWith(`${path}/`)) before.delete(name);
        continue;
      }
      // A file that is replaced keeps its mode; parents of a new one are made.
      before.set(path, `${before.get(path)?.split(" ", 1)[0] ?? "file:644"} ${text}`);
      for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
        const parent = path.slice(0, at);
        if (!before.has(parent)) before.set(parent, "directory:755 ");
      }
    }
    assertEquals(
      Object.fromEntries([...after].sort()),
      Object.fromEntries([...before].sort()),
      "files afterwards",
    );
  });
}

function checkText(actual: string, expected: string | RegExp): void {
  if (expected instanceof RegExp) assertMatch(actual, expected);
  else assertEquals(actual, expected);
}

/** Reads every path below a directory as `TYPE:MODE CONTENT`. */
async function readTree(root: string): Promise<Map<string, string>> {
  const tree = new Map<string, string>();
  const visit = async (directory: string): Promise<void> => {
    for await (const { name } of Deno.readDir(`${root}/${directory}`)) {
      const path = directory === "" ? name : `${directory}/${name}`;
      const stat = await Deno.lstat(`${root}/${path}`);
      const mode = ((stat.mode ?? 0) & 0o7777).toString(8);
      if (stat.isDirectory) {
        tree.set(path, `directory:${mode} `);
        await visit(path);
      } else if (stat.isSymlink) tree.set(path, `symlink ${await Deno.readLink(`${root}/${path}`)}`);
      else tree.set(path, `file:${mode} ${await Deno.readTextFile(`${root}/${path}`)}`);
    }
  };
  await visit("");
  assert(tree.size > 0);
  return tree;
}
