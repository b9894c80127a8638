/**
 * Owns the systems that faults are injected into: what is there before, which command is run, and the shell that runs
 * one case in a mount namespace of its own. Judges nothing.
 */

import { join } from "@std/path";
import { makeProfile, type Node, writeNodes } from "../support/nodes.ts";
import { makeManifest, packImage } from "../support/archives.ts";
import { runCommand } from "../vm/command.ts";
import type { Fault } from "./sample.ts";

/** What a run of torcx is made to start from. */
export interface Scenario {
  name: string;
  /** Shell commands before it. */
  before: string;
  command: string;
  /** Its exit status without a fault. */
  code: 0 | 1;
  /** Shell commands that take away what makes it fail. */
  mend: string;
  /** Whether nothing is to be left of it but its records, where one call failed. */
  isCleanAfterFault: boolean;
}

/** Ends an apply as a loss of power does, right before its last step: the seal comes by a rename. */
const KILL = "strace -o /dev/null -e trace=renameat " +
  '-e "inject=renameat:signal=KILL:when=$RENAMES" "$torcx" --root "$PWD" apply >/dev/null 2>&1';

export const SCENARIOS: readonly Scenario[] = [
  { name: "apply", before: ":", command: "apply", code: 0, mend: ":", isCleanAfterFault: true },
  { name: "retry", before: KILL, command: "apply --retry", code: 0, mend: ":", isCleanAfterFault: false },
  {
    name: "undo",
    // Where the last step fails, all of it is taken back.
    before: "mkdir run/metadata; mount -t tmpfs -o ro none run/metadata",
    command: "apply",
    code: 1,
    mend: "umount run/metadata; rmdir run/metadata",
    isCleanAfterFault: false,
  },
];

/** What a case came to, by its parts. */
export interface CaseResult {
  code: number;
  output: string;
  /** What strace wrote. */
  trace: string;
  /** The exit status of `status`, its output, and whether there is a seal. */
  status: number;
  statusOutput: string;
  isSealed: boolean;
  /** What is below /run before the run, after it, and after the retry. */
  before: string;
  after: string;
  retry: number;
  retryOutput: string;
  end: string;
  /** What is the user's, before and in the end. */
  userBefore: string;
  userEnd: string;
}

const SCRIPT = `
torcx=$1 template=$2 root=$3 trace=$4 before=$5 command=$6 mend=$7
shift 7
list() {
  find run -mindepth 1 -printf '%y %m %U:%G %p %l\\n'
  find run -type f ! -path run/torcx/report.json ! -path run/torcx/journal.json -exec sha256sum {} +
  sed -n "s|^\\(/dev/loop\\)*[^ ]* $PWD/\\([^ ]* [^ ]*\\) \\([^,]*\\),.*|mount \\1 \\2 \\3|p" /proc/self/mounts
}
user() {
  find etc var usr run/foreign run/systemd/system/foreign.service -printf '%p %y %m %U:%G %T@ %l\\n'
  find etc var usr run/foreign run/systemd/system/foreign.service -type f -exec sha256sum {} +
}
part() { printf '\\n%s %s\\n' "$mark" "$1"; }
mount -t tmpfs none "$root" && cp -a "$template/." "$root" && cd "$root" || exit
user=$(user)
eval "$before"
part before; list | LC_ALL=C sort
strace -f --seccomp-bpf -o "$trace" "$@" "$torcx" --root "$root" $command >out 2>&1; code=$?
part output; cat out; rm out
part after; list | LC_ALL=C sort
[ -e run/metadata/torcx ]; sealed=$?
"$torcx" --root "$root" status >out 2>&1; status=$?
part status; cat out; rm out
eval "$mend"
"$torcx" --root "$root" apply --retry --output json >out 2>&1; retry=$?
part retry; cat out; rm out
part end; list | LC_ALL=C sort
part userBefore; echo "$user"
part userEnd; user
part codes; echo "$code $status $sealed $retry"
`;

/** A system that cases start from, and where they run. */
export class FaultArena implements Disposable {
  /** Where each case has its root, in its own mount namespace. */
  readonly root: string;
  /** How many renames a whole apply makes, for the scenario that begins with one that was killed. */
  renames = 0;
  readonly #torcx: string;
  readonly #work: string;

  private constructor(work: string, torcx: string) {
    this.#work = work;
    this.#torcx = torcx;
    this.root = join(work, "root");
  }

