/** Tests that each phase is kept in the report, and logs its start, its end and its failure. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Recorder } from "../../../lib/apply/report_builder.ts";
import type { Logger } from "../../../lib/log.ts";

function makeRecorder(): { recorder: Recorder; lines: string[] } {
  const lines: string[] = [];
  const keep = (level: string) => (message: string): void => {
    lines.push(`${level}: ${message.replace(/\d+\.\d ms/, "N ms")}`);
  };
  const log: Logger = {
    error: keep("error"),
    warning: keep("warning"),
    info: keep("info"),
    debug: keep("debug"),
  };
  return { recorder: new Recorder({ version: "1", mode: "manual" }, log), lines };
}

Deno.test("Recorder.runPhase() keeps and logs a phase that ends well", async () => {
  const { recorder, lines } = makeRecorder();
  assertEquals(await recorder.runPhase("plan", () => lines.push("it runs")), 2);
  assertEquals(lines, ["debug: phase plan: begins", "it runs", "debug: phase plan: done in N ms"]);
  assertEquals(recorder.report.phases.map(({ name }) => name), ["plan"]);
});

Deno.test("Recorder.runPhase() keeps and logs a phase that fails, and lets its failure through", async () => {
  const { recorder, lines } = makeRecorder();
  const fault = new Error("why");
  for (
    const fail of [() => Promise.reject(fault), (): never => {
      throw fault;
    }]
  ) {
    lines.length = 0;
    const error = await assertRejects(() => recorder.runPhase("unpack", fail));
    assertEquals(error === fault, true);
    assertEquals(lines, ["debug: phase unpack: begins", "info: phase unpack: failed after N ms"]);
  }
  assertEquals(recorder.report.phases.length, 2);
  assertMatch(String(recorder.report.phases[0]!.duration_ms), /^\d+(\.\d+)?$/);
});
