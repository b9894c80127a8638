/** Tests torcx.service: its text, and the files that it comes by. */

import { assertEquals, assertThrows } from "@std/assert";
import { encodeService, writeService, writeWant } from "../../../lib/boot/service_unit.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { withTree } from "../../support/nodes.ts";

/** Returns the values of a key in a unit. */
function list(text: string, key: string): string[] {
  return text.split("\n").filter((line) => line.startsWith(`${key}=`)).map((line) =>
    line.slice(key.length + 1)
  );
}

Deno.test("encodeService() waits for all that settings name, and hands their variables on", () =>
  withTree({}, ({ readSettings }) => {
    const settings = readSettings({ TORCX_STOREPATH: "/mnt/my store:/mnt/b", TORCX_RUNDIR: "/run/100%" });
    const text = encodeService(settings, "/usr/lib/torcx/torcx");
    const mounts = list(text, "RequiresMountsFor")[0]!;
    for (const path of ['"/mnt/my store"', "/mnt/b", "/run/100%%", "/etc/torcx", "/var/lib/torcx"]) {
      assertEquals(` ${mounts} `.includes(` ${path} `), true, `${path} in ${mounts}`);
    }
    assertEquals(list(text, "Environment").sort(), [
      '"TORCX_STOREPATH=/mnt/my store:/mnt/b"',
      "TORCX_RUNDIR=/run/100%%",
    ]);
    assertEquals(list(text, "ExecStart"), ["/usr/lib/torcx/torcx apply --boot --verbose=info"]);
    assertEquals(list(encodeService(readSettings(), "/t"), "Environment"), []);
    assertThrows(() => encodeService(settings, "/a'b"), TorcxError);
  }));

Deno.test("writeService() writes the unit, and the want of a boot alone; written anew they are the same", () =>
  withTree({}, ({ root, path }) => {
    const read = (): string[] => [
      Deno.readTextFileSync(`${path}/gen/torcx.service`),
      ...[...Deno.readDirSync(`${path}/gen`)].map(({ name }) => name).sort(),
    ];
    writeService(root, "/gen", { text: "[Unit]\n", isWanted: false });
    assertEquals(read(), ["[Unit]\n", "torcx.service"]);
    for (let count = 0; count < 2; count++) {
      writeService(root, "/gen", { text: "[Unit]\n#\n", isWanted: true });
      assertEquals(read(), ["[Unit]\n#\n", "sysinit.target.wants", "torcx.service"]);
    }
    assertEquals(Deno.readLinkSync(`${path}/gen/sysinit.target.wants/torcx.service`), "../torcx.service");
    writeWant(root, "/gen", { unit: "a.target", wanted: "b.service" });
    assertEquals(Deno.readLinkSync(`${path}/gen/a.target.wants/b.service`), "../b.service");
  }));
