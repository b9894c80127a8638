/**
 * The differential table of remotes: what the first torcx did, as it was found by running it against a server
 * on loopback, what this one does, and why where that is another thing.
 */

import {
  CONTENTS,
  type ContentsImage,
  getArchive,
  getGpg,
  getHash,
  IMAGES,
  makeContents,
  makeVersion,
  type SceneOptions,
} from "../../support/remote_scene.ts";
import { cut, inTurn, serve, status } from "../../support/rude_server.ts";

/** One case. */
export interface FirstCase {
  scene?: () => SceneOptions;
  /** Arguments after `profile populate`. */
  args?: string[];
  env?: Record<string, string>;
  /** What the first did. */
  first: string;
  /** Why this one does another thing; undefined: it does the same. */
  why?: string;
  code: 0 | 1 | 2;
  /** Patterns that standard error has; none: it is empty. */
  says?: RegExp[];
  /** What is in the user's store afterwards. */
  store: string[];
  /** The paths that were asked for, in order. */
  asked?: string[];
}

const withVersion = (changes: Parameters<typeof makeVersion>[1]): () => SceneOptions => () => ({
  images: [{ name: "a", versions: [makeVersion("a:1", changes)] }],
});
const withImages = (...images: ContentsImage[]): () => SceneOptions => () => ({ images });
const UNSAFE = "what nobody vouches for must not become an image";
const SILENT = "a failure must not look like success";
const serveText = (text: string): ReturnType<typeof serve> => serve(new TextEncoder().encode(text));
const signed = (text: string, ...users: string[]): string =>
  getGpg().clearSign(text, users.length === 0 ? ["vendor"] : users);

