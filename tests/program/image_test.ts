/** Tests, through the real program, the image verbs that list and remove, and `config show`. */

import { type ProgramCase, SHADOW_WARNING, testProgram } from "../support/program_cases.ts";

const image = (name: string, reference: string, filepath: string): Record<string, string> => ({
  name,
  reference,
  filepath,
});
const DOCKER_1 = image("docker", "1", "/usr/share/torcx/store/docker:1.torcx.tgz");
const DOCKER_2 = image("docker", "2", "/var/lib/torcx/store/docker:2.torcx.squashfs");
const ETCD_3 = image("etcd", "3", "/var/lib/torcx/store/1.2.3/etcd:3.torcx.tgz");
const KIND = "torcx-image-list-v0";

const LIST: ProgramCase[] = [
  {
    does: "lists the images that win, sorted",
    args: ["image", "list"],
    code: 0,
    stdout: { kind: KIND, value: [DOCKER_1, DOCKER_2, ETCD_3] },
    stderr: SHADOW_WARNING,
  },
  {
    does: "lists the images of one name",
    args: ["image", "list", "etcd"],
    code: 0,
    stdout: { kind: KIND, value: [ETCD_3] },
    stderr: SHADOW_WARNING,
  },
  {
    does: "lists nothing",
    args: ["image", "list", "rkt"],
    code: 0,
    stdout: { kind: KIND, value: [] },
    stderr: SHADOW_WARNING,
  },
  {
    does: "leaves the vendor store out for another OS version",
    args: ["image", "list", "-n", "1.2.2"],
    code: 0,
    stdout: {
      kind: KIND,
      value: [
        image("docker", "1", "/var/lib/torcx/store/1.2.2/docker:1.torcx.tgz"),
        DOCKER_2,
        image("etcd", "2", "/var/lib/torcx/store/1.2.2/etcd:2.torcx.tgz"),
      ],
    },
    stderr: SHADOW_WARNING,
  },
  {
    does: "keeps the vendor store for the running OS version",
    args: ["image", "list", "docker", "--os-release=1.2.3"],
    code: 0,
    stdout: { kind: KIND, value: [DOCKER_1, DOCKER_2] },
    stderr: SHADOW_WARNING,
  },
  {
    does: "shows a table with what is shadowed",
    args: ["image", "list", "--output", "table"],
    code: 0,
    stdout: [
      "IMAGE   REFERENCE  STATE     FORMAT    SIZE  STORE",
      "docker  1                    tgz       6 B   /usr/share/torcx/store",
      "docker  2                    squashfs  4 B   /var/lib/torcx/store",
      "docker  2          shadowed  tgz       8 B   /var/lib/torcx/store",
      "etcd    3                    tgz       9 B   /var/lib/torcx/store/1.2.3",
      "",
    ].join("\n"),
    stderr: SHADOW_WARNING,
  },
  {
    does: "fails if a store path is not absolute",
    args: ["image", "list"],
    env: { TORCX_STOREPATH: "rel" },
    code: 1,
    stderr:
      /^torcx: Cannot use "rel" as setting "extra_store_paths" from environment TORCX_STOREPATH: it is not an absolute path\nHint: /,
  },
];

const CLEAR_KIND = "torcx-image-clear-versioned-v0";
const CLEARED = {
  type: "directory",
  version: "1.2.2",
  name: null,
  reference: null,
  path: "/var/lib/torcx/store/1.2.2",
  archive_path: null,
  bytes: 10,
  reason: "its version is not kept",
};

