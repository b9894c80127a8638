import { assertEquals } from "@std/assert";
import { parseKernelBoolean, parseKernelCommandLine } from "../../../lib/config/kernel_command_line.ts";

Deno.test("parseKernelCommandLine() finds torcx's parameters with the kernel's quotes; the last one counts", () => {
  const none = { torcx: undefined, profile: undefined, config: undefined };
  const cases: [string, ReturnType<typeof parseKernelCommandLine>][] = [
    ["", none],
    ["quiet root=/dev/sda1 torcx xtorcx=0 torcx.x=1\n", none],
    ["torcx=0", { ...none, torcx: "0" }],
    ["torcx=0 torcx=1\n", { ...none, torcx: "1" }],
    ["quiet\ttorcx_profile=a  torcx_config=/c.json", { torcx: undefined, profile: "a", config: "/c.json" }],
    ['torcx_config="/a b.json" x', { ...none, config: "/a b.json" }],
    ['"torcx_config=/a b.json" x', { ...none, config: "/a b.json" }],
    ['torcx_config="/a torcx=0', { ...none, config: "/a torcx=0" }],
    ['other="x torcx=0 y"', none],
    ["torcx-profile=a", { ...none, profile: "a" }],
    ["torcx_profile=", { ...none, profile: "" }],
    ["torcx_profile=a=b", { ...none, profile: "a=b" }],
  ];
  for (const [text, expected] of cases) assertEquals(parseKernelCommandLine(text), expected, text);
});

Deno.test("parseKernelBoolean() knows systemd's words", () => {
  for (const text of ["0", "no", "off", "false", "NO", "n", "f"]) {
    assertEquals(parseKernelBoolean(text), false);
  }
  for (const text of ["1", "yes", "on", "true", ""]) assertEquals(parseKernelBoolean(text), true);
  assertEquals(parseKernelBoolean("2"), undefined);
});
