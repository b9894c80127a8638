/** Holds the tables to their promise: in a copy of the sources a made-up row is all that a new thing needs. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { dirname, join, relative } from "@std/path";
import { makeProfile, OS_RELEASE, writeNodes } from "../support/nodes.ts";
import { listProjectFiles } from "../support/project_files.ts";
import { PROJECT_DIR, STD_FLAGS } from "../support/std_flags.ts";

/** Text that is put into a file of the copy, in front of a line that is there once. */
interface Row {
  file: string;
  before: string;
  text: string;
}

const SETTING: Row = {
  file: "lib/config/setting_table.ts",
  before: "  version_id: {\n",
  text: `  greeting: {
    key: "greeting",
    type: "text",
    isInConfigFile: true,
    variable: "TORCX_GREETING",
    check: { pattern: "[a-z]+", reason: "it is no word", hint: "Give a word" },
    help: "The word of a made-up greeting",
  },
`,
};

const ASSET_KIND: Row = {
  file: "lib/manifest/asset_kinds.ts",
  before: "} as const satisfies Record<string, AssetKindRow>;\n",
  text: `  firmware: makeRow("made-up firmware", "firmware"),\n`,
};

const VERB: Row = {
  file: "lib/cli/options/verbs/docs.ts",
  before: `  {\n    command: "completion",\n`,
  text: `  {
    command: "greet",
    summary: "Greets with a made-up word",
    details: [],
    positionals: [{ key: "name", metavar: "NAME", type: "profile", help: "Whom to greet" }],
    flags: [{ key: "isLoud", long: "loud", help: "Greet in capitals" }],
    examples: [{ line: "torcx greet edge", help: "greet edge" }],
  },
`,
};

/** The verb's code: its module, and the line that loads it, without which the types do not fit. */
const VERB_MODULE = `import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { openSystem } from "../../system.ts";

export function runGreet(options: CommandOptions<"greet">, context: Context): number {
  using system = openSystem(options, context);
  const text = \`\${system.settings.greeting ?? "hello"} \${options.name}\`;
  context.stdout.writeLine(options.isLoud ? text.toUpperCase() : text);
  return 0;
}
`;
const VERB_CALL: Row = {
  file: "lib/cli/run.ts",
  before: `    case "completion":\n`,
  text: `    case "greet":
      return (await import("./commands/system/greet.ts")).runGreet(options, context);
`,
};

/** A copy of the sources with the rows. */
class Copy {
  readonly #dir: string;
  #permissions: string[] | undefined;

  constructor(dir: string) {
    this.#dir = dir;
  }

