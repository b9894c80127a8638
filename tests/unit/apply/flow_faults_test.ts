/** Tests the words of a flow that fails. */

import { assertEquals } from "@std/assert";
import { describeFailure, describeFaults, describeStep } from "../../../lib/apply/flow_faults.ts";
import { encodePath } from "../../../lib/bytes.ts";
import { ArchiveError, listHints, listMessages, TorcxError } from "../../../lib/errors.ts";
import { HELLO } from "../../support/applied.ts";
import { makeReport } from "../../support/report.ts";

const REPORT = makeReport({
  lower_profiles: ["vendor"],
  upper_profile: "edge",
  images: [HELLO, { ...HELLO, name: "b" }],
});

Deno.test("describeStep() names image and archive of what is propagated", () => {
  const path = encodePath("/run/torcx/bin/x");
  const step = describeStep(REPORT, { kind: "link", image: "hello", target: encodePath("t"), path } as never);
  assertEquals(step.endsWith(`, of image "hello:1" from "${HELLO.archive_path}"`), true, step);
  const other = describeStep(REPORT, { kind: "make_dir", path } as never);
  assertEquals(other.includes("image"), false, other);
});

Deno.test("describeFailure() names profile and step, and lets what is no error of torcx be", () => {
  const fault = describeFailure(REPORT, "make it", new TorcxError("no_space", "full")) as TorcxError;
  assertEquals([fault.code, listMessages(fault)], [
    "no_space",
    ['Cannot apply profile "edge": it was not possible to make it', "full"],
  ]);
  const bug = new RangeError("bug");
  assertEquals(describeFailure(REPORT, "make it", bug) === bug, true);
  const lower = describeFailure(makeReport({ lower_profiles: ["a", "b"] }), "x", fault) as TorcxError;
  assertEquals(lower.message.startsWith('Cannot apply profile "b": '), true);
});

Deno.test("describeFaults() names each image that failed, and keeps every way out", () => {
  const image = { name: "hello", reference: "1" };
  const first = new ArchiveError("bad", { hint: "A", cause: new TorcxError("failed", "why", { hint: "B" }) });
  const faults = [first, new TorcxError("not_found", "gone")].map((error) => ({
    kind: "archive",
    image,
    error,
  }));
  const one = describeFaults(REPORT, faults.slice(0, 1) as never);
  assertEquals(
    one.message.startsWith('Cannot apply profile "edge": 1 of 2 images failed: "hello:1" ('),
    true,
    one.message,
  );
  assertEquals(one.cause === first, true);
  const both = describeFaults(REPORT, faults as never);
  assertEquals(listMessages(both).slice(1), ["bad: why", "gone"]);
  assertEquals(listHints(both), ["A", "B"]);
});
