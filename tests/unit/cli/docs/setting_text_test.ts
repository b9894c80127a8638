import { assertEquals } from "@std/assert";
import {
  listParameterEntries,
  listPlaces,
  listSettingEntries,
  listVariableEntries,
} from "../../../../lib/cli/docs/setting_text.ts";
import { getSettingRow } from "../../../../lib/config/setting_table.ts";

Deno.test("listSettingEntries() says what a setting is, its default and what sets it", () => {
  const texts = new Map(listSettingEntries().map(({ term, text }) => [term, text]));
  assertEquals(
    texts.get("base_dir"),
    "The base directory, which holds the user's store. Default: /var/lib/torcx. " +
      "Set by the variable TORCX_BASEDIR, or by the config file",
  );
  assertEquals(
    texts.get("version_id"),
    "The version of the running OS, by which versioned stores are named. Default: VERSION_ID of os-release",
  );
});

Deno.test("listPlaces() has the place that wins first", () => {
  assertEquals(listPlaces({ ...getSettingRow("base_dir"), parameter: { term: "x=Y", help: "" } }), [
    "x=Y on the kernel command line",
    "the variable TORCX_BASEDIR",
    "the config file",
  ]);
});

Deno.test("listParameterEntries() has the parameters of the kernel command line", () => {
  assertEquals(listParameterEntries().map(({ term }) => term), [
    "torcx_config=PATH",
    "torcx=0",
    "torcx_profile=NAME",
  ]);
});

Deno.test("listVariableEntries() says who sets a variable if not people do", () => {
  const texts = new Map(listVariableEntries().map(({ term, text }) => [term, text]));
  assertEquals(texts.get("NO_COLOR"), "Switches colour off");
  assertEquals(texts.get("TERM"), "The value dumb switches colour off. Set by the terminal");
});
