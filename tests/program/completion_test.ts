/** Tests the completions in the real shells: what a person gets who presses TAB. */

import { assertEquals } from "@std/assert";
import { VERBS, type VerbSpec } from "../../lib/cli/options/verbs.ts";
import { listFlags, listNextWords, listSpellings } from "../../lib/cli/docs/completion/candidates.ts";
import { listVerbs } from "../../lib/cli/docs/help.ts";
import { formatBashCompletion } from "../../lib/cli/docs/completion/bash.ts";
import { formatFishCompletion } from "../../lib/cli/docs/completion/fish.ts";
import { formatZshCompletion } from "../../lib/cli/docs/completion/zsh.ts";
import { findProgram } from "../support/binary.ts";
import { type ShellSpec, typeLines } from "../support/terminal.ts";
import { testWith } from "../support/needs.ts";

/** What is typed after `torcx `, and the arguments that bash (and zsh, if unlike) then passes on. */
const TYPED: [string, string[], string[]?][] = [
  ["stat\t", ["status"]],
  ["pro\tset-\ted\t", ["profile", "set-next", "edge"]],
  ["--root=other profile show oth\t", ["--root=other", "profile", "show", "other"]],
  ["--root other profile show oth\t", ["--root", "other", "profile", "show", "other"]],
  ["image list do\t", ["image", "list", "docker"]],
  ["image clear-versioned -k 1 -k 2 doc\t", ["image", "clear-versioned", "-k", "1", "-k", "2", "docker"]],
  ["image extract arch\tdi\t", ["image", "extract", "archive file.tgz", "directory/"], [
    "image",
    "extract",
    "archive file.tgz",
    "directory",
  ]],
  ["profile new --from-\t", ["profile", "new", "--from-next"]],
  [
    "profile use-image --na\ted\tdocker:17\t",
    ["profile", "use-image", "--name", "edge", "docker:17.06"],
    ["profile", "use-image", "--name=edge", "docker:17.06"],
  ],
  ["profile use-image docker:17.06 --name=ed\t", ["profile", "use-image", "docker:17.06", "--name=edge"]],
  ["profile use-image docker:17.06 --allow=\t", ["profile", "use-image", "docker:17.06", "--allow=missing"]],
  ["profile use-image docker: --allow mis\t", ["profile", "use-image", "docker:", "--allow", "missing"]],
  ["profile check --rem\t", ["profile", "check", "--remote-only"]],
  ["profile diff ed\tven\t", ["profile", "diff", "edge", "vendor"]],
  ["status --output=js\t", ["status", "--output=json"]],
  ["status --verbose=de\t", ["status", "--verbose=debug"]],
  ["-v completion z\t", ["-v", "completion", "zsh"]],
  ["help comp\t", ["help", "completion"]],
];

const SHELLS: Record<"bash" | "zsh", ShellSpec> = {
  bash: {
    command: "bash --norc --noprofile -i",
    setup: ["bind 'set bell-style none'", "source ./torcx.bash"],
  },
  zsh: {
    command: "zsh -f -i",
    setup: [
      "unsetopt beep zle_bracketed_paste prompt_sp",
      "autoload -U compinit",
      "compinit -u -D",
      "source ./torcx.zsh",
    ],
  },
};
const SCRIPTS = {
  "torcx.bash": formatBashCompletion(),
  "torcx.zsh": formatZshCompletion(),
  "torcx.fish": formatFishCompletion(),
};

/** Makes a directory with the scripts, two systems and a `torcx` on PATH, and runs the test in it. */
async function withShellDirectory(
  use: (options: { cwd: string; env: Record<string, string> }) => Promise<void>,
): Promise<void> {
  const cwd = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(SCRIPTS)) await Deno.writeTextFile(`${cwd}/${name}`, text);
    const write = async (path: string, text = ""): Promise<void> => {
      await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(path, text);
    };
    await write(`${cwd}/system/etc/torcx/profiles/edge.json`);
    await write(`${cwd}/system/usr/share/torcx/profiles/vendor.json`);
    await write(`${cwd}/system/var/lib/torcx/store/docker:17.06.torcx.tgz`);
    await write(`${cwd}/system/var/lib/torcx/store/docker:com.coreos.cl.torcx.tgz`);
    await write(`${cwd}/system/var/lib/torcx/store/etcd:3.torcx.tgz`);
    await write(`${cwd}/other/etc/torcx/profiles/other.json`);
    await write(`${cwd}/archive file.tgz`);
    await write(`${cwd}/directory/file`);
    await write(`${cwd}/bin/torcx`, await makeProgram(`${cwd}/system`));
    await Deno.chmod(`${cwd}/bin/torcx`, 0o755);
    const denoDir = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME") ?? "/root"}/.cache/deno`;
    const env = {
      DENO_DIR: denoDir,
      PATH: `${cwd}/bin:/usr/bin:/bin`,
      HOME: cwd,
      HISTFILE: "/dev/null",
      TERM: "xterm",
      LC_ALL: "C.UTF-8",
      PS1: "$ ",
    };
    await use({ cwd, env });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

