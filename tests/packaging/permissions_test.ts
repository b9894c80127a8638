/** Holds the permissions of the program and its code together: what it runs, it may run, and nothing else. */

import { assertEquals } from "@std/assert";
import { PERMISSION_FLAGS } from "../../.tasks/permissions.ts";
import { readEnvironment } from "../../lib/config/environment.ts";
import type { VerbSpec } from "../../lib/cli/options/spec.ts";
import { VERBS } from "../../lib/cli/options/verbs.ts";
import { PROGRAMS } from "../../lib/sys/programs.ts";
import type { KeptPermissions } from "../../lib/sys/permissions.ts";
import { readSources } from "../support/import_graph.ts";

const sources = await readSources();

Deno.test("the program may read the variables that it reads, and no others", () => {
  const flag = PERMISSION_FLAGS.find((flag) => flag.startsWith("--allow-env="));
  const asked: string[] = [];
  readEnvironment((name) => void asked.push(name));
  assertEquals(asked, flag?.replace("--allow-env=", "").split(","));
});

Deno.test("only lib/sys/command.ts runs programs, and none without a path", () => {
  const users = sources.filter(({ code }) => code.includes("Deno.Command")).map(({ path }) => path);
  assertEquals(users, ["lib/sys/command.ts"]);
  assertEquals(Object.values(PROGRAMS).flat().filter((path) => !path.startsWith("/")), []);
});

Deno.test("the program has no access to files but by libc", () => {
  const names = PERMISSION_FLAGS.map((flag) => flag.replace(/=.*/, ""));
  assertEquals(names, ["--no-prompt", "--allow-ffi", "--allow-net", "--allow-env", "--allow-run"]);
});

Deno.test("only the verbs that ask remotes keep the network, and only apply keeps all programs", () => {
  const keeping = (isKept: (keeps: KeptPermissions) => boolean): string[] =>
    VERBS.filter((verb: VerbSpec) => isKept(verb.keeps ?? {})).map(({ command }) => command);
  assertEquals(keeping(({ isNetKept }) => isNetKept === true), ["profile populate", "remote check"]);
  assertEquals(keeping(({ programs }) => programs === "all"), ["apply"]);
});

/** Runs code with the program's permissions after it gave up all but these, and returns what it prints. */
async function runWith(kept: KeptPermissions): Promise<string> {
  const code = `
    import { keepPermissions } from ${JSON.stringify(import.meta.resolve("../../lib/sys/permissions.ts"))};
    keepPermissions(${JSON.stringify(kept)});
    const tell = (run) => run().then(() => "may", (error) => error.name === "NotCapable" ? "may not" : "may");
    const run = (path) => tell(async () => void await new Deno.Command(path, { args: ["--help"] }).output());
    console.log([
      await tell(() => fetch("http://127.0.0.1:49151/")),
      await tell(() => Deno.connect({ hostname: "127.0.0.1", port: 49151 })),
      await run("/usr/sbin/modprobe"),
      await run("/usr/bin/systemctl"),
    ].join(", "));
  `;
  const path = await Deno.makeTempFile({ suffix: ".js" });
  try {
    await Deno.writeTextFile(path, code);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-config", "--no-lock", ...PERMISSION_FLAGS, path],
    }).output();
    return new TextDecoder().decode(stdout).trim() || new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("keepPermissions() leaves what is kept, and nothing else", async () => {
  assertEquals(await runWith({}), "may not, may not, may not, may not");
  assertEquals(await runWith({ isNetKept: true }), "may, may, may not, may not");
  assertEquals(await runWith({ programs: ["modprobe"] }), "may not, may not, may, may not");
  assertEquals(await runWith({ programs: "all" }), "may not, may not, may, may");
});