/** The table. */
export const FIRST_CASES: Record<string, FirstCase> = {
  "a missing image": {
    first: "fetched the manifest, then the archive",
    code: 0,
    store: ["a:1.torcx.tgz"],
    asked: [CONTENTS, "/a:1.torcx.tgz"],
  },
  "two missing images": {
    scene: () => ({ profile: ["a:1@r", "b:1@r"] }),
    first: "fetched them one after the other",
    why: "up to four at once",
    code: 0,
    store: ["a:1.torcx.tgz", "b:1.torcx.tgz"],
  },
  "-n VER": {
    args: ["-n", "9"],
    first: "saved into BASE/store/VER",
    code: 0,
    store: ["9/a:1.torcx.tgz"],
  },
  "-n VER and a base_url with ${VERSION_ID}": {
    scene: () => ({ prefix: "/1.2.3", baseUrl: (url) => `${url}\${VERSION_ID}` }),
    args: ["-n", "9"],
    first: "kept the running version in the URL, silently",
    why: "a warning: the running OS's images go into the other one's store",
    code: 0,
    says: [/uses \$\{VERSION_ID\}, which is "1.2.3" of "\/usr", not "9"/],
    store: ["9/a:1.torcx.tgz"],
  },
  "-n VER of the running version": {
    scene: () => ({ prefix: "/1.2.3", baseUrl: (url) => `${url}\${VERSION_ID}` }),
    args: ["-n", "1.2.3"],
    first: "no word",
    code: 0,
    store: ["1.2.3/a:1.torcx.tgz"],
  },
  "a base_url without a final slash": {
    scene: () => ({ prefix: "/base", baseUrl: (url) => `${url}base` }),
    first: "lost its last part",
    why: "fixed by the contract",
    code: 0,
    store: ["a:1.torcx.tgz"],
    asked: [`/base${CONTENTS}`, "/base/a:1.torcx.tgz"],
  },
  "an unknown variable": {
    scene: () => ({ baseUrl: (url) => `${url}\${HOME}` }),
    first: "an error",
    code: 1,
    says: [/unknown variable "HOME"/],
    store: [],
    asked: [],
  },
  "a variable that os-release has not": {
    scene: () => ({
      baseUrl: (url) => `${url}\${ID}/`,
      nodes: { "usr/lib/os-release": "VERSION_ID=1.2.3\n" },
    }),
    first: "an empty part of the URL",
    why: "another directory of the server might answer",
    code: 1,
    says: [/has no ID/],
    store: [],
    asked: [],
  },
  "a location in a directory": {
    scene: () => ({
      ...withVersion({ location: "sub/a:1.torcx.tgz" })(),
      behaviours: { "/sub/a:1.torcx.tgz": serve(getArchive("a:1")) },
    }),
    first: "resolved, saved under its last part",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "a location above the base": {
    scene: () => ({
      ...withVersion({ location: "../a:1.torcx.tgz" })(),
      prefix: "/base",
      baseUrl: (url) => `${url}base/`,
      behaviours: { "/a:1.torcx.tgz": serve(getArchive("a:1")) },
    }),
    first: "resolved",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "a location with a leading slash": {
    scene: () => ({
      ...withVersion({ location: "/a:1.torcx.tgz" })(),
      prefix: "/base",
      baseUrl: (url) => `${url}base/`,
    }),
    first: "BASE//x",
    why: "BASE/x: servers differ in what they make of two slashes",
    code: 0,
    store: ["a:1.torcx.tgz"],
    asked: [`/base${CONTENTS}`, "/base/a:1.torcx.tgz"],
  },
  "a percent-encoded location": {
    scene: () => ({
      ...withVersion({ location: "a%3A1.torcx.tgz" })(),
      behaviours: { "/a%3A1.torcx.tgz": serve(getArchive("a:1")) },
    }),
    first: "saved under the literal name, which is no image",
    why: "the check of the same profile failed",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "a location with a query": {
    scene: () => ({
      ...withVersion({ location: "a:1.torcx.tgz?key=1" })(),
      behaviours: { "/a:1.torcx.tgz?key=1": serve(getArchive("a:1")) },
    }),
    first: "saved under the path's last part",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "a location that names another image": {
    scene: withVersion({ location: "b:1.torcx.tgz" }),
    first: "saved as that image, exit 0; the check then failed",
    why: SILENT,
    code: 1,
    says: [/its location names "b:1.torcx.tgz", not "a:1.torcx.tgz"/],
    store: [],
  },
  "a location that is no archive": {
    scene: withVersion({ location: "a.tgz" }),
    first: "saved as a file that is no image, exit 0",
    why: SILENT,
    code: 1,
    says: [/its location names "a.tgz"/],
    store: [],
  },
  "a file of this machine as a location": {
    scene: withVersion({ location: "file:///etc/a:1.torcx.tgz" }),
    first: "not tried",
    code: 1,
    says: [/a scheme that is not allowed here/],
    store: [],
  },
  ...Object.fromEntries(
    [["sha256", "-"], ["sha384", "-"], ["sha512", "-"], ["sha256", ":"], ["sha512", ":"]].map(
      ([algorithm = "", separator = ""]): [string, FirstCase] => [`a hash ${algorithm}${separator}HEX`, {
        scene: withVersion({ hash: getHash(getArchive("a:1"), algorithm, separator) }),
        first: "verified",
        code: 0,
        store: ["a:1.torcx.tgz"],
      }],
    ),
  ),
  "a hash in upper case": {
    scene: withVersion({ hash: `sha512-${getHash(getArchive("a:1")).slice(7).toUpperCase()}` }),
    first: "a mismatch",
    why: "the same digest",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "an empty hash": {
    scene: withVersion({ hash: "" }),
    first: "unverified, exit 0",
    why: UNSAFE,
    code: 1,
    says: [/its hash cannot be used/, /it is empty/],
    store: [],
  },
  "an empty hash, and --insecure": {
    scene: withVersion({ hash: "" }),
    args: ["--insecure"],
    first: "unverified, exit 0",
    why: "with a warning",
    code: 0,
    says: [/nobody says what its bytes must be/],
    store: ["a:1.torcx.tgz"],
  },
  "an empty hash and a 404": {
    scene: () => ({ ...withVersion({ hash: "" })(), behaviours: { "/a:1.torcx.tgz": status(404) } }),
    args: ["--insecure"],
    first: "the page of the 404 saved as an archive, exit 0",
    why: SILENT,
    code: 1,
    says: [/answered 404/],
    store: [],
  },
  "an unknown hash function": {
    scene: withVersion({ hash: "md5-00000000000000000000000000000000" }),
    first: "an error",
    code: 1,
    says: [/the hash function "md5" is not accepted/],
    store: [],
  },
  "wrong bytes": {
    scene: () => ({ behaviours: { "/a:1.torcx.tgz": serve(getArchive("b:1")) } }),
    first: "retried every 8 s to the deadline",
    why: "once more, past caches; then it is what the server has",
    code: 1,
    says: [/it has the digest "sha512-/],
    store: [],
    asked: [CONTENTS, "/a:1.torcx.tgz", "/a:1.torcx.tgz"],
  },
  "two formats, the squashfs first": {
    scene: withImages({
      name: "a",
      versions: [makeVersion("a:1", { format: "squashfs" }), makeVersion("a:1")],
    }),
    first: "the first listed",
    code: 0,
    store: ["a:1.torcx.squashfs"],
  },
  "two formats and --format": {
    scene: withImages({
      name: "a",
      versions: [makeVersion("a:1", { format: "squashfs" }), makeVersion("a:1")],
    }),
    args: ["--format", "tgz"],
    first: "no such flag",
    why: "new",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "a format that the name contradicts": {
    scene: withVersion({ format: "squashfs", location: "a:1.torcx.tgz" }),
    first: "never looked at the format",
    why: "the boot goes by the name: one of the two is wrong",
    code: 1,
    says: [/its location names "a:1.torcx.tgz", not "a:1.torcx.squashfs"/],
    store: [],
  },
  "com.coreos.cl": {
    scene: () => ({ profile: ["a:com.coreos.cl@r"] }),
    first: "fetched the default version, saved under that version; the check of the same profile then failed",
    why: "with a link of the default's name beside it the check passes",
    code: 0,
    store: ["a:2.torcx.tgz", "a:com.coreos.cl.torcx.tgz"],
  },
  "com.coreos.cl of an image without a default": {
    scene: () => ({ profile: ["b:com.coreos.cl@r"] }),
    first: "an error",
    code: 1,
    says: [/means its default version, and it names none/],
    store: [],
  },
  "a profile of kind v0": {
    scene: () => ({ kind: "profile-manifest-v0" }),
    first: '"references no remote images", exit 0, no request',
    code: 0,
    says: [/references no remote images/, /remotes need kind "profile-manifest-v1"/],
    store: [],
    asked: [],
  },
  "no image with a remote": {
    scene: () => ({ profile: ["a:1"] }),
    first: '"references no remote images", exit 0, no request',
    code: 0,
    says: [/references no remote images/],
    store: [],
    asked: [],
  },
  "an empty reference": {
    scene: () => ({ profile: ["a:@r"] }),
    first: "not tried",
    code: 0,
    says: [/references no remote images/],
    store: [],
    asked: [],
  },
  "an image that is there": {
    scene: () => ({ nodes: { "var/lib/torcx/store/a:1.torcx.tgz": "mine" } }),
    first: "not compared; the manifest was fetched all the same",
    why: "no request where nothing is needed",
    code: 0,
    store: ["a:1.torcx.tgz"],
    asked: [],
  },
  "an image that is there, and no server": {
    scene: () => ({
      nodes: { "var/lib/torcx/store/a:1.torcx.tgz": "mine" },
      baseUrl: () => "http://127.0.0.1:1/",
    }),
    first: "failed although nothing was needed",
    why: "an update must not fail for a server that it does not need",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "an image that is there in another store": {
    scene: () => ({ nodes: { "usr/share/oem/torcx/store/a:1.torcx.tgz": "the OEM's" } }),
    first: "not fetched",
    code: 0,
    store: [],
    asked: [],
  },
  "an image that is there and differs, and --verify": {
    scene: () => ({ nodes: { "var/lib/torcx/store/a:1.torcx.tgz": "altered" } }),
    args: ["--verify"],
    first: "no such flag",
    why: "new: replaced where populate writes",
    code: 0,
    store: ["a:1.torcx.tgz"],
    asked: [CONTENTS, "/a:1.torcx.tgz"],
  },
  "an image that is there elsewhere and differs, and --verify": {
    scene: () => ({ nodes: { "usr/share/torcx/store/a:1.torcx.tgz": "the vendor's" } }),
    args: ["--verify"],
    first: "no such flag",
    why: "new: told, not replaced",
    code: 1,
    says: [/its remote has another archive/],
    store: [],
    asked: [CONTENTS],
  },
  "a 404 on the manifest": {
    scene: () => ({ behaviours: { [CONTENTS]: status(404) } }),
    first: "its body was parsed, exit 1 at once",
    why: "the status is named",
    code: 1,
    says: [/answered 404/],
    store: [],
    asked: [CONTENTS],
  },
  "a 500 on the manifest, then a good answer": {
    scene: () => ({
      behaviours: { [CONTENTS]: inTurn(status(500), serveText(signed(makeContents(IMAGES)))) },
    }),
    first: "its body was parsed, exit 1 at once",
    why: "it may pass: tried again",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "a 500 on the archive, then a good answer": {
    scene: () => ({ behaviours: { "/a:1.torcx.tgz": inTurn(status(500), serve(getArchive("a:1"))) } }),
    first: "retried after 8 s",
    why: "sooner",
    code: 0,
    says: [/answered 500 .*: trying again in 1 s/],
    store: ["a:1.torcx.tgz"],
  },
  "a cut archive": {
    scene: () => ({
      behaviours: { "/a:1.torcx.tgz": inTurn(cut(getArchive("a:1"), 4), serve(getArchive("a:1"))) },
    }),
    first: "retried from the beginning after 8 s",
    why: "gone on with",
    code: 0,
    says: [/trying again/],
    store: ["a:1.torcx.tgz"],
  },
  "no server": {
    scene: () => ({ baseUrl: () => "http://127.0.0.1:1/" }),
    first: "retried every 8 s to the deadline of 60 s",
    why: "five times within 8 s",
    code: 1,
    says: [/refused/i],
    store: [],
  },
  "an unknown remote": {
    scene: () => ({ profile: ["a:1@none"] }),
    first: "an error",
    code: 1,
    says: [/no directory of remotes has it/],
    store: [],
    asked: [],
  },
  "a malformed remote that nobody names": {
    scene: () => ({ nodes: { "etc/torcx/remotes/z/remote.json": "{" } }),
    first: "not tried",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "a remote of a later layer": {
    scene: () => ({ nodes: { "usr/share/torcx/remotes/r/remote.json": "{" } }),
    first: "the later one counted",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "two keyrings, the second one's key": {
    scene: () => ({
      keys: [{ armored_keyring: "other.asc" }, { armored_keyring: "vendor.asc" }],
      nodes: { "etc/torcx/remotes/r/other.asc": getGpg().export("stranger") },
    }),
    first: "only the first keyring counted",
    why: "the contract: any key of any keyring",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "two blocks in a keyring, the second one's key": {
    scene: () => ({
      nodes: { "etc/torcx/remotes/r/vendor.asc": getGpg().export("stranger") + getGpg().export("vendor") },
    }),
    first: "only the first block counted",
    why: "the contract: any key of any keyring",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "an Ed25519 key": {
    first: "failed the remote",
    why: "its library was too old",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "a keyring that is not there": {
    scene: () => ({ keys: [{ armored_keyring: "gone.asc" }] }),
    first: "an error",
    code: 1,
    says: [/its keyring .*gone.asc" does not exist/],
    store: [],
  },
  "no keys": {
    scene: () => ({ keys: [] }),
    first: "unsigned accepted",
    why: UNSAFE,
    code: 1,
    says: [/it has no keys/, /--insecure/],
    store: [],
    asked: [],
  },
  "no keys, and --insecure": {
    scene: () => ({ keys: [] }),
    args: ["--insecure"],
    first: "unsigned accepted",
    why: "with a warning",
    code: 0,
    says: [/nobody checks who made its contents/],
    store: ["a:1.torcx.tgz"],
  },
  "an unsigned manifest": {
    scene: () => ({ behaviours: { [CONTENTS]: serveText(makeContents(IMAGES)) } }),
    first: "refused where there are keys",
    code: 1,
    says: [/it is no clear-signed message/],
    store: [],
  },
  "a manifest of an unknown key": {
    scene: () => ({ behaviours: { [CONTENTS]: serveText(signed(makeContents(IMAGES), "stranger")) } }),
    first: "refused",
    code: 1,
    says: [/which is in none of the keyrings/],
    store: [],
  },
  "text before the signed manifest": {
    scene: () => ({ behaviours: { [CONTENTS]: serveText(`hello\n${signed(makeContents(IMAGES))}`) } }),
    first: "accepted",
    why: "exactly one message: what is skipped is where an attacker writes",
    code: 1,
    says: [/text before the signed message/],
    store: [],
  },
  "text after the signed manifest": {
    scene: () => ({ behaviours: { [CONTENTS]: serveText(`${signed(makeContents(IMAGES))}hello\n`) } }),
    first: "accepted",
    why: "exactly one message",
    code: 1,
    says: [/text after the signed message/],
    store: [],
  },
  "an altered manifest": {
    scene: () => ({
      behaviours: { [CONTENTS]: serveText(signed(makeContents(IMAGES)).replace("a:1.torcx", "a:2.torcx")) },
    }),
    first: "refused",
    code: 1,
    says: [/it is not what vendor .* signed/],
    store: [],
  },
  "contents of another kind": {
    scene: () => ({ contents: '{"kind":"torcx-remote-contents-v9","value":{}}' }),
    first: "an error",
    code: 1,
    says: [/kind/],
    store: [],
  },
  "an image that the remote has not": {
    scene: () => ({ profile: ["c:1@r"] }),
    first: "an error",
    code: 1,
    says: [/it has no image of this name/],
    store: [],
  },
  "a version that the remote has not": {
    scene: () => ({ profile: ["a:3@r"] }),
    first: "an error",
    code: 1,
    says: [/it has no version "3"/, /It has "1", "2"/],
    store: [],
  },
  "one good and one bad image": {
    scene: () => ({ profile: ["a:1@r", "c:1@r"] }),
    first: "stopped at the first bad one",
    why: "good ones stay, and each failure is named",
    code: 1,
    says: [/1 of 2 images failed: "c:1"/],
    store: ["a:1.torcx.tgz"],
  },
  "a file remote below the USR mountpoint": {
    scene: () => ({ baseUrl: () => "file:///usr/share/addons", keys: [] }),
    first: "manifest read, archives neither looked for nor copied, exit 0",
    why: SILENT,
    code: 1,
    says: [/no archive of it is there/],
    store: [],
    asked: [],
  },
  "a file remote elsewhere": {
    scene: () => ({
      baseUrl: () => "file:///srv/addons",
      nodes: {
        "srv/addons/torcx_remote_contents.json.asc": signed(makeContents(IMAGES)),
        "srv/addons/a:1.torcx.tgz": "archive a:1\n",
      },
    }),
    first: "manifest read, archives neither looked for nor copied, exit 0",
    why: "fetched and verified like an http one",
    code: 0,
    store: ["a:1.torcx.tgz"],
    asked: [],
  },
  "a dry run": {
    args: ["--dry-run"],
    first: "no such flag",
    why: "new",
    code: 0,
    store: [],
    asked: [CONTENTS],
  },
  "a profile that is not there": {
    args: ["--name", "none"],
    first: "an error",
    code: 1,
    says: [/Cannot find profile "none"/],
    store: [],
  },
  "a profile by its file": {
    args: ["--file", "etc/torcx/profiles/edge.json"],
    first: "taken",
    code: 0,
    store: ["a:1.torcx.tgz"],
  },
  "--name and --file": {
    args: ["--name", "edge", "--file", "x.json"],
    first: "an error",
    code: 2,
    says: [/--file/],
    store: [],
  },
  "an archive that is too large": {
    args: ["--max-size", "5"],
    first: "no such limit",
    why: "new",
    code: 1,
    says: [/more than 5 bytes/, /--max-size/],
    store: [],
  },
};
