/** Tests `torcx plan` through the real program, on archives made by GNU tar. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeProfile } from "../support/nodes.ts";
import { encodeReport } from "../../lib/manifest/report.ts";
import { makeReport } from "../support/report.ts";
import { encodeSeal } from "../../lib/manifest/seal.ts";
import type { RunResult } from "../support/binary.ts";
import { STORE, UNITS, withSystem } from "../support/archives.ts";

// deno-lint-ignore no-explicit-any -- what a script sees
type Json = any;

async function readPlan(run: (...args: string[]) => Promise<RunResult>, ...args: string[]): Promise<Json> {
  const { code, stdout, stderr } = await run("plan", ...args);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const { kind, value } = JSON.parse(stdout);
  assertEquals(kind, "torcx-plan-v0");
  return value;
}

Deno.test("torcx plan shows images, assets, conflicts and what takes effect if the boot would succeed", async () => {
  await withSystem({}, async (run) => {
    const plan = await readPlan(run);
    const asset = (image: string, kind: string, name: string, to: string): Json => ({
      image,
      kind,
      from: `/run/torcx/unpack/${image}/${name}`,
      to,
    });
    const hello = asset("hello", "units", "units/hello.service", `${UNITS}/hello.service`);
    const shared = asset("hello", "units", "units/shared.service", `${UNITS}/shared.service`);
    const copy = { link_text: null, mode: "0644", digest: null, is_directory: false, raw_names: null };
    const compressed: number[] = plan.images.map((image: Json) => image.compressed_bytes);
    assert(compressed.every((bytes) => bytes > 100));
    assertEquals(plan, {
      would_succeed: true,
      os_version: "1",
      lower_profiles: ["vendor"],
      upper_profile: "edge",
      upper_profile_fault: null,
      switched_off_by: null,
      images: [["hello", "vendor", "vendor", `/${STORE}`], ["world", "edge", "user", `/${STORE}/1`]].map(
        ([name, profile, layer, store], index) => ({
          name,
          reference: "1",
          profile,
          layer,
          archive_path: `${store}/${name}:1.torcx.tgz`,
          format: "tgz",
          reason: "the only archive of this image",
          shadowed: [],
          compressed_bytes: compressed[index],
          // Whole pages: 2 of the program, 1 each of the units and the manifest.
          memory_bytes: (index === 0 ? 5 : 3) * 4096,
          errors: [],
        }),
      ),
      assets: [
        {
          ...asset("hello", "bin", "bin/hello", "/run/torcx/bin/hello"),
          link_text: "/run/torcx/unpack/hello/bin/hello",
          mode: null,
          digest: null,
          is_directory: false,
          raw_names: null,
        },
        { ...hello, ...copy },
        { ...shared, ...copy },
      ],
      conflicts: [
        {
          ...asset("world", "units", "units/shared.service", `${UNITS}/shared.service`),
          kept: 'image "hello"',
        },
        { ...asset("world", "units", "units/taken.service", `${UNITS}/taken.service`), kept: "the system" },
      ],
      overrides: [
        { ...hello, path: "/etc/systemd/system/hello.service", effective: "system" },
        { ...shared, path: "/usr/lib/systemd/system/shared.service", effective: "image" },
      ],
      warnings: [],
      findings: [],
      notes: [],
      memory_bytes: 8 * 4096,
      memory_limit_bytes: null,
      process_memory_bytes: 96 * 2 ** 20,
      boot_memory_bytes: 8 * 4096 + 96 * 2 ** 20,
      machine_memory_bytes: null,
      // Others than root cannot count them.
      inodes: Deno.uid() === 0 ? 15 : null,
      inodes_limit: null,
    });
  });
});

Deno.test("torcx plan does not count what this boot's apply made if the system is sealed", async () => {
  const paths = {
    profilePath: "/run/torcx/profile.json",
    binDir: "/run/torcx/bin",
    unpackDir: "/run/torcx/unpack",
  };
  const to = "/run/systemd/system/taken.service";
  const sealed = {
    "run/metadata/torcx": encodeSeal({ lowerProfiles: ["vendor"], upperProfile: "edge", ...paths }),
    "run/torcx/report.json": encodeReport(makeReport({
      assets: [{
        image: "world",
        kind: "units",
        from: "/run/torcx/unpack/world/units/taken.service",
        to,
        link_text: null,
        mode: "0644",
        digest: null,
        is_directory: false,
        raw_names: null,
      }],
    })),
  };
  await withSystem(sealed, async (run) => {
    const plan = await readPlan(run);
    assertEquals(plan.conflicts.map((conflict: Json) => conflict.kept), ['image "hello"']);
    assertEquals(plan.assets.at(-1).to, to);
  });
});

Deno.test("torcx plan --profile takes another profile", async () => {
  await withSystem({ "etc/torcx/profiles/none.json": makeProfile("hello:") }, async (run) => {
    const plan = await readPlan(run, "--profile", "none");
    assertEquals([plan.upper_profile, plan.images], ["none", []]);
    assertEquals(await run("plan", "--profile", "nope"), {
      code: 1,
      stdout: "",
      stderr:
        'torcx: Cannot find profile "nope": no profile directory has it\nHint: List the profiles with "torcx profile list"\n',
    });
  });
});

Deno.test("torcx plan --os-release exits with 1 if an image is not there for that version", async () => {
  await withSystem({}, async (run) => {
    const { code, stdout, stderr } = await run("plan", "--os-release", "2");
    assertEquals(code, 1);
    const { value } = JSON.parse(stdout);
    assertEquals([value.would_succeed, value.os_version, value.images[1].archive_path], [false, "2", null]);
    // No version's archives are mixed up with another's in silence.
    assertEquals(value.notes, [
      'profiles and store of "/usr/share/torcx" are those of the running OS version',
    ]);
    // Each warning once, of those that reading the settings gave and of the plan's own.
    assertEquals(value.warnings, [
      'no store of OS version "2" exists: absent are "/usr/share/oem/torcx/store/2", "/var/lib/torcx/store/2"',
    ]);
    assertMatch(
      stderr,
      /^torcx: warning: no store of OS version "2" exists: absent are "\/usr\/share\/oem\/torcx\/store\/2", "\/var\/lib\/torcx\/store\/2"\ntorcx: Cannot apply at the next boot: 1 of 2 images would fail: "world:1"\n {2}Cannot find image "world:1": not found in 1 store: "\/var\/lib\/torcx\/store"\nHint: /,
    );
  });
});

Deno.test("torcx plan exits with 1 if an archive is damaged behind its head", async () => {
  await withSystem({}, async (run, root) => {
    const path = `${root}/${STORE}/1/world:1.torcx.tgz`;
    await Deno.truncate(path, (await Deno.stat(path)).size - 20);
    const { code, stdout, stderr } = await run("plan", "--output", "text");
    assertEquals(code, 1);
    assertMatch(stdout, /^Next boot: {2}would fail\n[^]*\nworld +1 +edge \(user\) +.*tgz +would fail +-\n/);
    assertStringIncludes(stderr, "the file is cut off");
  });
});

Deno.test("torcx plan exits with 1 if the images take more than the tmpfs has", async () => {
  const config = JSON.stringify({ kind: "torcx-config-v0", value: { unpack_size: "27k" } });
  await withSystem({ "etc/torcx/config.json": config }, async (run) => {
    const { code, stdout, stderr } = await run("plan");
    assertEquals([code, JSON.parse(stdout).value.memory_limit_bytes], [1, 27 * 1024]);
    assertMatch(
      stderr,
      /^torcx: Cannot apply at the next boot: the images take 32.0 KiB, the tmpfs has 27.0 KiB\nHint: /,
    );
  });
});

Deno.test("torcx plan shows tables if text is wanted", async () => {
  await withSystem({}, async (run) => {
    const { code, stdout, stderr } = await run("plan", "--output", "text");
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(
      stdout,
      [
        "Next boot:  would succeed",
        "OS version: 1",
        "Profiles:   vendor, edge",
        "Memory:     32.0 KiB, and up to 96.0 MiB while it applies",
        "",
        "IMAGE  REFERENCE  PROFILE          ARCHIVE                                   WHY                             MEMORY",
        "hello  1          vendor (vendor)  /var/lib/torcx/store/hello:1.torcx.tgz    the only archive of this image  20.0 KiB",
        "world  1          edge (user)      /var/lib/torcx/store/1/world:1.torcx.tgz  the only archive of this image  12.0 KiB",
        "",
        "KIND   IMAGE  TARGET",
        "bin    hello  /run/torcx/bin/hello",
        "units  hello  /run/systemd/system/hello.service",
        "units  hello  /run/systemd/system/shared.service",
        "",
        "CONFLICT                            IMAGE  KEPT AS IN",
        '/run/systemd/system/shared.service  world  image "hello"',
        "/run/systemd/system/taken.service   world  the system",
        "",
        "SAME NAME                               IMAGE  TAKES EFFECT",
        "/etc/systemd/system/hello.service       hello  the system's",
        "/usr/lib/systemd/system/shared.service  hello  the image's",
        "",
      ].join("\n"),
    );
  });
});
