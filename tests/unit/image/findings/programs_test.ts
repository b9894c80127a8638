/** Tests the look at programs of other machines, and that each is opened once. */

import { assertEquals } from "@std/assert";
import { encodePath } from "../../../../lib/bytes.ts";
import type { Asset } from "../../../../lib/image/assets.ts";
import type { Oddity } from "../../../../lib/image/findings/finding.ts";
import { getProgramHost } from "../../../../lib/image/findings/program_host.ts";
import { checkPrograms } from "../../../../lib/image/findings/programs.ts";
import { makeElf } from "../../../support/programs.ts";
import { withTree } from "../../../support/nodes.ts";

const OTHER = { number: 21, bits: 64, isBigEndian: true };
const RUNNING = { number: Deno.build.arch === "aarch64" ? 183 : 62, bits: 64, isBigEndian: false };

function makeProgram(name: string): Asset {
  const [source, target] = [encodePath(`/bin/${name}`), encodePath(name)];
  return { kind: "bin", isDirectory: false, source, target, linkText: undefined, mode: 0o755 };
}

Deno.test("checkPrograms() tells a program of another machine than the system's own ones", () =>
  withTree({ "bin/x": "", "usr/lib/systemd/x": "" }, ({ path, root, readSystem }) => {
    const check = (): string[] => {
      const oddities: Oddity[] = [];
      const programs = ["other", "running", "short"].map(makeProgram);
      checkPrograms(root, {
        assets: programs,
        host: getProgramHost(readSystem()),
        onOddity: (oddity) => void oddities.push(oddity),
      });
      return oddities.map(({ code, path, message }) => `${code} ${path}: ${message}`);
    };
    Deno.writeFileSync(`${path}/bin/other`, makeElf(OTHER), { mode: 0o755 });
    Deno.writeFileSync(`${path}/bin/running`, makeElf(RUNNING), { mode: 0o755 });
    Deno.writeFileSync(`${path}/bin/short`, makeElf(OTHER).slice(0, 10), { mode: 0o755 });
    const running = Deno.build.arch === "aarch64" ? "ARM64 (64 bits)" : "x86-64 (64 bits)";
    const other = "PowerPC 64 (64 bits, big-endian)";
    // The system below this root has no program: it is taken for one of the running machine.
    assertEquals(check(), [
      `program-of-other-machine /bin/other: program "/bin/other" is for ${other}, the system is ${running}`,
    ]);
    Deno.writeFileSync(`${path}/usr/lib/systemd/systemd`, makeElf(OTHER));
    assertEquals(check(), [
      `program-of-other-machine /bin/running: program "/bin/running" is for ${running}, the system is ${other}`,
    ]);
  }));
