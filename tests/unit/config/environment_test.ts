import { assertEquals } from "@std/assert";
import { readEnvironment, VARIABLE_TABLE, VARIABLES } from "../../../lib/config/environment.ts";
import type { TorcxError } from "../../../lib/errors.ts";
import { catchError } from "../../support/nodes.ts";

Deno.test("the list of variables has those of settings first, and says of each who sets it", () => {
  assertEquals(VARIABLES, [
    "TORCX_BASEDIR",
    "TORCX_RUNDIR",
    "TORCX_CONFDIR",
    "TORCX_USR_MOUNTPOINT",
    "TORCX_STOREPATH",
    "TORCX_CHECK_REMOTE_ONLY",
    "TMPDIR",
    "JOURNAL_STREAM",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_COLOR",
    "TERM",
  ]);
  const others = VARIABLE_TABLE.filter(({ setBy }) => setBy !== "people").map((
    { name, setBy },
  ) => [name, setBy]);
  assertEquals(others, [["JOURNAL_STREAM", "systemd"], ["TERM", "the terminal"]]);
});

Deno.test("readEnvironment() leaves out what is not set", () => {
  assertEquals({ ...readEnvironment((name) => name === "TERM" ? "dumb" : undefined) }, { TERM: "dumb" });
});

Deno.test("readEnvironment() throws for a value that is no text where a setting's is looked at, for others never", () => {
  const environment = readEnvironment(() => {
    throw new TypeError("invalid unicode");
  });
  assertEquals(environment["TERM"], "\ufffd");
  for (const name of VARIABLES.slice(0, 7)) {
    const { code, message } = catchError(() => environment[name]) as TorcxError;
    assertEquals([code, message], ["invalid", `Cannot use variable ${name}: its value is no UTF-8 text`]);
  }
});
