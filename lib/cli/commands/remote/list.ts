/** Owns `torcx remote list`: the remotes of all layers, and whether each can be used here. */

import { listRemotes } from "../../../catalog/remotes.ts";
import { listMessages, TorcxError } from "../../../errors.ts";
import { EXIT } from "../../../exit.ts";
import { encodeRemoteList, type RemoteListItem } from "../../../manifest/outputs/remote_list.ts";
import { locateRemote } from "../../../catalog/located_remotes.ts";
import type { Context } from "../../context.ts";
import type { CommandOptions } from "../../options/parse.ts";
import { openSystem } from "../../system.ts";

/** Lists them; one that cannot be used is in the list with the reason. */
export function runRemoteList(options: CommandOptions<"remote list">, context: Context): number {
  using system = openSystem(options, context);
  const { stdout, log } = context;
  const items = listRemotes(system).map((place): RemoteListItem => {
    try {
      return { ...place, url: locateRemote(system, place.name).base.url.href, fault: null };
    } catch (error) {
      if (!(error instanceof TorcxError)) throw error;
      return { ...place, url: null, fault: listMessages(error).join(": ") };
    }
  });
  if (stdout.format === "json") stdout.writeText(encodeRemoteList(items));
  else if (items.length === 0) stdout.writeLine("No remotes are configured");
  else {
    stdout.writeTable(
      ["REMOTE", "LAYER", "URL"],
      items.map(({ name, layer, url }) => [name, layer, url ?? { text: "cannot be used", style: "red" }]),
    );
    for (const { fault } of items) if (fault !== null) log.warning(fault);
  }
  return EXIT.done;
}
