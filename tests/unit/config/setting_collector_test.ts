import { assertEquals } from "@std/assert";
import { SettingCollector } from "../../../lib/config/setting_collector.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { createTestLog } from "../../support/nodes.ts";

const source = "the file";

Deno.test("place() sets what is given, else the default", () => {
  const found = new SettingCollector(createTestLog());
  found.place("base_dir", { value: "/b/", source });
  found.place("run_dir", undefined);
  found.place("store_paths", undefined);
  assertEquals(found.values, { baseDir: "/b", runDir: "/run/torcx", storePaths: [] });
  assertEquals([...found.sources], [["base_dir", source], ["run_dir", "default"], [
    "store_paths",
    "default",
  ]]);
  assertEquals([found.fault, found.warnings], [undefined, []]);
});

Deno.test("place() keeps the first fault and goes on with defaults", () => {
  const found = new SettingCollector(createTestLog());
  found.place("base_dir", { value: "b", source });
  found.place("unpack_size", { value: "0", source });
  assertEquals(found.values, { baseDir: "/var/lib/torcx", unpackSize: undefined });
  assertEquals([...found.sources], [["base_dir", "default"], ["unpack_size", source]]);
  assertEquals(
    found.fault?.message,
    'Cannot use "b" as setting "base_dir" from the file: it is not an absolute path',
  );
});

Deno.test("place() warns only, where the first torcx did", () => {
  const log = createTestLog();
  const found = new SettingCollector(log);
  found.place("usr_mountpoint", { value: "usr", source: "environment TORCX_USR_MOUNTPOINT" });
  const message = 'ignoring TORCX_USR_MOUNTPOINT="usr": it is not an absolute path; using "/usr"';
  assertEquals([found.values, found.fault], [{ usrDir: "/usr" }, undefined]);
  assertEquals([found.warnings, log.lines], [[message], [`warning: ${message}`]]);
});

Deno.test("attempt() keeps a TorcxError as a fault, and lets others through", () => {
  const found = new SettingCollector(createTestLog());
  const first = new TorcxError("failed", "first");
  const fail = (error: Error) => (): never => {
    throw error;
  };
  assertEquals(found.attempt(fail(first), 1), 1);
  assertEquals(found.attempt(fail(new TorcxError("failed", "second")), 2), 2);
  assertEquals(found.attempt(() => 3, 4), 3);
  assertEquals(found.fault, first);
  let thrown: unknown;
  try {
    found.attempt(fail(new TypeError("mine")), 5);
  } catch (error) {
    thrown = error;
  }
  assertEquals((thrown as Error).name, "TypeError");
});
