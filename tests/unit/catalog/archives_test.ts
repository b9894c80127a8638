import { assert, assertEquals } from "@std/assert";
import { findArchive } from "../../../lib/catalog/archives.ts";
import { indexStores } from "../../../lib/catalog/stores.ts";
import { parseImageName } from "../../../lib/manifest/names.ts";
import { type Node, OS_RELEASE, withTree } from "../../support/nodes.ts";

function makeRemote(baseUrl: string): string {
  return JSON.stringify({ kind: "remote-manifest-v0", value: { base_url: baseUrl } });
}

/** A system with a remote inside of the OS image, one elsewhere, one on a server, and one that is broken. */
const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  "usr/share/torcx/remotes/os/remote.json": makeRemote("file://${COREOS_USR}/share/addons/${VERSION_ID}"),
  "etc/torcx/remotes/var/remote.json": makeRemote("file:///var/addons/"),
  "etc/torcx/remotes/web/remote.json": makeRemote("https://127.0.0.1:1/"),
  "etc/torcx/remotes/broken/remote.json": makeRemote("file:///usr/${UNKNOWN}/"),
  "usr/share/addons/1.2.3/a:1.torcx.tgz": "",
  "usr/share/addons/1.2.3/a:2.torcx.tgz": "",
  "usr/share/addons/1.2.3/a:2.torcx.squashfs": "",
  "usr/share/addons/1.2.3/d.torcx.tgz": "",
  "var/addons/a:1.torcx.tgz": "",
  "var/lib/torcx/store/b:1.torcx.tgz": "",
  "usr/share/addons/1.2.3/b:1.torcx.squashfs": "",
};

interface Case {
  image: string;
  remote?: string;
  path: string | undefined;
  warns?: RegExp;
}

const IN_PLACE = "/usr/share/addons/1.2.3";
const CASES: Record<string, Case> = {
  "an archive of a remote inside of the OS image": {
    image: "a:1",
    remote: "os",
    path: `${IN_PLACE}/a:1.torcx.tgz`,
  },
  "a squashfs before a tgz": { image: "a:2", remote: "os", path: `${IN_PLACE}/a:2.torcx.squashfs` },
  "the default reference": { image: "d:com.coreos.cl", remote: "os", path: `${IN_PLACE}/d.torcx.tgz` },
  "the stores' archive first": { image: "b:1", remote: "os", path: "/var/lib/torcx/store/b:1.torcx.tgz" },
  "nothing for an image that names no remote": { image: "a:1", path: undefined },
  "nothing of a version that is not there": { image: "a:3", remote: "os", path: undefined },
  "nothing of a file remote elsewhere": { image: "a:1", remote: "var", path: undefined },
  "nothing of a server": { image: "a:1", remote: "web", path: undefined },
  "nothing of a remote that is not there": { image: "a:1", remote: "none", path: undefined },
  "nothing of a broken remote": { image: "a:1", remote: "broken", path: undefined, warns: /"UNKNOWN"/ },
};

for (const [name, { image, remote, path, warns }] of Object.entries(CASES)) {
  Deno.test(`findArchive() finds ${name}`, () =>
    withTree(SYSTEM, (tree) => {
      const system = tree.readSystem();
      const [imageName = "", reference = ""] = image.split(":");
      const wanted = {
        name: parseImageName(imageName),
        reference,
        ...remote === undefined ? {} : { remote },
      };
      assertEquals(findArchive(system, wanted, { index: indexStores(system) })?.path, path);
      assertEquals(tree.log.lines.some((line) => warns?.test(line)), warns !== undefined);
    }));
}

Deno.test("findArchive() goes by the USR mountpoint, so that the next OS can be looked at", () =>
  withTree({
    ...SYSTEM,
    "mnt/usr/share/addons/9/a:1.torcx.tgz": "",
    "mnt/usr/lib/os-release": "VERSION_ID=9\n",
  }, (tree) => {
    const system = tree.readSystem({ TORCX_USR_MOUNTPOINT: "/mnt/usr" });
    const remote = `${tree.path}/etc/torcx/remotes/os`;
    Deno.mkdirSync(remote, { recursive: true });
    Deno.writeTextFileSync(
      `${remote}/remote.json`,
      makeRemote("file://${COREOS_USR}/share/addons/${VERSION_ID}"),
    );
    const image = { name: parseImageName("a"), reference: "1", remote: "os" };
    const archive = findArchive(system, image, { index: indexStores(system) });
    assert(archive?.path === "/mnt/usr/share/addons/9/a:1.torcx.tgz", archive?.path);
  }));
