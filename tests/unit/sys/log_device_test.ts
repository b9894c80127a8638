/** Tests the log device on regular files, which keep what is written to each opening. */

import { assertEquals } from "@std/assert";
import { openLogDevice } from "../../../lib/sys/log_device.ts";

const LINES = Array.from({ length: 20 }, (_, index) => `<6>torcx-generator: line ${index}\n`);

async function withFile(use: (path: string, directory: string) => void): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "torcx-log-" });
  try {
    await Deno.writeTextFile(`${directory}/log`, "");
    use(`${directory}/log`, directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("openLogDevice() opens the device anew before the kernel would drop lines, and loses none", () =>
  withFile((path, directory) => {
    using device = openLogDevice(path);
    for (const line of LINES.slice(0, 10)) device.writeLine(line);
    // What is written from the next opening on goes to what has the path then.
    Deno.renameSync(path, `${directory}/before`);
    Deno.writeTextFileSync(path, "");
    for (const line of LINES.slice(10)) device.writeLine(line);
    const before = Deno.readTextFileSync(`${directory}/before`);
    const after = Deno.readTextFileSync(path);
    assertEquals(before + after, LINES.join(""));
    assertEquals(after.split("\n").length - 1, 4, "lines of the third opening");
  }));

Deno.test("openLogDevice() goes on with the old opening if there is no new one", () =>
  withFile((path, directory) => {
    using device = openLogDevice(path);
    Deno.renameSync(path, `${directory}/before`);
    for (const line of LINES) device.writeLine(line);
    assertEquals(Deno.readTextFileSync(`${directory}/before`), LINES.join(""));
  }));

Deno.test("openLogDevice() cuts a line that the kernel would refuse", () =>
  withFile((path) => {
    using device = openLogDevice(path);
    device.writeLine("x".repeat(5000));
    assertEquals(Deno.readTextFileSync(path), "x".repeat(960));
  }));
