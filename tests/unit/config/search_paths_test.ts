/** Tests the order in which stores, profiles and remotes are looked for. */

import { assertEquals } from "@std/assert";
import {
  listProfileDirs,
  listRemoteDirs,
  listStorePaths,
  listStores,
} from "../../../lib/config/search_paths.ts";
import { OS_RELEASE, withTree } from "../../support/nodes.ts";

const CONFIG = {
  "etc/torcx/config.json": JSON.stringify({
    kind: "torcx-config-v0",
    value: { store_paths: ["/mnt/a", "/usr/share/oem/torcx/store"] },
  }),
};

Deno.test("listStorePaths() lists vendor, OEM, configured, user's and further stores, each once", () =>
  withTree({ ...OS_RELEASE, ...CONFIG }, ({ readSettings }) => {
    const settings = readSettings({ TORCX_STOREPATH: "/mnt/b:/mnt/a" });
    const all = [
      "/usr/share/torcx/store",
      "/usr/share/oem/torcx/store/1.2.3",
      "/usr/share/oem/torcx/store",
      "/mnt/a",
      "/var/lib/torcx/store/1.2.3",
      "/var/lib/torcx/store",
      "/mnt/b",
    ];
    assertEquals(listStorePaths(settings), all);
    assertEquals(
      listStorePaths(settings, "9").filter((path) => /\d$/.test(path)),
      ["/usr/share/oem/torcx/store/9", "/var/lib/torcx/store/9"],
    );
    assertEquals(listStorePaths(settings, undefined, { isVendorOmitted: true }), all.slice(1));
  }));

Deno.test("listStores() says which setting a store follows from, and whether somebody asked for it", () =>
  withTree(CONFIG, ({ readSettings }) => {
    const stores = listStores(readSettings({ TORCX_STOREPATH: "/mnt/b", TORCX_BASEDIR: "/base" }));
    assertEquals(stores, [
      { path: "/usr/share/torcx/store", setting: "usr_mountpoint", source: "default", isConfigured: false },
      // Its place is fixed, and the config file asks for it all the same.
      {
        path: "/usr/share/oem/torcx/store",
        setting: "store_paths",
        source: "config.json",
        isConfigured: true,
      },
      { path: "/mnt/a", setting: "store_paths", source: "config.json", isConfigured: true },
      { path: "/base/store", setting: "base_dir", source: "TORCX_BASEDIR", isConfigured: true },
      { path: "/mnt/b", setting: "extra_store_paths", source: "TORCX_STOREPATH", isConfigured: true },
    ]);
  }));

Deno.test("listProfileDirs() and listRemoteDirs() list the vendor's, the OEM's and the user's", () =>
  withTree({}, ({ readSettings }) => {
    const settings = readSettings();
    const make = (name: string) => [
      { layer: "vendor", path: `/usr/share/torcx/${name}` },
      { layer: "oem", path: `/usr/share/oem/torcx/${name}` },
      { layer: "user", path: `/etc/torcx/${name}` },
    ];
    assertEquals(listProfileDirs(settings) as unknown, make("profiles"));
    assertEquals(listRemoteDirs(settings) as unknown, make("remotes"));
  }));
