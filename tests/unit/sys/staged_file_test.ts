import { assertEquals, assertThrows } from "@std/assert";
import { encodePath } from "../../../lib/bytes.ts";
import { TorcxError } from "../../../lib/errors.ts";
import { Root } from "../../../lib/sys/root.ts";
import { StagedFile } from "../../../lib/sys/staged_file.ts";

const [TOP, HIDDEN, NAME] = [encodePath("/"), encodePath(".hidden"), encodePath("final")];

async function withRoot(use: (root: Root, dir: string) => void): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "torcx-staged-" });
  try {
    using root = Root.open(dir);
    use(root, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("StagedFile gets its name and mode when it is published, in the place of another", () =>
  withRoot((root, dir) => {
    Deno.writeTextFileSync(`${dir}/final`, "old");
    {
      using file = StagedFile.open(root, TOP, { name: HIDDEN });
      file.append(new TextEncoder().encode("one "));
      file.append(new TextEncoder().encode("two"));
      assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), [".hidden", "final"]);
      assertEquals(Deno.readTextFileSync(`${dir}/final`), "old");
      assertEquals(Deno.statSync(`${dir}/.hidden`).mode! & 0o7777, 0o600);
      file.publish(NAME, 0o640);
    }
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["final"]);
    assertEquals(Deno.readTextFileSync(`${dir}/final`), "one two");
    assertEquals(Deno.statSync(`${dir}/final`).mode! & 0o7777, 0o640);
  }));

Deno.test("StagedFile goes on with what is there, or begins anew", () =>
  withRoot((root, dir) => {
    Deno.writeTextFileSync(`${dir}/.hidden`, "left", { mode: 0o666 });
    using file = StagedFile.open(root, TOP, { name: HIDDEN });
    assertEquals(file.size, 4);
    const buffer = new Uint8Array(8);
    assertEquals(file.readAt(buffer, 1), 3);
    file.append(new TextEncoder().encode("!"));
    assertEquals(Deno.readTextFileSync(`${dir}/.hidden`), "left!");
    file.clear();
    file.append(new TextEncoder().encode("new"));
    assertEquals([file.size, Deno.readTextFileSync(`${dir}/.hidden`)], [3, "new"]);
    file.discard();
    file.discard();
    assertEquals([...Deno.readDirSync(dir)], []);
  }));

Deno.test("StagedFile opens nothing but a plain file of one name", () =>
  withRoot((root, dir) => {
    Deno.writeTextFileSync(`${dir}/victim`, "untouched");
    const makers: [() => void, string][] = [
      [() => Deno.symlinkSync("victim", `${dir}/.hidden`), "syscall"],
      [() => Deno.mkdirSync(`${dir}/.hidden`), "syscall"],
      [() => Deno.linkSync(`${dir}/victim`, `${dir}/.hidden`), "invalid"],
    ];
    for (const [make, code] of makers) {
      make();
      assertEquals(assertThrows(() => StagedFile.open(root, TOP, { name: HIDDEN }), TorcxError).code, code);
      assertEquals(Deno.readTextFileSync(`${dir}/victim`), "untouched");
      Deno.removeSync(`${dir}/.hidden`);
    }
  }));
