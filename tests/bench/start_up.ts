/**
 * Owns the measuring of start-up: of the generator at a boot that hands off and at a daemon-reload, of the program, and
 * of an apply of one small squashfs, each against an empty program that was compiled as torcx was.
 */

import { chooseBuildDeno } from "../../.tasks/deno.ts";
import type { Target } from "../../.tasks/denort.ts";
import { COMPILE_FLAGS, PERMISSION_FLAGS } from "../../.tasks/permissions.ts";
import { PROJECT_DIR, STD_FLAGS } from "../support/std_flags.ts";
import { type Bench, compare, remove, type Row } from "./cases.ts";
import { writeProfiles } from "./inputs.ts";
import { type Candidate, measurePeakMemory, measureTimes, runCommand } from "./measure.ts";

const EMPTY = "empty program";
const RUN_EMPTY = "deno run, empty";

/** Start-up; the tools that compile an empty program are those of `deno task build`. */
export async function measureStartUp(bench: Bench): Promise<Row> {
  const name = "start-up";
  bench.report(name);
  const { dir, torcx } = bench;
  const [script, empty, generator, units] = ["empty.ts", "empty", "torcx-generator", "units"]
    .map((file) => `${dir}/${file}`) as [string, string, string, string];
  await Deno.writeTextFile(script, "export {};\n");
  await compileEmpty(script, empty);
  await Deno.symlink(torcx, generator);
  await Deno.mkdir(units);
  const run = [Deno.execPath(), "run", "--quiet", ...STD_FLAGS] as const;
  const compiled: Candidate[] = [
    { name: "--version", command: [torcx, "--version"] },
    { name: "no-op", command: [generator, units, units, units] },
    // Where mounts would not last; unshare(1) itself takes about 1 ms.
    { name: "hand-off", command: ["unshare", "-m", generator, units, units, units] },
    await makeApply(bench),
  ];
  const candidates: Candidate[] = [
    { name: EMPTY, command: [empty] },
    ...compiled,
    { name: RUN_EMPTY, command: [...run, script] },
    {
      name: "deno run, --version",
      command: [...run, ...PERMISSION_FLAGS, `${PROJECT_DIR}/main.ts`, "--version"],
    },
  ];
  const medians = await measureTimes(candidates, bench.sizes.runs * 3);
  const memory: string[] = [];
  for (const candidate of candidates) {
    memory.push(`${candidate.name} ${((await measurePeakMemory(candidate)) / 1024).toFixed(0)} MiB`);
  }
  await remove(`${dir}/applied`);
  const ratios = compiled.flatMap((candidate) =>
    compare(medians, candidate.name, EMPTY).map((ratio) => `${candidate.name}: ${ratio}`)
  );
  return { name, medians, ratios: [`peak RSS: ${memory.join(", ")}; ${ratios.join(", ")}`] };
}

async function compileEmpty(script: string, output: string): Promise<void> {
  const { path, denort } = await chooseBuildDeno(Deno.build.target as Target, undefined);
  const { success, stderr } = await new Deno.Command(path, {
    args: ["compile", "--quiet", "--no-config", "--no-lock", "--output", output, ...COMPILE_FLAGS, script],
    env: denort.path === undefined ? {} : { DENORT_BIN: denort.path },
  }).output();
  if (!success) throw new Error(`Cannot compile an empty program: ${new TextDecoder().decode(stderr)}`);
}

/** The apply of a squashfs with one program, each time to a system that has not been applied to. */
async function makeApply({ dir, torcx }: Bench): Promise<Candidate> {
  const [tree, system, root] = ["squashfs-tree", "system", "applied"].map((name) => `${dir}/${name}`) as [
    string,
    string,
    string,
  ];
  await Deno.mkdir(`${tree}/.torcx`, { recursive: true });
  await Deno.mkdir(`${tree}/bin`);
  await Deno.writeTextFile(`${tree}/bin/hello`, "#!/bin/sh\n");
  const manifest = { kind: "image-manifest-v0", value: { bin: ["/bin"] } };
  await Deno.writeTextFile(`${tree}/.torcx/manifest.json`, JSON.stringify(manifest));
  await Deno.mkdir(`${system}/var/lib/torcx/store`, { recursive: true });
  writeProfiles(system, new Map([["bench", ["hello"]]]));
  const archive = `${system}/var/lib/torcx/store/hello:1.torcx.squashfs`;
  await runCommand(["mksquashfs", tree, archive, "-quiet", "-no-progress", "-all-root"]);
  await remove(tree);
  await Deno.mkdir(root);
  return {
    name: "apply of a squashfs",
    command: [torcx, "apply", "--root", root, "--profile", "bench"],
    prepare: async (): Promise<void> => {
      await runCommand(["mount", "-t", "tmpfs", "torcx-bench", root]);
      await runCommand(["cp", "-a", `${system}/.`, root]);
    },
    cleanUp: async (): Promise<void> => void await runCommand(["umount", "-R", root]),
  };
}