  async fill(): Promise<void> {
    for await (const path of listProjectFiles(["main.ts", "deno.json", "lib", ".tasks"])) {
      const target = join(this.#dir, relative(PROJECT_DIR, path));
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.copyFile(path, target);
    }
  }

  async insert({ file, before, text }: Row): Promise<void> {
    const old = await this.read(file);
    assertEquals(old.split(before).length, 2, `${file} must have the line once: ${before}`);
    await Deno.writeTextFile(join(this.#dir, file), old.replace(before, () => text + before));
  }

  async write(file: string, text: string): Promise<void> {
    await Deno.writeTextFile(join(this.#dir, file), text);
  }

  read(file: string): Promise<string> {
    return Deno.readTextFile(join(this.#dir, file));
  }

  async readSchema(kind: string): Promise<string> {
    return JSON.stringify(JSON.parse(await this.read(`lib/manifest/schemas/${kind}.schema.json`)));
  }

  /** Runs the program of the copy, with the permissions that the copy gives it. */
  async torcx(args: string[], env: Record<string, string> = {}, code = 0): Promise<string> {
    // Not imported here: its modules load the system's libc, once in each copy.
    const print =
      'import { PERMISSION_FLAGS } from "./.tasks/permissions.ts"; console.log(PERMISSION_FLAGS.join("\\n"));';
    this.#permissions ??= (await this.deno(["eval"], [print])).trim().split("\n");
    return await this.deno(["run", "--quiet"], [...this.#permissions, "main.ts", ...args], env, code);
  }

  async deno(head: string[], rest: string[], env: Record<string, string> = {}, code = 0): Promise<string> {
    const names = ["PATH", "HOME", "DENO_DIR", "DENO_TLS_CA_STORE", "JSR_URL"];
    const own = Object.fromEntries(names.flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }));
    const output = await new Deno.Command(Deno.execPath(), {
      args: [...head, ...STD_FLAGS, "--config=deno.json", ...rest],
      cwd: this.#dir,
      clearEnv: true,
      env: { ...own, ...env },
    }).output();
    const text = new TextDecoder().decode(output.code === 0 ? output.stdout : output.stderr);
    assertEquals(output.code, code, `${rest.join(" ")}: ${new TextDecoder().decode(output.stderr)}`);
    return text;
  }
}

/** Makes a system whose vendor profile has an image with a file of the made-up kind. */
function makeSystem(path: string): void {
  writeNodes(path, {
    "root/usr/lib/os-release": OS_RELEASE["usr/lib/os-release"],
    "root/usr/share/torcx/profiles/vendor.json": makeProfile("hello:1"),
    "root/var/lib/torcx/store": { dir: true },
    "root/etc/torcx/config.json": JSON.stringify({ kind: "torcx-config-v0", value: { greeting: "moin" } }),
    "hello/firmware/blob.bin": "firmware",
    "hello/.torcx/manifest.json": JSON.stringify({
      kind: "image-manifest-v0",
      value: { firmware: ["/firmware/blob.bin"] },
    }),
  });
  const archive = `${path}/root/var/lib/torcx/store/hello:1.torcx.tgz`;
  assert(
    new Deno.Command("tar", { args: ["--force-local", "-czf", archive, "-C", `${path}/hello`, "."] })
      .outputSync().success,
  );
}

async function checkSetting(copy: Copy, root: string): Promise<void> {
  const show = async (env: Record<string, string>): Promise<unknown> => {
    const { value } = JSON.parse(await copy.torcx(["config", "show", "--output=json", "--root", root], env));
    return value.settings.find(({ name }: { name: string }) => name === "greeting");
  };
  assertEquals(await show({}), {
    name: "greeting",
    value: "moin",
    source: 'config file "/etc/torcx/config.json"',
  });
  assertEquals(await show({ TORCX_GREETING: "hei" }), {
    name: "greeting",
    value: "hei",
    source: "environment TORCX_GREETING",
  });
  const text = await copy.torcx(["config", "show", "--output=text", "--root", root]);
  assert(/^greeting +moin +config file /m.test(text), text);
  const refusal = await copy.torcx(["config", "show", "--root", root], { TORCX_GREETING: "1" }, 1);
  assertStringIncludes(
    refusal,
    'Cannot use "1" as setting "greeting" from environment TORCX_GREETING: it is no word',
  );
  assertStringIncludes(await copy.torcx(["help", "config", "show"]), "greeting");
  const page = await copy.torcx(["man", "torcx"]);
  assertStringIncludes(page, "\n.B greeting\nThe word of a made\\-up greeting.\n");
  assertStringIncludes(page, "\n.B TORCX_GREETING\n");
  assertStringIncludes(
    await copy.readSchema("torcx-config-v0"),
    '"greeting":{"type":["string","null"],"pattern":"^([a-z]+)?$","description":"The word of a made-up greeting"}',
  );
  assertStringIncludes(await copy.readSchema("torcx-settings-v0"), '"unpack_inodes","greeting","version_id"');
}

async function checkVerb(copy: Copy, root: string): Promise<void> {
  assertEquals(await copy.torcx(["greet", "edge", "--loud", "--root", root]), "MOIN EDGE\n");
  const help = await copy.torcx(["help"]);
  assert(/^ {2}greet +Greets with a made-up word$/m.test(help), help);
  assertStringIncludes(await copy.torcx(["greet", "--help"]), "--loud");
  const page = await copy.torcx(["man", "torcx"]);
  assertStringIncludes(page, "\n.SS greet ");
  assertStringIncludes(page, "\\-\\-loud");
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = await copy.torcx(["completion", shell]);
    assert(/\bgreet\b/.test(script) && /\bloud\b/.test(script), shell);
  }
  assertStringIncludes(await copy.torcx(["gret"], {}, 2), "greet");
}

async function checkAssetKind(copy: Copy, root: string): Promise<void> {
  const asset = { kind: "firmware", to: "/run/firmware/blob.bin" };
  const plan = await copy.torcx(["plan", "--output=json", "--root", root]);
  const [planned] = JSON.parse(plan).value.assets;
  assertEquals({ kind: planned.kind, to: planned.to }, asset);
  assertStringIncludes(await copy.torcx(["plan", "--output=text", "--root", root]), asset.to);
  const [origin] = JSON.parse(await copy.torcx(["why", "blob.bin", "--output=json", "--root", root]))
    .value.origins;
  assertEquals({ kind: origin.kind, to: origin.path }, asset);
  assertStringIncludes(
    await copy.torcx(["why", "blob.bin", "--output=text", "--root", root]),
    "made-up firmware /run/firmware/blob.bin",
  );
  for (const kind of ["torcx-plan-v0", "torcx-why-v0", "torcx-apply-report-v0"]) {
    const schema = await copy.readSchema(kind);
    assertEquals(
      schema.match(/"bin","network"/g)!.length,
      schema.match(/"udev_rules","firmware"\]/g)?.length,
    );
  }
  assertStringIncludes(await copy.readSchema("image-manifest-v0"), '"firmware":{"type":["array","null"]');
}

Deno.test("a new setting, verb or asset kind is one row, and its code", async (t) => {
  const dir = await Deno.makeTempDir({ prefix: "torcx-one-row-" });
  try {
    const copy = new Copy(`${dir}/copy`);
    await copy.fill();
    for (const row of [SETTING, ASSET_KIND, VERB, VERB_CALL]) await copy.insert(row);
    await copy.write("lib/cli/commands/system/greet.ts", VERB_MODULE);
    makeSystem(dir);
    await copy.deno(["run", "-A"], [".tasks/schemas.ts"]);
    await t.step("the types fit", async () => void await copy.deno(["check", "--quiet"], ["main.ts"]));
    await t.step("the setting: config show, help, manual, schemas", () => checkSetting(copy, `${dir}/root`));
    await t.step("the verb: help, manual, completions", () => checkVerb(copy, `${dir}/root`));
    await t.step("the asset kind: plan, why, schemas", () => checkAssetKind(copy, `${dir}/root`));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
