/** Tests every path that follows from the directories. */

import { assertEquals } from "@std/assert";
import { derivePaths, findPathFault } from "../../../lib/config/paths.ts";

Deno.test("derivePaths() derives all paths from the four directories", () => {
  assertEquals(derivePaths({ baseDir: "/b", runDir: "/r", confDir: "/c/d", usrDir: "/u" }), {
    binDir: "/r/bin",
    unpackDir: "/r/unpack",
    runProfile: "/r/profile.json",
    report: "/r/report.json",
    selector: "/c/d/next-profile",
    userProfiles: "/c/d/profiles",
    userStore: "/b/store",
    userRemotes: "/c/d/remotes",
    seal: "/run/metadata/torcx",
    vendorDir: "/u/share/torcx",
    oemDir: "/usr/share/oem/torcx",
    coreosDir: "/c/coreos",
  });
  assertEquals(derivePaths({ baseDir: "/", runDir: "/r", confDir: "/c", usrDir: "/" }).userStore, "/store");
});

Deno.test("findPathFault() refuses what is not absolute, or breaks lines", () => {
  assertEquals(findPathFault("/a b/ü"), undefined);
  assertEquals(findPathFault("a/b"), "it is not an absolute path");
  assertEquals(findPathFault(""), "it is not an absolute path");
  for (const char of ["\n", "\0", "\x7f"]) {
    assertEquals(findPathFault(`/a${char}`), "it holds a control character");
  }
});