const CLEAR: ProgramCase[] = [
  {
    does: "removes the versions that are not kept, and says which",
    args: ["image", "clear-versioned", "-k", "1.2.3"],
    code: 0,
    stdout: {
      kind: CLEAR_KIND,
      value: { changed: true, is_dry_run: false, bytes: 10, removals: [CLEARED], failures: [] },
    },
    after: { "var/lib/torcx/store/1.2.2": null },
  },
  {
    does: "shows what would go, and removes nothing",
    args: ["image", "clear-versioned", "-k", "1.2.3", "--dry-run"],
    code: 0,
    stdout: {
      kind: CLEAR_KIND,
      value: { changed: false, is_dry_run: true, bytes: 10, removals: [CLEARED], failures: [] },
    },
  },
  {
    does: "removes one image's archives, and tells a person",
    args: ["image", "clear-versioned", "docker", "--keep-version=1.2.3", "-k", "9", "--output=text"],
    code: 0,
    stdout: [
      "its version is not kept:",
      "  /var/lib/torcx/store/1.2.2/docker:1.torcx.tgz  5 B",
      "removed 1 archive, 5 B",
      "",
    ].join("\n"),
    after: { "var/lib/torcx/store/1.2.2/docker:1.torcx.tgz": null },
  },
  {
    does: "has nothing to remove, and says that nothing changed",
    args: ["image", "clear-versioned", "-k", "1.2.3", "-k1.2.2"],
    code: 0,
    stdout: {
      kind: CLEAR_KIND,
      value: { changed: false, is_dry_run: false, bytes: 0, removals: [], failures: [] },
    },
  },
  {
    does: "has nothing to remove",
    args: ["image", "clear-versioned", "-k", "1.2.3", "-k1.2.2", "--output=text"],
    code: 0,
    stdout: "removed nothing\n",
  },
  {
    does: "is a wrong use without a version to keep, and removes nothing",
    args: ["image", "clear-versioned"],
    code: 2,
    stderr: /^torcx: Cannot parse arguments of "image clear-versioned": option "--keep-version" is missing\n/,
  },
];

const PRUNED = [
  {
    name: "rkt",
    reference: "1",
    archive_path: "/var/lib/torcx/store/rkt:1.torcx.tgz",
    bytes: 6,
    reason: "no profile lists it",
  },
  {
    name: "docker",
    reference: "1",
    archive_path: "/var/lib/torcx/store/1.2.1/docker:1.torcx.tgz",
    bytes: 3,
    reason: "version 1.2.1 is older than the previous one",
  },
];
const UNUSED = {
  "var/lib/torcx/store/rkt:1.torcx.tgz": "unused",
  "var/lib/torcx/store/1.2.1/docker:1.torcx.tgz": "old",
};

const REST = { directories: ["/var/lib/torcx/store/1.2.1"], failures: [] };

const PRUNE: ProgramCase[] = [
  {
    does: "shows what would go, and removes nothing",
    args: ["image", "prune", "--dry-run"],
    system: UNUSED,
    code: 0,
    stdout: {
      kind: "torcx-image-prune-v0",
      value: { changed: false, is_dry_run: true, bytes: 9, removals: PRUNED, ...REST },
    },
  },
  {
    does: "removes what no profile needs",
    args: ["image", "prune"],
    system: UNUSED,
    code: 0,
    stdout: {
      kind: "torcx-image-prune-v0",
      value: { changed: true, is_dry_run: false, bytes: 9, removals: PRUNED, ...REST },
    },
    after: { "var/lib/torcx/store/rkt:1.torcx.tgz": null, "var/lib/torcx/store/1.2.1": null },
  },
  {
    does: "tells a person",
    args: ["image", "prune", "--output=text"],
    system: { "var/lib/torcx/store/rkt:1.torcx.tgz": "unused" },
    code: 0,
    stdout: "no profile lists it:\n  /var/lib/torcx/store/rkt:1.torcx.tgz  6 B\nremoved 1 archive, 6 B\n",
    after: { "var/lib/torcx/store/rkt:1.torcx.tgz": null },
  },
  {
    does: "fails if a profile cannot be read, and removes nothing",
    args: ["image", "prune"],
    system: { ...UNUSED, "etc/torcx/profiles/bad.json": "{" },
    code: 1,
    stderr:
      /^torcx: Cannot prune the user store: what is needed is not known\n {2}Cannot read profile "bad": it is not a valid/,
  },
];

