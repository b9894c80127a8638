import { assert, assertEquals } from "@std/assert";
import type { TorcxError } from "../../../lib/errors.ts";
import { SETTING_NAMES } from "../../../lib/config/setting_table.ts";
import { listProfileDirs, listRemoteDirs, listStorePaths } from "../../../lib/config/search_paths.ts";
import { catchError, OS_RELEASE, withTree } from "../../support/nodes.ts";

const config = (value: unknown): Record<string, string> => ({
  "etc/torcx/config.json": JSON.stringify({ kind: "torcx-config-v0", value }),
  ...OS_RELEASE,
});

Deno.test("readSettings() has the contract's defaults (contract: Paths)", () =>
  withTree(OS_RELEASE, ({ readSettings, log }) => {
    const settings = readSettings();
    assertEquals(settings.paths, {
      binDir: "/run/torcx/bin",
      unpackDir: "/run/torcx/unpack",
      runProfile: "/run/torcx/profile.json",
      report: "/run/torcx/report.json",
      selector: "/etc/torcx/next-profile",
      userProfiles: "/etc/torcx/profiles",
      userStore: "/var/lib/torcx/store",
      userRemotes: "/etc/torcx/remotes",
      seal: "/run/metadata/torcx",
      vendorDir: "/usr/share/torcx",
      oemDir: "/usr/share/oem/torcx",
      coreosDir: "/etc/coreos",
    });
    assertEquals([settings.baseDir, settings.runDir, settings.confDir, settings.usrDir], [
      "/var/lib/torcx",
      "/run/torcx",
      "/etc/torcx",
      "/usr",
    ]);
    assertEquals([settings.storePaths, settings.extraStorePaths, settings.unpackSize], [[], [], undefined]);
    assertEquals([settings.configPath, settings.versionId], ["/etc/torcx/config.json", "1.2.3"]);
    assertEquals([settings.isBootEnabled, settings.bootProfileText], [true, undefined]);
    assertEquals([...settings.sources.keys()].sort(), [...SETTING_NAMES].sort());
    for (const [name, source] of settings.sources) {
      assertEquals(source, name === "version_id" ? 'file "/usr/lib/os-release"' : "default", name);
    }
    assertEquals(log.lines, []);
  }));

Deno.test("readSettings() takes config file, then environment, and knows each source (contract: Paths)", () =>
  withTree(
    config({
      base_dir: "/b//x/",
      run_dir: "/r/",
      conf_dir: "/c",
      store_paths: ["/s1/", "/s2"],
      unpack_size: "1g",
      unpack_inodes: "5k",
    }),
    ({ readSettings, log }) => {
      const fromFile = readSettings();
      assertEquals([fromFile.baseDir, fromFile.runDir, fromFile.confDir], ["/b/x", "/r", "/c"]);
      assertEquals(fromFile.storePaths, ["/s1", "/s2"]);
      assertEquals([fromFile.unpackSize, fromFile.unpackInodes], ["1g", "5k"]);
      assertEquals(fromFile.paths.coreosDir, "/coreos");
      for (
        const name of [
          "base_dir",
          "run_dir",
          "conf_dir",
          "store_paths",
          "unpack_size",
          "unpack_inodes",
        ] as const
      ) {
        assertEquals(fromFile.sources.get(name), 'config file "/etc/torcx/config.json"');
      }
      const both = readSettings({
        TORCX_BASEDIR: "/eb",
        TORCX_RUNDIR: "/er",
        TORCX_CONFDIR: "/ec/d/",
        TORCX_USR_MOUNTPOINT: "/mnt/usr/",
        TORCX_STOREPATH: ":/x/:/y:",
      });
      assertEquals([both.baseDir, both.runDir, both.confDir, both.usrDir], [
        "/eb",
        "/er",
        "/ec/d",
        "/mnt/usr",
      ]);
      assertEquals(both.extraStorePaths, ["/x", "/y"]);
      assertEquals(both.sources.get("run_dir"), "environment TORCX_RUNDIR");
      assertEquals(both.sources.get("extra_store_paths"), "environment TORCX_STOREPATH");
      assertEquals(both.paths.vendorDir, "/mnt/usr/share/torcx");
      assertEquals(both.paths.oemDir, "/usr/share/oem/torcx");
      assertEquals(both.versionId, undefined, "os-release is read below the USR mountpoint");
      assertEquals(readSettings({ TORCX_RUNDIR: "" }).runDir, "/r");
      assertEquals(log.lines.length, 2);
    },
  ));

