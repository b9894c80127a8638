/**
 * Tests that what an image loses is told, with one code each, by plan, check, extract, apply and its report: images
 * packed by GNU tar and mksquashfs, with real programs.
 */

import { assert, assertEquals } from "@std/assert";
import type { FindingCode } from "../../lib/image/findings/table.ts";
import type { ReportFinding } from "../../lib/manifest/report.ts";
import { makeManifest, packImage, STORE } from "../support/archives.ts";
import { runSteps, withRoot } from "../support/e2e_system.ts";
import { testWith } from "../support/needs.ts";
import { makeProfile, type Node, OS_RELEASE, writeNodes } from "../support/nodes.ts";
import { makeElf } from "../support/programs.ts";

/** A system with a shell, that boots profile p of image one. */
const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  "usr/bin/sh": "",
  bin: { link: "usr/bin" },
  "usr/lib/systemd/system/there.service": "",
  "etc/torcx/profiles/p.json": makeProfile("one:1"),
  "etc/torcx/next-profile": "p\n",
};

interface Row {
  nodes: Record<string, Node>;
  /** What is done to the tree before it is packed. */
  prepare?: (tree: string) => void;
  /** `CODE PATH` of each finding, in their order. */
  findings: `${FindingCode} ${string}`[];
  /** Words of their hints, in the same order. */
  hints?: string[];
  /** What a shell step says after the apply. */
  after?: [step: string, output: string];
  /** Modes and owners that only a squashfs has. */
  squashfs?: string[];
}

const SYSTEM_UNITS = "usr/lib/systemd/system";
const INSTALL = "[Install]\nWantedBy=multi-user.target\n";

const ROWS: Record<string, Row> = {
  "11: an empty archive": { nodes: {}, findings: ["no-manifest null"], hints: ["Pack it anew"] },
  "11: everything below one directory": {
    nodes: { "one-1/.torcx/manifest.json": "{}", "one-1/bin/a": "x" },
    findings: ["no-manifest null"],
    hints: ['its manifest is "one-1/.torcx/manifest.json"'],
  },
  "11: a manifest that propagates nothing": {
    nodes: { ...makeManifest({}), "bin/a": "x" },
    findings: ["nothing-propagated /.torcx/manifest.json"],
  },
  "12: unknown keys": {
    nodes: {
      ...makeManifest({ units: ["/a.service"], unit: ["/b"], bins: ["/c"] }),
      "a.service": "",
    },
    findings: ["unknown-key null", "unknown-key null"],
  },
  "13: whole directories": {
    nodes: {
      ...makeManifest({ units: [`/${SYSTEM_UNITS}`], tmpfiles: ["/usr/lib/tmpfiles.d"] }),
      [`${SYSTEM_UNITS}/a.service`]: "",
      "usr/lib/tmpfiles.d/b.conf": "",
    },
    findings: [`directory-not-read /${SYSTEM_UNITS}`, "directory-not-read /usr/lib/tmpfiles.d"],
    hints: [`"/${SYSTEM_UNITS}/a.service"`, '"/usr/lib/tmpfiles.d/b.conf"'],
    after: ["ls run/systemd/system/system run/tmpfiles.d/tmpfiles.d", "a.service"],
  },
  "14: links of units, and a unit that nothing enables": {
    nodes: {
      ...makeManifest({
        units: [
          "a.service",
          "alias.service",
          "b.service.d",
          "gone.service",
          "there.service",
          "x.target.wants",
        ].map(
          (name) => `/${SYSTEM_UNITS}/${name}`,
        ),
      }),
      [`${SYSTEM_UNITS}/a.service`]: INSTALL,
      [`${SYSTEM_UNITS}/alias.service`]: { link: `/${SYSTEM_UNITS}/a.service` },
      [`${SYSTEM_UNITS}/b.service.d`]: { link: "../../drop" },
      "usr/lib/drop/x.conf": "[Service]\n",
      [`${SYSTEM_UNITS}/gone.service`]: { link: "/opt/gone.service" },
      [`${SYSTEM_UNITS}/there.service`]: { link: `/${SYSTEM_UNITS}/there.service` },
      [`${SYSTEM_UNITS}/x.target.wants/there.service`]: { link: "../there.service" },
    },
    findings: [
      `dangling-unit-link /${SYSTEM_UNITS}/gone.service`,
      `unit-not-enabled /${SYSTEM_UNITS}/a.service`,
    ],
    hints: ["correct the link", '"multi-user.target.wants/a.service" to "../a.service"'],
    after: [
      "cd run/systemd/system; readlink alias.service b.service.d there.service",
      `a.service\n/run/torcx/unpack/one/usr/lib/drop\n/${SYSTEM_UNITS}/there.service\n`,
    ],
  },
  "15: programs that cannot be run": {
    nodes: {
      ...makeManifest({ bin: ["/bin"] }),
      "bin/mode": "#!/bin/sh\n",
      "bin/script": "#!/opt/perl\n",
      "bin/own": "#!/opt/own\n",
      "bin/fine": "#!/bin/sh\n",
      "opt/own": "",
    },
    prepare: (tree) => {
      Deno.chmodSync(`${tree}/bin/mode`, 0o644);
      Deno.writeFileSync(`${tree}/bin/other`, makeElf({ number: 21, bits: 64, isBigEndian: true }), {
        mode: 0o755,
      });
      Deno.writeFileSync(`${tree}/bin/small`, makeElf({ number: 62, bits: 32, isBigEndian: false }), {
        mode: 0o755,
      });
      Deno.copyFileSync("/bin/true", `${tree}/bin/true`);
    },
    findings: [
      "program-not-executable /bin/mode",
      "program-of-other-machine /bin/other",
      "no-interpreter /bin/script",
      "program-of-other-machine /bin/small",
    ],
  },
  "16: a squashfs that is closed to others": {
    nodes: { ...makeManifest({ units: ["/a.service"] }), "a.service": "" },
    squashfs: ["-root-mode", "0700"],
    findings: ["root-not-searchable null"],
    hints: ["mksquashfs -root-mode 0755"],
  },
};

