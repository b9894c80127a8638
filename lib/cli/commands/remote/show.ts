/** Owns `torcx remote show`: one remote as it is configured. */

import { readRemote } from "../../../catalog/remotes.ts";
import type { BaseUrl } from "../../../catalog/base_url.ts";
import { listMessages, TorcxError } from "../../../errors.ts";
import { EXIT } from "../../../exit.ts";
import { encodeRemote, type RemoteOutput } from "../../../manifest/outputs/remote_show.ts";
import { locateRemote } from "../../../catalog/located_remotes.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { printable } from "../../output.ts";
import { openSystem } from "../../system.ts";

/**
 * Shows a remote.
 *
 * @throws {TorcxError} `not_found` if there is none of this name.
 */
export function runRemoteShow(options: CommandOptions<"remote show">, context: Context): number {
  using system = openSystem(options, context);
  const { stdout } = context;
  const remote = readRemote(system, options.name);
  let base: BaseUrl | undefined;
  let fault: string | null = null;
  try {
    ({ base } = locateRemote(system, options.name));
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    fault = listMessages(error).join(": ");
  }
  const output: RemoteOutput = {
    name: remote.name,
    layer: remote.layer,
    path: remote.path,
    base_url: remote.baseUrl,
    url: base?.url.href ?? null,
    directory: base?.usrDirectory ?? null,
    keyrings: remote.keyrings,
    minisign_keys: remote.minisignKeys,
    fault,
  };
  if (stdout.format === "json") stdout.writeText(encodeRemote(output));
  else for (const line of describe(output)) stdout.writeLine(printable(line));
  return EXIT.done;
}

function describe(remote: RemoteOutput): string[] {
  const rows: [string, string | null][] = [
    ["Remote", `${remote.name} (${remote.layer}: ${remote.path})`],
    ["Base URL", remote.base_url],
    ["Here", remote.fault === null ? remote.url : `cannot be used: ${remote.fault}`],
    [
      "In place",
      remote.directory === null ? null : `${remote.directory}, as part of the OS: nothing is fetched`,
    ],
    ...remote.keyrings.map((path): [string, string] => ["Keyring", path]),
    ...remote.minisign_keys.map((key): [string, string] => ["minisign", key]),
  ];
  const hasKeys = remote.keyrings.length + remote.minisign_keys.length > 0;
  if (!hasKeys && remote.directory === null) rows.push(["Keys", "none: nothing of it is trusted"]);
  return rows.flatMap(([title, text]) => text === null ? [] : [`${`${title}:`.padEnd(10)} ${text}`]);
}
