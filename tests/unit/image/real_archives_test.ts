/**
 * Tests that what npm, PyPI and Debian serve unpacks as GNU tar unpacks it, metadata included. The archives
 * are fetched by the registries' own clients: where one is missing or fetches nothing, that is said and the
 * test shows nothing.
 */

import { assert, assertEquals } from "@std/assert";
import { extractArchive } from "../../../lib/image/extract.ts";
import { Root } from "../../../lib/sys/root.ts";
import { skipPart, testWith } from "../../support/needs.ts";
import { compareTrees, readTree } from "../../support/tree.ts";

interface Package {
  name: string;
  programs: readonly string[];
  /** Fetches it into the working directory; leaves one archive, named `pattern`. */
  fetch: string;
  pattern: RegExp;
  /** How many files it has at least. */
  files: number;
}

const PACKAGES: readonly Package[] = [
  {
    name: "an npm package",
    programs: ["npm"],
    fetch: "npm pack --silent semver@7.6.0",
    pattern: /\.tgz$/,
    files: 40,
  },
  {
    name: "a PyPI source package of flit",
    programs: ["pip"],
    fetch: "pip download --quiet --no-deps --no-binary :all: idna==3.7",
    pattern: /\.tar\.gz$/,
    files: 10,
  },
  {
    name: "a Debian package with links, directories of its own and setuid programs",
    programs: ["apt-get", "dpkg-deb"],
    fetch: "apt-get download -qq sudo && dpkg-deb --fsys-tarfile sudo_*.deb > data.tar",
    pattern: /^data\.tar$/,
    files: 50,
  },
  {
    name: "a Debian package of many links",
    programs: ["apt-get", "dpkg-deb"],
    fetch: "apt-get download -qq tzdata && dpkg-deb --fsys-tarfile tzdata_*.deb | gzip > data.tgz",
    pattern: /^data\.tgz$/,
    files: 300,
  },
];

/** A client that hangs has fetched nothing. */
const FETCH_SECONDS = 90;

function runShell(cwd: string, script: string): { success: boolean; text: string } {
  const { success, stdout, stderr } = new Deno.Command("timeout", {
    args: [`${FETCH_SECONDS}`, "bash", "-ec", script],
    cwd,
    stdin: "null",
  }).outputSync();
  return { success, text: new TextDecoder().decode(success ? stdout : stderr) };
}

for (const { name, programs, fetch, pattern, files } of PACKAGES) {
  const title = `extractArchive() unpacks ${name} as GNU tar does`;
  testWith(title, { isRoot: true, programs: [...programs, "timeout"] }, async (context) => {
    const directory = await Deno.makeTempDir({ prefix: "torcx-real-" });
    try {
      const fetched = runShell(directory, fetch);
      const archive = [...Deno.readDirSync(directory)].map((entry) => entry.name).find((file) =>
        pattern.test(file)
      );
      if (!fetched.success || archive === undefined) {
        const reason = `"${fetch}" fetched nothing: ${fetched.text.trim().split("\n").at(-1)}`;
        return await skipPart(context, "the comparison", reason);
      }
      const gnu = runShell(
        directory,
        `mkdir theirs; tar --same-owner --numeric-owner --delay-directory-restore -xpf ${archive} -C theirs; tar -tf ${archive}`,
      );
      assert(gnu.success, gnu.text);
      using host = Root.open("/");
      const summary = await extractArchive(host, `${directory}/${archive}`, {
        directory: `${directory}/ours`,
      });
      assertEquals(summary.warnings, []);

      const [ours, theirs] = [readTree(`${directory}/ours`), readTree(`${directory}/theirs`)];
      // A parent that the archive does not list has the time at which it was made.
      const listed = new Set(gnu.text.trim().split("\n").map((line) => line.replace(/^\.\//, "")));
      for (const [path, node] of theirs) {
        if (node.type === "directory" && !listed.has(`${path}/`)) node.mtime = undefined;
      }
      assertEquals(compareTrees(ours, theirs, { hasOwners: true }), []);
      assert([...ours.values()].filter(({ type }) => type !== "directory").length >= files);
      for (const [path, node] of ours) {
        if (node.type !== "file") continue;
        const [our, their] = ["ours", "theirs"].map((tree) =>
          Deno.readFileSync(`${directory}/${tree}/${path}`)
        );
        assertEquals(our, their, path);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