function pack(root: string, { nodes, prepare, squashfs }: Row): string {
  const format = squashfs === undefined ? "tgz" : "squashfs";
  const archive = `${STORE}/one:1.torcx.${format}`;
  Deno.mkdirSync(`${root}/${STORE}`, { recursive: true });
  if (prepare === undefined && squashfs === undefined) {
    packImage(`${root}/${archive}`, nodes);
    return archive;
  }
  const tree = `${root}/image`;
  writeNodes(tree, nodes);
  prepare?.(tree);
  const [program, args] = squashfs === undefined
    ? ["tar", ["--force-local", "-czf", `${root}/${archive}`, "-C", tree, "."]]
    : ["mksquashfs", [tree, `${root}/${archive}`, "-quiet", "-no-progress", ...squashfs]];
  const { success, stderr } = new Deno.Command(program as string, { args: args as string[] }).outputSync();
  assert(success, new TextDecoder().decode(stderr));
  Deno.removeSync(tree, { recursive: true });
  return archive;
}

const show = (findings: readonly ReportFinding[]): string[] =>
  findings.map(({ code, path, image }) => `${code} ${path} of ${image}`).sort();

for (const [title, row] of Object.entries(ROWS)) {
  testWith(
    `a warning with its code: ${title}`,
    { isRoot: true, programs: ["unshare", "mksquashfs"] },
    () =>
      withRoot(SYSTEM, async (root) => {
        const archive = pack(root, row);
        const [plan, strict, check, failed, extract, apply, report, after] = await runSteps(root, [
          "torcx plan --output json 2>/dev/null",
          "torcx plan --strict > /dev/null",
          "torcx profile check --deep",
          "torcx profile check --deep --strict",
          `torcx image extract /${archive} /tree --output json 2>/dev/null`,
          "torcx apply --output json 2>/dev/null",
          "cat run/torcx/report.json",
          row.after?.[0] ?? "true",
        ]);
        const expected = row.findings.map((text) => `${text} of one`).sort();
        for (const step of [plan!, extract!, apply!, report!]) {
          assertEquals(step.code, 0, step.output);
          const { findings, warnings } = JSON.parse(step.output).value;
          assertEquals(show(findings), expected);
          assertEquals(warnings.length, expected.length);
          for (const { code, message, hint } of findings as ReportFinding[]) {
            const text = `${message}${hint === null ? "" : ` (${hint})`} [${code}]`;
            assert(warnings.includes(`image "one:1": ${text}`), text);
            assert(check!.output.includes(text), check!.output);
          }
        }
        const { findings } = JSON.parse(plan!.output).value;
        for (const [at, hint] of (row.hints ?? []).entries()) {
          const { code, path } = findings[at];
          assertEquals(row.findings.includes(`${code as FindingCode} ${path}`), true);
          assert(findings.some((item: ReportFinding) => item.hint?.includes(hint)), hint);
        }
        assertEquals([check!.code, check!.output.match(/ \[[a-z-]+\]$/gm)?.length], [0, expected.length]);
        for (const step of [strict!, failed!]) {
          assertEquals(step.code, 1, step.output);
          assert(step.output.includes(" good: --strict allows no warning"), step.output);
        }
        const [, output = ""] = row.after ?? [];
        assert(after!.output.includes(output), after!.output);
      }),
  );
}

