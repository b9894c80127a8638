/** Tests the project's own lint rules, by Deno's own runner of plugins. */

import { assertEquals } from "@std/assert";
import plugin from "../../.tasks/lint/house.ts";

/** Returns the rules that a file of this name and text breaks, with what is said. */
function lint(file: string, text: string): string[] {
  return Deno.lint.runPlugin(plugin, `/project/${file}`, text).map(({ id, message }) => `${id}: ${message}`);
}

const said = (path: string): string[] => [
  `torcx/system-calls: "${path}" is for lib/sys and lib/image/writer alone`,
];

Deno.test("torcx/system-calls refuses calls outside of lib/sys and lib/image/writer, however imported", () => {
  const calls = "../sys/calls.ts";
  assertEquals(lint("lib/apply/undo.ts", `import { close } from "${calls}";`), said(calls));
  assertEquals(lint("lib/apply/undo.ts", `import type { StatxResult } from "${calls}";`), said(calls));
  assertEquals(lint("lib/apply/undo.ts", `export { close } from "${calls}";`), said(calls));
  assertEquals(lint("lib/apply/undo.ts", `export * from "${calls}";`), said(calls));
  assertEquals(lint("lib/apply/undo.ts", `const { close } = await import("${calls}");`), said(calls));
  assertEquals(lint("lib/image/assets.ts", 'import { mount } from "../sys/mount_calls.ts";'), [
    ...said("../sys/mount_calls.ts"),
  ]);
  assertEquals(lint("main.ts", 'import { umask } from "./lib/sys/calls.ts";'), said("./lib/sys/calls.ts"));
});

Deno.test("torcx/system-calls lets those call who may, and everybody use a Root", () => {
  assertEquals(lint("lib/sys/root.ts", 'import { close } from "./calls.ts";'), []);
  assertEquals(lint("lib/image/writer/xattrs.ts", 'import { close } from "../../sys/calls.ts";'), []);
  assertEquals(lint("lib/apply/undo.ts", 'import { Root } from "../sys/root.ts";\nexport const a = 1;'), []);
  assertEquals(
    lint("tests/unit/sys/calls_test.ts", 'import { close } from "../../../lib/sys/calls.ts";'),
    [],
  );
});
