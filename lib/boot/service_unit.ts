/**
 * Owns `torcx.service`, by which the generator hands the work to the running system: its text and
 * the two files in the generator's output directory. Nothing else is written anywhere.
 */

import { join } from "@std/path/posix/join";
import { encodePath } from "../bytes.ts";
import { listStorePaths } from "../config/search_paths.ts";
import { SETTING_NAMES, SETTING_TABLE } from "../config/setting_table.ts";
import type { Settings } from "../config/settings.ts";
import { ENVIRONMENT_SOURCE } from "../config/sources.ts";
import { isErrno } from "../errors.ts";
import type { Root } from "../sys/root.ts";
import { quoteProgram, quoteVariable, quoteWord } from "./unit_text.ts";

/**
 * Where memory runs out others go first (systemd.exec(5)): this process has a bounded share, what it has unpacked
 * stays in the tmpfs without it, and a boot that is cut off here lacks its addons. udevd, -1000, goes last.
 */
const OOM_SCORE = -500;

/** The unit's name. */
export const SERVICE_NAME = "torcx.service";

/**
 * Returns the unit's text. It has no condition on the seal: `apply --boot` looks for itself.
 *
 * @param program the absolute path of this binary.
 * @throws {TorcxError} `invalid` if systemd cannot start a program of that path.
 */
export function encodeService(settings: Settings, program: string): string {
  const { baseDir, runDir, confDir, configPath, paths } = settings;
  const mounts = new Set([
    baseDir,
    runDir,
    confDir,
    configPath,
    paths.vendorDir,
    paths.oemDir,
    ...listStorePaths(settings),
  ]);
  const environment = listEnvironment(settings).map(([name, value]) =>
    `Environment=${quoteVariable(name, value)}\n`
  );
  // After udevd and its trigger: what they did not know of is sent to them then, and only then.
  return `# Written by torcx-generator: here it applies the profile later in the boot, or again.

[Unit]
Description=Apply the addons of torcx
Documentation=man:torcx(8)
DefaultDependencies=no
RequiresMountsFor=${[...mounts].map(quoteWord).join(" ")}
After=local-fs.target systemd-udevd.service systemd-udev-trigger.service
Before=sysinit.target systemd-tmpfiles-setup.service systemd-networkd.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
OOMScoreAdjust=${OOM_SCORE}
${environment.join("")}ExecStart=${quoteProgram(program)} apply --boot --verbose=info
`;
}

/** Returns the variables that the settings come from: the service has none of the generator's own. */
function listEnvironment(settings: Settings): [string, string][] {
  return SETTING_NAMES.flatMap((name): [string, string][] => {
    const source = settings.sources.get(name) ?? "";
    if (!source.startsWith(ENVIRONMENT_SOURCE)) return [];
    const value = settings[SETTING_TABLE[name].key];
    return [[
      source.slice(ENVIRONMENT_SOURCE.length),
      Array.isArray(value) ? value.join(":") : String(value),
    ]];
  });
}

/**
 * Writes the unit, and the link that has sysinit.target want it. Written anew they are the same.
 *
 * @param normalDir the generator's first argument, inside the root.
 * @param isWanted whether the boot starts it; else only a person does.
 * @throws {SyscallError} if a file cannot be written.
 */
export function writeService(
  root: Root,
  normalDir: string,
  { text, isWanted }: { text: string; isWanted: boolean },
): void {
  root.makeDirs(encodePath(normalDir), 0o755);
  root.writeFileAtomic(encodePath(join(normalDir, SERVICE_NAME)), new TextEncoder().encode(text), {
    mode: 0o644,
  });
  if (isWanted) writeWant(root, normalDir, { unit: "sysinit.target", wanted: SERVICE_NAME });
}

/**
 * Writes the link that has one unit want another.
 *
 * @throws {SyscallError} if it cannot be written.
 */
export function writeWant(
  root: Root,
  normalDir: string,
  { unit, wanted }: { unit: string; wanted: string },
): void {
  const wants = join(normalDir, `${unit}.wants`);
  root.makeDirs(encodePath(wants), 0o755);
  try {
    root.symlink(encodePath(`../${wanted}`), encodePath(`${wants}/${wanted}`));
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}
