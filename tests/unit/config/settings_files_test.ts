/** Tests the files that settings are read from: absent is not unreadable. */

import { assertEquals, assertThrows } from "@std/assert";
import { pickVersionId, readConfigFile, readOsRelease } from "../../../lib/config/settings_files.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { catchError, withTree } from "../../support/nodes.ts";

const ignore = (): void => {};

Deno.test("readConfigFile() takes a file that is absent for empty, unless it is asked for", () =>
  withTree({ loop: { link: "loop" }, dir: { dir: true } }, ({ root, log }) => {
    const read = (path: string, isAskedFor: boolean) =>
      readConfigFile({ root, log }, path, { isAskedFor, warn: ignore });
    assertEquals(read("/none", false), {});
    assertEquals(read("/none/below", false), {});
    for (const [path, code] of [["/none", "not_found"], ["/loop", "failed"], ["/dir", "failed"]] as const) {
      const error = catchError(() => read(path, true)) as TorcxError;
      assertEquals(
        [error.code, error.message.startsWith("Cannot read settings: config file")],
        [code, true],
        path,
      );
    }
    for (const path of ["/loop", "/dir"]) {
      assertThrows(() => read(path, false), TorcxError, "is there but unreadable");
    }
  }));

Deno.test("readConfigFile() reads what is there", () =>
  withTree({
    config: JSON.stringify({ kind: "torcx-config-v0", value: { unpack_size: "1m" } }),
  }, ({ root, log }) => {
    const config = readConfigFile({ root, log }, "/config", { isAskedFor: true, warn: ignore });
    assertEquals(JSON.stringify(config).includes('"1m"'), true, JSON.stringify(config));
  }));

Deno.test("readOsRelease() warns of a file that is absent, and refuses one that cannot be read", () =>
  withTree({ "os-release": "ID=x\nVERSION_ID='1.2'\nODD=\xff\n", dir: { dir: true } }, ({ root }) => {
    const warnings: string[] = [];
    const warn = (message: string): void => void warnings.push(message);
    assertEquals(readOsRelease(root, "/os-release", { warn }).get("VERSION_ID"), "1.2");
    assertEquals(readOsRelease(root, "/none", { warn }).size, 0);
    assertEquals(warnings, ['no file "/none"']);
    assertThrows(() => readOsRelease(root, "/dir", { warn }), TorcxError, "is there but unreadable");
  }));

Deno.test("pickVersionId() takes what can name a directory", () => {
  const pick = (version?: string): string => {
    const warnings: string[] = [];
    const release = new Map(version === undefined ? [] : [["VERSION_ID", version]]);
    return `${
      pickVersionId(release, "/f", { warn: (message) => void warnings.push(message) })
    } ${warnings.length}`;
  };
  assertEquals([pick("1.2.3"), pick(), pick(""), pick("a/b"), pick("..")], [
    "1.2.3 0",
    "undefined 1",
    "undefined 1",
    "undefined 1",
    "undefined 1",
  ]);
});