/** The real program on the test's system: the host's own profiles must not show. */
async function makeProgram(system: string): Promise<string> {
  const { command } = await findProgram();
  return `#!/bin/sh
case "$1 $2" in
  "--root /") shift 2; set -- --root ${quote(system)} "$@" ;;
  "--root "*) ;;
  *) set -- --root ${quote(system)} "$@" ;;
esac
exec ${command.map(quote).join(" ")} "$@"
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

for (const name of ["bash", "zsh"] as const) {
  const needs = { programs: [name, "script"] };
  testWith(
    `completion ${name} completes words of an interactive ${name} if TAB is pressed`,
    needs,
    async () => {
      await withShellDirectory(async (options) => {
        const typed = await typeLines(SHELLS[name], TYPED.map(([line]) => line), options);
        const expected = TYPED.map(([, inBash, inZsh]) => name === "bash" ? inBash : inZsh ?? inBash);
        assertEquals(typed, expected);
      });
    },
  );
}

testWith("completion fish completes words in fish", { programs: ["fish"] }, async () => {
  await withShellDirectory(async (options) => {
    const list = async (line: string): Promise<string[]> => {
      const { stdout } = await new Deno.Command("fish", {
        args: ["--no-config", "-c", 'source torcx.fish; complete -C "torcx $line"'],
        clearEnv: true,
        cwd: options.cwd,
        env: { ...options.env, line },
      }).output();
      return new TextDecoder().decode(stdout).split("\n").filter((item) => item !== "")
        .map((item) => item.replace(/\t.*/, "")).sort();
    };
    assertEquals(await list(""), listNextWords("").map(({ word }) => word).sort());
    assertEquals(await list("-v profile "), listNextWords("profile").map(({ word }) => word).sort());
    assertEquals(await list("profile set-next "), ["edge", "vendor"]);
    assertEquals(await list("profile set-next edge "), []);
    assertEquals(await list("profile diff edge v"), ["vendor"]);
    assertEquals(await list("--root other profile show "), ["other"]);
    assertEquals(await list("--root=other profile show "), ["other"]);
    assertEquals(await list("profile use-image --name edge doc"), ["docker:17.06", "docker:com.coreos.cl"]);
    assertEquals(await list("profile use-image --name=e"), ["--name=edge"]);
    assertEquals(await list("image list -n 1 "), ["docker", "etcd"]);
    assertEquals(await list("image extract arch"), ["archive file.tgz"]);
    assertEquals(await list("image extract a d"), ["directory/"]);
    assertEquals(await list("completion "), ["bash", "fish", "zsh"]);
    assertEquals(await list("profile new --from-"), ["--from-next"]);
    assertEquals(await list("status --output=ta"), ["--output=table"]);
    assertEquals(await list("image list -- "), ["docker", "etcd"]);
  });
});

Deno.test("completion bash offers each verb the flags of the table", async () => {
  await withShellDirectory(async (options) => {
    const verbs = listVerbs().map(({ command }) => command);
    const { stdout } = await new Deno.Command("bash", {
      args: [
        "--norc",
        "-c",
        `source ./torcx.bash
for verb; do
  COMP_LINE="torcx $verb -" COMP_WORDS=(torcx $verb -) COMP_CWORD=$(set -- $verb; echo $(($# + 1)))
  COMP_POINT=\${#COMP_LINE}
  _torcx
  echo "\${COMPREPLY[@]}"
done`,
        "bash",
        ...verbs,
      ],
      ...options,
    }).output();
    const offered = new TextDecoder().decode(stdout).trim().split("\n");
    const expected = listVerbs().map((verb) => listFlags(verb).flatMap(listSpellings).sort().join(" "));
    assertEquals(offered, expected);
  });
});

Deno.test("completions hold every verb that is not hidden, and no hidden one", () => {
  for (const [name, script] of Object.entries(SCRIPTS)) {
    for (const { command, isHidden } of VERBS as readonly VerbSpec[]) {
      // Hidden verbs are called by the scripts, but never offered.
      const isOffered = name === "torcx.bash"
        ? script.includes(`'${command}')`)
        : name === "torcx.zsh"
        ? script.includes(`_torcx_verb_${command.replaceAll(/[ -]/g, "_")}()`)
        : new RegExp(`-a ${command.split(" ").at(-1)} -d`).test(script);
      assertEquals(isOffered, isHidden !== true, `${name}: ${command}`);
    }
  }
});