testWith(
  "no warning of an image that is fine, and --strict passes",
  { isRoot: true, programs: ["unshare"] },
  () =>
    withRoot(SYSTEM, async (root) => {
      packImage(`${root}/${STORE}/one:1.torcx.tgz`, {
        ...makeManifest({ bin: ["/bin"], units: ["/u/a.service", "/u/multi-user.target.wants"] }),
        "bin/a": "#!/bin/sh\n",
        "u/a.service": INSTALL,
        "u/multi-user.target.wants/a.service": { link: "../a.service" },
      });
      const [plan, check, apply] = await runSteps(root, [
        "torcx plan --strict --output json",
        "torcx profile check --deep --strict",
        "torcx apply --output json",
      ]);
      assertEquals([check!.code, check!.output], [0, ""]);
      for (const step of [plan!, apply!]) {
        assertEquals(step.code, 0, step.output);
        const { findings, warnings } = JSON.parse(step.output).value;
        assertEquals([findings, warnings], [[], []]);
      }
    }),
);

testWith(
  "14: a unit that the system's administrator enables is started",
  { isRoot: true, programs: ["unshare"] },
  () =>
    withRoot({
      ...SYSTEM,
      // As `systemctl enable` makes it: it leads nowhere before the image is applied.
      "etc/systemd/system/multi-user.target.wants/a.service": { link: "/run/systemd/system/a.service" },
    }, async (root) => {
      packImage(`${root}/${STORE}/one:1.torcx.tgz`, {
        ...makeManifest({ units: ["/u/a.service", "/u/b.service"] }),
        "u/a.service": INSTALL,
        "u/b.service": INSTALL,
      });
      for (
        const { code, output } of await runSteps(
          root,
          ["plan", "apply"].map((verb) => `torcx ${verb} --output json 2>/dev/null`),
        )
      ) {
        assertEquals(code, 0, output);
        assertEquals(show(JSON.parse(output).value.findings), ["unit-not-enabled /u/b.service of one"]);
      }
    }),
);

testWith("torcx image extract tells of a manifest that cannot be applied", {
  isRoot: true,
  programs: ["unshare"],
}, () =>
  withRoot(SYSTEM, async (root) => {
    packImage(`${root}/${STORE}/one:1.torcx.tgz`, makeManifest({ units: ["/none.service"] }));
    const [extract] = await runSteps(root, [
      `torcx image extract /${STORE}/one:1.torcx.tgz /tree --output json 2>/dev/null`,
    ]);
    assertEquals(extract!.code, 0);
    const [finding] = JSON.parse(extract!.output).value.findings;
    assertEquals([finding.code, finding.severity], ["unusable-manifest", "error"]);
    assert(finding.message.includes('"/none.service": the image has no such file'), finding.message);
  }));

testWith(
  "17: an empty profile and a selector of several names",
  { isRoot: true, programs: ["unshare"] },
  () =>
    withRoot({
      ...SYSTEM,
      "etc/torcx/profiles/p.json": "",
      "usr/share/torcx/profiles/vendor.json": makeProfile(),
    }, async (root) => {
      const [plan, check, next, show, many, manyCheck, apply] = await runSteps(root, [
        "torcx plan --output json 2>/dev/null",
        "torcx profile check",
        "torcx profile set-next p",
        "torcx profile show p",
        "printf 'p\\nvendor\\n' > etc/torcx/next-profile; torcx plan --output json 2>/dev/null",
        "torcx profile check",
        "torcx apply --output json 2>/dev/null",
      ]);
      const empty = '"/etc/torcx/profiles/p.json" is an empty file';
      assertEquals([plan!.code, JSON.parse(plan!.output).value.warnings], [
        0,
        [`${empty}: it counts as a profile without images`],
      ]);
      for (const step of [check!, next!, show!]) {
        assertEquals(step.code, 1, step.output);
        assert(step.output.includes(`${empty}\n`), step.output);
      }
      const names = 'selector "/etc/torcx/next-profile" holds 2 names, it takes one';
      assertEquals(many!.code, 1);
      assertEquals([manyCheck!.code, manyCheck!.output.includes(names)], [1, true]);
      const report = JSON.parse(apply!.output).value;
      assertEquals([report.outcome, report.upper_profile], ["sealed", null]);
      assertEquals(report.warnings, [
        `going on without an upper profile: Cannot find the next profile: ${names}`,
      ]);
    }),
);