const SETTINGS = {
  "etc/torcx/config.json": '{"kind":"torcx-config-v0","value":{"run_dir":"/run/t/","store_paths":["/s"]}}',
};

function makeDetail(
  path: string,
  setting: string | null,
  source: string,
  isConfigured: boolean,
  exists: boolean,
): Record<string, unknown> {
  return { path, setting, source, is_configured: isConfigured, exists, error: null };
}

const CONFIG: ProgramCase[] = [
  {
    does: "shows each value and its source",
    args: ["config", "show"],
    system: SETTINGS,
    env: { TORCX_BASEDIR: "/data" },
    code: 0,
    stdout: {
      kind: "torcx-settings-v0",
      value: {
        settings: [
          { name: "config_file", value: "/etc/torcx/config.json", source: "default" },
          { name: "base_dir", value: "/data", source: "environment TORCX_BASEDIR" },
          { name: "run_dir", value: "/run/t", source: 'config file "/etc/torcx/config.json"' },
          { name: "conf_dir", value: "/etc/torcx", source: "default" },
          { name: "usr_mountpoint", value: "/usr", source: "default" },
          { name: "store_paths", value: ["/s"], source: 'config file "/etc/torcx/config.json"' },
          { name: "extra_store_paths", value: [], source: "default" },
          { name: "unpack_size", value: null, source: "default" },
          { name: "unpack_inodes", value: null, source: "default" },
          { name: "version_id", value: "1.2.3", source: 'file "/usr/lib/os-release"' },
          { name: "boot", value: true, source: "default" },
          { name: "boot_profile", value: null, source: "default" },
        ],
        stores: [
          "/usr/share/torcx/store",
          "/usr/share/oem/torcx/store/1.2.3",
          "/usr/share/oem/torcx/store",
          "/s",
          "/data/store/1.2.3",
          "/data/store",
        ],
        profile_dirs: ["/usr/share/torcx/profiles", "/usr/share/oem/torcx/profiles", "/etc/torcx/profiles"],
        remote_dirs: ["/usr/share/torcx/remotes", "/usr/share/oem/torcx/remotes", "/etc/torcx/remotes"],
        store_details: [
          makeDetail("/usr/share/torcx/store", "usr_mountpoint", "default", false, true),
          makeDetail("/usr/share/oem/torcx/store/1.2.3", null, "default", false, false),
          makeDetail("/usr/share/oem/torcx/store", null, "default", false, false),
          makeDetail("/s", "store_paths", "config.json", true, false),
          makeDetail("/data/store/1.2.3", "base_dir", "TORCX_BASEDIR", false, false),
          makeDetail("/data/store", "base_dir", "TORCX_BASEDIR", true, false),
        ],
        errors: [],
      },
    },
  },
  {
    does: "shows tables",
    args: ["config", "show", "--output", "text"],
    system: SETTINGS,
    code: 0,
    stdout:
      /^SETTING +VALUE +SOURCE\n(.*\n)*run_dir +\/run\/t +config file "\/etc\/torcx\/config\.json"\n(.*\n)*\nSTORES +STATE +SOURCE\n\/usr(.*\n)*\/s +absent: is it mounted\? +config\.json\n/,
  },
  {
    does: "shows what is wrong with the config file, and the defaults in its place",
    args: ["config", "show"],
    system: { "etc/torcx/config.json": '{"kind":"torcx-config-v0","value":{"run_dir":1}}' },
    code: 1,
    stdout: /"name": "run_dir",\n +"value": "\/run\/torcx"(.*\n)*.*"errors": \[\n +"Cannot parse/,
    stderr:
      'torcx: error: Cannot parse "/etc/torcx/config.json": value.run_dir is a number, expected a string\ntorcx: error: Correct value.run_dir in "/etc/torcx/config.json"\n',
  },
];

testProgram([...LIST, ...CLEAR, ...PRUNE, ...CONFIG]);
