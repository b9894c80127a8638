/**
 * Holds what the program loads where its start-up counts: start_up.json lists the modules and the functions of libc. A
 * list that grows is a choice: `TORCX_UPDATE=start_up deno task test tests/house/start_up_test.ts` writes it anew.
 */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { type Loaded, type LoadingRun, readLoaded } from "../support/loaded.ts";
import { testWith } from "../support/needs.ts";

const LISTS = fromFileUrl(new URL("start_up.json", import.meta.url));
/** The host's own /run is covered; units go where the shell says. */
const COVER = "mount -t tmpfs none /run && mkdir /run/units || exit 9; ";
const UNITS = ["/run/units", "/run/units", "/run/units"];
/** PID 1's own mount namespace: the shell is PID 1 of its own. */
const IN_PLACE = ["unshare", "-m", "-p", "-f", "--mount-proc"];
const GENERATOR = { argv0: "torcx-generator", args: UNITS } as const;

const RUNS: Record<string, LoadingRun> = {
  "--version": { argv0: "torcx", args: ["--version"], script: 'exec "$@"', through: [] },
  "hand-off": { ...GENERATOR, script: `${COVER} exec "$@"`, through: ["unshare", "-m"] },
  "no-op": { ...GENERATOR, script: `${COVER} mkdir /run/torcx; exec "$@"`, through: IN_PLACE },
  "status": {
    argv0: "torcx",
    args: ["status", "--root", "/run/units"],
    script: `${COVER} exec "$@"`,
    through: ["unshare", "-m"],
  },
};

async function readLists(): Promise<Record<string, Loaded>> {
  return JSON.parse(await Deno.readTextFile(LISTS));
}

testWith(
  "start-up loads the modules and opens the functions that are listed, and no others",
  { isRoot: true, programs: ["unshare", "bash"] },
  async () => {
    const found: Record<string, Loaded> = {};
    for (const [name, run] of Object.entries(RUNS)) found[name] = await readLoaded(run);
    if (Deno.env.get("TORCX_UPDATE") === "start_up") {
      await Deno.writeTextFile(LISTS, `${JSON.stringify(found, null, 2)}\n`);
    }
    assertEquals(
      found,
      await readLists(),
      "if that is meant: TORCX_UPDATE=start_up deno task test tests/house/start_up_test.ts",
    );
  },
);

Deno.test("a generator that applies nothing loads no option table and no boot flow, a version no generator", async () => {
  const lists = await readLists();
  assertEquals(Object.keys(lists), Object.keys(RUNS));
  for (const name of ["hand-off", "no-op"]) {
    const { modules, symbols } = lists[name]!;
    assertEquals(
      modules.filter((path) => /^lib\/(?:cli\/(?!failure)|apply|image|archive|remote)/.test(path)),
      [],
    );
    assert(symbols.length < 25, `${name}: ${symbols.length} symbols`);
  }
  assertEquals(lists["--version"]!.modules.filter((path) => /^lib\/(?:boot|apply|image)/.test(path)), []);
});
