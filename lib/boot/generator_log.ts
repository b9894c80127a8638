/** Owns where the generator's log goes: /dev/kmsg reaches the journal, its standard error is easily lost. */

import { TorcxError } from "../errors.ts";
import { createLogger, type Logger, type LogSink } from "../log.ts";
import { openLogDevice } from "../sys/log_device.ts";

/** Opens the log. Where there is no /dev/kmsg, or it takes no line, lines go to the other sink. */
export function openGeneratorLog(fallback: LogSink): Logger {
  const tag = "torcx-generator";
  try {
    const device = openLogDevice("/dev/kmsg");
    const sink = (line: string): void => device.writeLine(line);
    return createLogger({ level: "debug", form: "priority", tag, sink, fallback });
  } catch (error) {
    if (!(error instanceof TorcxError)) throw error;
    return createLogger({ level: "debug", form: "text", tag, sink: fallback });
  }
}
