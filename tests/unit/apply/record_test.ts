/** Tests what a report says was carried out: in order, and nothing that torcx would not do. */

import { assertEquals } from "@std/assert";
import { listRecordedOperations } from "../../../lib/apply/record.ts";
import { decodePath } from "../../../lib/bytes.ts";
import type { ReportAsset } from "../../../lib/manifest/report.ts";
import { HELLO } from "../../support/applied.ts";
import { withTree } from "../../support/nodes.ts";
import { makeReport } from "../../support/report.ts";

function makeAsset(to: string, digest: string | null): ReportAsset {
  return {
    image: "hello",
    kind: "units",
    from: "/run/torcx/unpack/hello/a",
    to,
    link_text: digest === null ? "../a" : null,
    mode: digest === null ? null : "0644",
    digest,
    is_directory: false,
    raw_names: null,
  };
}

const REPORT = makeReport({
  made_directories: ["/run/systemd/system"],
  images: [HELLO, { ...HELLO, name: "sq", format: "squashfs" }],
  assets: [makeAsset("/run/systemd/system/a", "sha256-00"), makeAsset("/run/systemd/system/b", null)],
});

Deno.test("listRecordedOperations() lists what a run did, in its order", () =>
  withTree({}, ({ readSettings }) => {
    const { operations, ignored } = listRecordedOperations(readSettings(), REPORT);
    assertEquals(ignored, []);
    assertEquals(operations.map(({ kind, path }) => `${kind} ${decodePath(path)}`), [
      "make_dir /run/systemd/system",
      "mount_tmpfs /run/torcx/unpack",
      "unpack /run/torcx/unpack/hello",
      "mount_squashfs /run/torcx/unpack/sq",
      "copy /run/systemd/system/a",
      "link /run/systemd/system/b",
      "write_run_profile /run/torcx/profile.json",
      "write_seal /run/metadata/torcx",
    ]);
  }));

Deno.test("listRecordedOperations() leaves what torcx never makes, and says so", () =>
  withTree({}, ({ readSettings }) => {
    const report = makeReport({
      made_directories: ["/home"],
      assets: [
        makeAsset("/etc/passwd", "sha256-00"),
        makeAsset("/run/systemd/system/../../../etc/shadow", null),
      ],
    });
    const { operations, ignored } = listRecordedOperations(readSettings(), report);
    assertEquals(operations.map(({ kind }) => kind as string), [
      "mount_tmpfs",
      "write_run_profile",
      "write_seal",
    ]);
    assertEquals(ignored.map((message) => message.split(" is left: ")[0]), [
      '"/home"',
      '"/etc/passwd"',
      '"/run/systemd/system/../../../etc/shadow"',
    ]);
  }));

Deno.test("listRecordedOperations() has nothing of a run that failed, or without a report", () =>
  withTree({}, ({ readSettings }) => {
    const none = { operations: [], ignored: [] };
    assertEquals(listRecordedOperations(readSettings(), undefined), none);
    assertEquals(listRecordedOperations(readSettings(), { ...REPORT, outcome: "failed" }), none);
  }));