Deno.test("readSettings() fails naming setting and source if a dir or store path is not absolute (contract: Paths)", async () => {
  const file = 'config file "/etc/torcx/config.json"';
  const cases: [unknown, Record<string, string>, string][] = [
    [{ base_dir: "b" }, {}, `"b" as setting "base_dir" from ${file}`],
    [{ run_dir: "./b" }, {}, `"./b" as setting "run_dir" from ${file}`],
    [{ conf_dir: "b/" }, {}, `"b/" as setting "conf_dir" from ${file}`],
    [{ store_paths: ["/ok", "b"] }, {}, `"b" as setting "store_paths" from ${file}`],
    [{ store_paths: [""] }, {}, `"" as setting "store_paths" from ${file}`],
    [{}, { TORCX_BASEDIR: "b" }, '"b" as setting "base_dir" from environment TORCX_BASEDIR'],
    [{}, { TORCX_RUNDIR: "b" }, '"b" as setting "run_dir" from environment TORCX_RUNDIR'],
    [{}, { TORCX_CONFDIR: "b" }, '"b" as setting "conf_dir" from environment TORCX_CONFDIR'],
    [{}, { TORCX_STOREPATH: "/ok:b" }, '"b" as setting "extra_store_paths" from environment TORCX_STOREPATH'],
  ];
  for (const [value, environment, message] of cases) {
    await withTree(config(value), ({ readSettings }) => {
      const error = catchError(() => readSettings(environment)) as TorcxError;
      assertEquals(
        [error.code, error.message],
        ["invalid", `Cannot use ${message}: it is not an absolute path`],
      );
      assert(error.hint !== undefined);
    });
  }
  await withTree(OS_RELEASE, ({ readSettings }) => {
    const error = catchError(() => readSettings({ TORCX_RUNDIR: '/run/x"\nEVIL="1' })) as TorcxError;
    assert(error.message.endsWith("it holds a control character"), error.message);
  });
});

Deno.test("readSettings() ignores a relative TORCX_USR_MOUNTPOINT with a warning (contract: Paths)", () =>
  withTree(OS_RELEASE, ({ readSettings, log }) => {
    const settings = readSettings({ TORCX_USR_MOUNTPOINT: "usr" });
    assertEquals([settings.usrDir, settings.sources.get("usr_mountpoint")], ["/usr", "default"]);
    assertEquals(log.lines.length, 1);
    assert(log.lines[0]!.startsWith("warning: ignoring TORCX_USR_MOUNTPOINT"));
  }));

Deno.test("readSettings() validates unpack_size as tmpfs takes it", async () => {
  for (const size of ["1", "512m", "1G", "10K", "25%", "0100m"]) {
    await withTree(config({ unpack_size: size }), ({ readSettings }) => {
      assertEquals(readSettings().unpackSize, size);
    });
  }
  for (const size of ["0", "0%", "-1", "1.5g", "1t", "1 m", "m", "1m,uid=0", "50%%"]) {
    await withTree(config({ unpack_size: size }), ({ readSettings }) => {
      const error = catchError(() => readSettings()) as TorcxError;
      assertEquals(error.code, "invalid", size);
      assert(error.message.includes('setting "unpack_size" from config file'), error.message);
    });
  }
});

Deno.test("readSettings() validates unpack_inodes as tmpfs takes it", async () => {
  for (const inodes of ["1", "500k", "2M", "1g", "0100", "999999999999999"]) {
    await withTree(config({ unpack_inodes: inodes }), ({ readSettings }) => {
      assertEquals(readSettings().unpackInodes, inodes);
    });
  }
  for (
    const inodes of ["0", "0k", "-1", "1.5k", "1t", "50%", "m", "1,uid=0", "9999999999999999", "9999999g"]
  ) {
    await withTree(config({ unpack_inodes: inodes }), ({ readSettings }) => {
      const error = catchError(() => readSettings()) as TorcxError;
      assertEquals(error.code, "invalid", inodes);
      assert(error.message.includes('setting "unpack_inodes" from config file'), error.message);
    });
  }
});

Deno.test("readSettings() reads the config file that torcx_config= names (contract: Paths, Config file)", async () => {
  const nodes = {
    ...config({ base_dir: "/default" }),
    "oem/t.json": JSON.stringify({ kind: "torcx-config-v0", value: { base_dir: "/other" } }),
  };
  await withTree(nodes, ({ readSettings, log }) => {
    const settings = readSettings({}, "quiet torcx_config=/oem/t.json\n");
    assertEquals([settings.baseDir, settings.configPath], ["/other", "/oem/t.json"]);
    assertEquals(settings.sources.get("config_file"), "kernel command line torcx_config=");
    assertEquals(log.lines, []);
    const missing = catchError(() => readSettings({}, "torcx_config=/missing")) as TorcxError;
    assertEquals(missing.code, "not_found", "a missing file is fine, but not one that was asked for");
    assert(missing.message.includes('"/missing"'), missing.message);
    assertEquals((catchError(() => readSettings({}, "torcx_config=t.json")) as TorcxError).code, "invalid");
  });
});

Deno.test("readSettings() fails if the config file is malformed or unreadable", async () => {
  for (const text of ["{", '{"kind":"torcx-config-v1","value":{}}', '{"value":{}}', ""]) {
    await withTree({ "etc/torcx/config.json": text }, ({ readSettings }) => {
      assertEquals((catchError(() => readSettings()) as TorcxError).code, "invalid", text);
    });
  }
  await withTree({ "etc/torcx/config.json": { dir: true } }, ({ readSettings }) => {
    assertEquals((catchError(() => readSettings()) as TorcxError).code, "failed");
  });
  await withTree({ "etc/torcx/config.json": { link: "config.json" } }, ({ readSettings }) => {
    assertEquals((catchError(() => readSettings()) as TorcxError).code, "failed");
  });
});