  /** Lays the system out: two images, with every kind of asset among them; files of the user's where torcx works. */
  static async make(torcx: string): Promise<FaultArena> {
    const work = await Deno.realPath(await Deno.makeTempDir({ prefix: "torcx-faults-" }));
    const arena = new FaultArena(work, torcx);
    await Deno.mkdir(arena.root);
    const template = join(work, "template");
    writeNodes(template, SYSTEM);
    packImage(join(template, "var/lib/torcx/store/first:1.torcx.tgz"), FIRST);
    writeNodes(join(work, "second"), SECOND);
    const archive = join(template, "var/lib/torcx/store/second:1.torcx.squashfs");
    await runCommand(["mksquashfs", join(work, "second"), archive, "-quiet", "-no-progress", "-all-root"]);
    return arena;
  }

  /** Runs a scenario, with a fault or without one. */
  async run(scenario: Scenario, fault?: Fault): Promise<CaseResult> {
    const trace = await Deno.makeTempFile({ dir: this.#work, prefix: "trace-" });
    const mark = crypto.randomUUID();
    const inject = fault === undefined ? [] : [
      "-e",
      `trace=openat,${fault.name}`,
      "-e",
      `inject=${fault.name}:error=${fault.errno}:when=${fault.number}`,
    ];
    const { before, command, mend } = scenario;
    const template = join(this.#work, "template");
    const output = await new Deno.Command("unshare", {
      args: [
        ...["-m", "bash", "-c", `mark=${mark}${SCRIPT}`, "case", this.#torcx, template, this.root, trace],
        ...[before, command, mend, ...inject],
      ],
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH") ?? "", LC_ALL: "C", RENAMES: `${this.renames}` },
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(output.stdout);
    const parts = new Map(
      text.split(`\n${mark} `).slice(1).map((part) => {
        const end = part.indexOf("\n");
        return [part.slice(0, end), part.slice(end + 1)] as const;
      }),
    );
    const get = (name: string): string => {
      const part = parts.get(name);
      if (part === undefined) {
        throw new Error(`Cannot run a case: ${text}${new TextDecoder().decode(output.stderr)}`);
      }
      return part;
    };
    const [code, status, sealed, retry] = get("codes").split(" ").map(Number);
    const result: CaseResult = {
      code: code!,
      status: status!,
      isSealed: sealed === 0,
      retry: retry!,
      output: get("output"),
      statusOutput: get("status"),
      retryOutput: get("retry"),
      before: get("before"),
      after: get("after"),
      end: get("end"),
      userBefore: get("userBefore").trimEnd(),
      userEnd: get("userEnd").trimEnd(),
      trace: await Deno.readTextFile(trace),
    };
    await Deno.remove(trace);
    return result;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#work, { recursive: true });
  }
}

const FIRST: Record<string, Node> = {
  ...makeManifest({
    bin: ["/bin"],
    units: ["/units/first.service", "/units/first.service.d", "/units/multi-user.target.wants"],
    network: ["/first.network"],
  }),
  "bin/first": "x".repeat(20_000),
  "bin/other": { link: "first" },
  "units/first.service": "[Service]\n",
  "units/first.service.d/10.conf": "[Service]\n",
  "units/multi-user.target.wants/first.service": { link: "../first.service" },
  "first.network": "[Match]\n",
};
const SECOND: Record<string, Node> = {
  ...makeManifest({
    bin: ["/bin"],
    sysusers: ["/second.conf"],
    tmpfiles: ["/second.conf"],
    udev_rules: ["/second.rules"],
  }),
  "bin/second": "second\n",
  "second.conf": "# none\n",
  "second.rules": "# none\n",
};
const SYSTEM: Record<string, Node> = {
  "usr/lib/os-release": "VERSION_ID=1\n",
  "usr/share/torcx/profiles/vendor.json": makeProfile("first:1"),
  "etc/torcx/profiles/edge.json": makeProfile("second:1"),
  "etc/torcx/profiles/other.json": makeProfile(),
  "etc/torcx/next-profile": "edge\n",
  "etc/torcx/config.json": '{"kind":"torcx-config-v0","value":{"unpack_size":"16M"}}',
  "var/lib/torcx/store/1/.keep": "",
  "run/foreign/file": "the user's\n",
  "run/systemd/system/foreign.service": "the user's\n",
  "run/metadata-of-others": "the user's\n",
};
