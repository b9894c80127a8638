/**
 * Owns `torcx.service`, by which the generator hands the work to the running system: its text and
 * the two files in the generator's output directory. Nothing else is written anywhere.
 */

import { encodePath } from "../bytes.ts";
import { listStorePaths } from "../config/stores.ts";
import type { Settings } from "../config/settings.ts";
import { isErrno } from "../errors.ts";
import type { Root } from "../sys/root.ts";

/** The unit's name. */
export const SERVICE_NAME = "torcx.service";

/**
 * Returns the unit's text.
 *
 * @param program the absolute path of this binary.
 */
export function encodeService(settings: Settings, program: string): string {
  const { baseDir, confDir, configPath, paths } = settings;
  const mounts = new Set([
    baseDir,
    confDir,
    configPath,
    paths.vendorDir,
    paths.oemDir,
    ...listStorePaths(settings),
  ]);
  return `# Written by torcx-generator: on this system generators cannot mount.

[Unit]
Description=Apply the addons of torcx
Documentation=man:torcx(8)
DefaultDependencies=no
ConditionPathExists=!${escapeSpecifiers(paths.seal)}
RequiresMountsFor=${[...mounts].map((path) => quoteWord(path)).join(" ")}
After=local-fs.target
Before=sysinit.target systemd-tmpfiles-setup.service systemd-networkd.service shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${quoteWord(program, true)} apply --boot --verbose=info
`;
}

/** systemd.unit(5): a percent sign starts a specifier. */
function escapeSpecifiers(text: string): string {
  return text.replaceAll("%", "%%");
}

/** systemd.syntax(7): one word, whatever it holds; systemd.service(5): `$` starts a variable in commands. */
function quoteWord(text: string, isCommand = false): string {
  const escaped = escapeSpecifiers(text).replace(/["\\]/g, "\\$&");
  const word = isCommand ? escaped.replaceAll("$", "$$$$") : escaped;
  return /[\s"'\\;]/.test(word) ? `"${word}"` : word;
}

/**
 * Writes the unit and the link that has sysinit.target want it. Written anew they are the same.
 *
 * @param normalDir the generator's first argument, inside the root.
 * @throws {SyscallError} if a file cannot be written.
 */
export function writeService(root: Root, normalDir: string, text: string): void {
  const wants = `${normalDir}/sysinit.target.wants`;
  root.makeDirs(encodePath(wants), 0o755);
  root.writeFileAtomic(encodePath(`${normalDir}/${SERVICE_NAME}`), new TextEncoder().encode(text), 0o644);
  try {
    root.symlink(encodePath(`../${SERVICE_NAME}`), encodePath(`${wants}/${SERVICE_NAME}`));
  } catch (error) {
    if (!isErrno(error, "EEXIST")) throw error;
  }
}
