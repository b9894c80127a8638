import { assertEquals } from "@std/assert";
import { getSettingRow } from "../../../lib/config/setting_table.ts";
import {
  findGivenValue,
  findValueFault,
  type SettingPlaces,
  toSettingValue,
} from "../../../lib/config/setting_values.ts";

const makePlaces = (variables: Record<string, string>, config: SettingPlaces["config"]): SettingPlaces => ({
  getVariable: (name) => variables[name],
  config,
  configSource: "the file",
});

Deno.test("findGivenValue() takes a variable before the config file, and nothing that is empty", () => {
  const config = { base_dir: "/file", store_paths: ["/s"], usr_mountpoint: "/never" };
  const full = makePlaces({ TORCX_BASEDIR: "/env", TORCX_STOREPATH: ":/a::/b" }, config);
  assertEquals(findGivenValue("base_dir", full), { value: "/env", source: "environment TORCX_BASEDIR" });
  assertEquals(findGivenValue("extra_store_paths", full), {
    value: ["/a", "/b"],
    source: "environment TORCX_STOREPATH",
  });
  const empty = makePlaces({ TORCX_BASEDIR: "", TORCX_STOREPATH: "::" }, config);
  assertEquals(findGivenValue("base_dir", empty), { value: "/file", source: "the file" });
  assertEquals(findGivenValue("store_paths", empty), { value: ["/s"], source: "the file" });
  assertEquals(findGivenValue("extra_store_paths", empty), undefined);
  assertEquals(findGivenValue("usr_mountpoint", empty), undefined, "no config file sets it");
  assertEquals(findGivenValue("run_dir", empty), undefined);
});

Deno.test("findValueFault() tells the first text that cannot be used, and why", () => {
  const find = (name: Parameters<typeof getSettingRow>[0], value: string | string[]): unknown => {
    const fault = findValueFault(getSettingRow(name), value);
    return fault === undefined ? undefined : [fault.text, fault.reason];
  };
  assertEquals(find("base_dir", "/a"), undefined);
  assertEquals(find("store_paths", ["/a", "b", "c"]), ["b", "it is not an absolute path"]);
  assertEquals(find("unpack_size", "25%"), undefined);
  assertEquals(find("unpack_size", "x25%"), ["x25%", "it is not a size of a tmpfs"]);
  assertEquals(find("unpack_inodes", "1kx"), ["1kx", "it is not a number of files of a tmpfs"]);
  assertEquals(find("boot_profile", "a/b"), undefined, "a text without a check");
});

Deno.test("toSettingValue() cleans paths, and leaves text as it is", () => {
  assertEquals(toSettingValue(getSettingRow("base_dir"), "//a/../b/"), "/b");
  assertEquals(toSettingValue(getSettingRow("store_paths"), ["/a/", "/b//c"]), ["/a", "/b/c"]);
  assertEquals(toSettingValue(getSettingRow("unpack_size"), "010m"), "010m");
});