Deno.test("readSettings() follows symlinks inside the root only", () =>
  withTree({
    "etc/torcx/config.json": { link: "/real.json" },
    "real.json": JSON.stringify({ kind: "torcx-config-v0", value: { base_dir: "/inside" } }),
  }, ({ readSettings }) => assertEquals(readSettings().baseDir, "/inside")));

Deno.test("readSettings() warns and leaves the versioned stores out if VERSION_ID is missing or unusable (contract: Paths)", async () => {
  for (const text of [undefined, "ID=x\n", "VERSION_ID=\n", "VERSION_ID=../../etc\n", "VERSION_ID='a b'\n"]) {
    await withTree(text === undefined ? {} : { "usr/lib/os-release": text }, ({ readSettings, log }) => {
      const settings = readSettings();
      assertEquals(settings.versionId, undefined);
      assert(log.lines.length >= 1 && log.lines.every((line) => line.startsWith("warning: ")), String(text));
      assertEquals(listStorePaths(settings), [
        "/usr/share/torcx/store",
        "/usr/share/oem/torcx/store",
        "/var/lib/torcx/store",
      ]);
    });
  }
});

Deno.test("readSettings() knows torcx=0 and torcx_profile= of the kernel command line", () =>
  withTree(OS_RELEASE, ({ readSettings, log }) => {
    assertEquals(readSettings({}, "torcx=0").isBootEnabled, false);
    assertEquals(readSettings({}, "torcx=1").isBootEnabled, true);
    for (const name of ["rescue", "a/b", ""]) {
      const { isBootEnabled, bootProfileText, sources } = readSettings({}, `torcx_profile=${name}`);
      assertEquals([isBootEnabled, bootProfileText], [true, name]);
      assertEquals(sources.get("boot_profile"), "kernel command line torcx_profile=");
    }
    assertEquals(log.lines, []);
    assertEquals(readSettings({}, "torcx=maybe").isBootEnabled, true);
    assertEquals(log.lines.length, 1);
  }));

Deno.test("listStorePaths() has the contract's lookup order (contract: Store lookup order)", () =>
  withTree(config({ base_dir: "/b", store_paths: ["/s1", "/s2"] }), ({ readSettings }) => {
    const settings = readSettings({ TORCX_STOREPATH: "/x:/y" });
    assertEquals(listStorePaths(settings), [
      "/usr/share/torcx/store",
      "/usr/share/oem/torcx/store/1.2.3",
      "/usr/share/oem/torcx/store",
      "/s1",
      "/s2",
      "/b/store/1.2.3",
      "/b/store",
      "/x",
      "/y",
    ]);
    assertEquals(listStorePaths(settings, "9", { isVendorOmitted: true }), [
      "/usr/share/oem/torcx/store/9",
      "/usr/share/oem/torcx/store",
      "/s1",
      "/s2",
      "/b/store/9",
      "/b/store",
      "/x",
      "/y",
    ]);
    const vendorTwice = readSettings({
      TORCX_STOREPATH: "/usr/share/torcx/store/:/x:/usr/./share/torcx//store",
    });
    assertEquals(listStorePaths(vendorTwice).filter((path) => path.startsWith("/usr/share/torcx")), [
      "/usr/share/torcx/store",
    ]);
    assertEquals(listStorePaths(vendorTwice, "9", { isVendorOmitted: true }).slice(-2), ["/b/store", "/x"]);
    const twice = readSettings({ TORCX_STOREPATH: "/b/store/:/s1:/z" });
    assertEquals(listStorePaths(twice).slice(-2), ["/b/store", "/z"], "each path once");
  }));

Deno.test("listProfileDirs() and listRemoteDirs() go from vendor to user (contract: Profile dirs, Remote dirs)", () =>
  withTree(OS_RELEASE, ({ readSettings }) => {
    const settings = readSettings({ TORCX_USR_MOUNTPOINT: "/u", TORCX_CONFDIR: "/c" });
    assertEquals(listProfileDirs(settings).map(({ path }) => path), [
      "/u/share/torcx/profiles",
      "/usr/share/oem/torcx/profiles",
      "/c/profiles",
    ]);
    assertEquals(listRemoteDirs(settings).map(({ path }) => path), [
      "/u/share/torcx/remotes",
      "/usr/share/oem/torcx/remotes",
      "/c/remotes",
    ]);
  }));

Deno.test("examineSettings() cleans directories as Go's filepath.Clean (contract: Directories)", () => {
  const rows = [
    ["//a//b/", "/a/b"],
    ["/a/./b/../c/.", "/a/c"],
    ["/a/../b", "/b"],
    ["/../../a", "/a"],
    ["/..a/...", "/..a/..."],
  ] as const;
  return withTree(OS_RELEASE, ({ readSettings }) => {
    for (const [path, clean] of rows) {
      const settings = readSettings({ TORCX_STOREPATH: `${path}:` });
      assertEquals(settings.extraStorePaths, [clean], path);
    }
  });
});
