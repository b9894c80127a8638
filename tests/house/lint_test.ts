/** Tests the project's own lint rules, by Deno's own runner of plugins. */

import { assertEquals } from "@std/assert";
import plugin from "../../.tasks/lint/house.ts";
import { EXEMPTIONS, makeParametersRule } from "../../.tasks/lint/parameters.ts";
import { PROJECT_DIR } from "../support/std_flags.ts";

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

const tooMany = (name: string, count: number): string[] => [
  `torcx/parameters: "${name}" takes ${count} parameters that it needs, more than 2`,
];

Deno.test("torcx/parameters refuses a third parameter that is needed, however the function is written", () => {
  const file = "lib/apply/made_up.ts";
  assertEquals(lint(file, "export function a(b: B, c: C, d: D): void {}"), tooMany("a", 3));
  assertEquals(lint(file, "const a = (b: B, c: C, d: D, e: E): void => {};"), tooMany("a", 4));
  assertEquals(lint(file, "const a = function (b: B, c: C, d: D): void {};"), tooMany("a", 3));
  assertEquals(lint(file, "class A { constructor(b: B, c: C, d: D) {} }"), tooMany("A.constructor", 3));
  assertEquals(lint(file, "class A { #b(c: C, d: D, e: E): void {} }"), tooMany("A.#b", 3));
  assertEquals(lint(file, "class A { b = (c: C, d: D, e: E): void => {}; }"), tooMany("A.b", 3));
  // The options come last, and are one.
  assertEquals(lint(file, "function a({ b }: B, c: C, d: D): void {}"), tooMany("a", 3));
  assertEquals(lint(file, "function a(b: B, c: C, d: D, { e }: E): void {}"), tooMany("a", 3));
  assertEquals(lint("main.ts", "function a(b: B, c: C, d: D): void {}"), tooMany("a", 3));
});

Deno.test("torcx/parameters takes two and an options object, defaults, the rest, and callbacks", () => {
  const file = "lib/apply/made_up.ts";
  const fine = [
    "function a(b: B, c: C, { d, e }: D): void {}",
    "function a(b: B, c: C, options: AOptions): void {}",
    'function a(b: B, c: C, options: Pick<AOptions, "d">): void {}',
    "function a(b: B, c: C, options: AOptions = {}): void {}",
    "function a(b: B, c: C, d?: D): void {}",
    "function a(b: B, c: C, d = 1): void {}",
    "function a(b: B, c: C, ...d: D[]): void {}",
    "list.reduce((a, b, c) => a + b + c);",
  ];
  assertEquals(fine.flatMap((text) => lint(file, text)), []);
  const three = "function a(b: B, c: C, d: D): void {}";
  assertEquals(
    ["lib/sys/calls.ts", "tests/unit/x_test.ts", ".tasks/x.ts"].flatMap((name) => lint(name, three)),
    [],
  );
});

Deno.test("torcx/parameters lists nothing that takes no more, and no pure function of four", async () => {
  const bare: Deno.lint.Plugin = { name: "torcx", rules: { parameters: makeParametersRule([]) } };
  const strict: string[] = [];
  const needless: string[] = [];
  for (const { file, names, max } of EXEMPTIONS) {
    const found = Deno.lint.runPlugin(
      bare,
      `/project/${file}`,
      await Deno.readTextFile(`${PROJECT_DIR}/${file}`),
    )
      .map(({ message }) => /^"(.+)" takes (\d+)/.exec(message)!);
    for (const name of names) {
      const counts = found.filter(([, found]) => found === name).map(([, , count]) => Number(count));
      if (counts.length === 0) needless.push(`${file}: ${name}`);
      if (counts.some((count) => count > max)) strict.push(`${file}: ${name}`);
    }
  }
  assertEquals([needless, strict], [[], []]);
});
