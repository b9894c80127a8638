/** Tests the drop-in by which systemd adds users in this boot. */

import { assertEquals } from "@std/assert";
import { writeSysusersDropIn } from "../../../lib/boot/sysusers_dropin.ts";
import { withTree } from "../../support/nodes.ts";
import { makeReport, makeReportAsset } from "../../support/report.ts";

Deno.test("writeSysusersDropIn() takes the condition back if users came, and writes nothing else", () =>
  withTree({}, ({ root, path }) => {
    const units = makeReport({ assets: [makeReportAsset("units", "/run/systemd/system/a.service")] });
    writeSysusersDropIn(root, "/gen", { report: units });
    assertEquals([...Deno.readDirSync(path)], []);
    const users = makeReport({ assets: [makeReportAsset("sysusers", "/run/sysusers.d/a.conf")] });
    for (let count = 0; count < 2; count++) writeSysusersDropIn(root, "/gen", { report: users });
    const text = Deno.readTextFileSync(`${path}/gen/systemd-sysusers.service.d/50-torcx.conf`);
    assertEquals(text.endsWith("\n[Unit]\nConditionNeedsUpdate=\n"), true, text);
  }));
