/**
 * Owns log levels, the form of log lines (terminal, `<N>` prefix, /dev/kmsg), and that a log decides nothing:
 * a line that cannot be written is lost. It refuses to open anything: the sinks are handed in.
 */

/** The levels of `--verbose=LEVEL`, most severe first (those of the first torcx's logrus). */
export const LOG_LEVELS = ["panic", "fatal", "error", "warning", "info", "debug"] as const;

/** One of {@linkcode LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** syslog(3) priorities: emerg 0, crit 2, err 3, warning 4, info 6, debug 7. */
const PRIORITIES: Record<LogLevel, number> = {
  panic: 0,
  fatal: 2,
  error: 3,
  warning: 4,
  info: 6,
  debug: 7,
};

/** Takes one formatted line without its line end. It may throw. */
export type LogSink = (line: string) => void;

/** Writes log lines at or above its level. */
export interface Logger {
  error(message: string): void;
  warning(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

const drop = (): void => {};

/** A log that drops everything, for what is looked at twice or while a line is being typed. */
export const SILENT_LOG: Logger = { error: drop, warning: drop, info: drop, debug: drop };

/** Returns a log that also keeps its warnings and errors in a list. */
export function keepWarnings(log: Logger, warnings: string[]): Logger {
  return {
    ...log,
    error(message): void {
      warnings.push(message);
      log.error(message);
    },
    warning(message): void {
      warnings.push(message);
      log.warning(message);
    },
  };
}

/** How a line looks: `text` for people, `priority` with `<N>` for journald and /dev/kmsg. */
export type LogForm = "text" | "priority";

/** Options of {@linkcode createLogger}. */
export interface LoggerOptions {
  /** Lines below this level are dropped. */
  level: LogLevel;
  /** The form of a line. */
  form: LogForm;
  /** The program's name at the head of each line. */
  tag: string;
  sink: LogSink;
  /** Takes the lines that the sink does not. */
  fallback?: LogSink;
}

/**
 * Makes a logger. Control characters in messages are escaped, so that one message is one line. It never
 * throws: a full disk, a reader that has gone or a journal that is dead must not decide what a command does.
 */
export function createLogger(options: LoggerOptions): Logger {
  const threshold = LOG_LEVELS.indexOf(options.level);
  const log = (level: LogLevel, message: string): void => {
    if (LOG_LEVELS.indexOf(level) > threshold) return;
    const text = escapeControls(message);
    const line = options.form === "priority"
      ? `<${PRIORITIES[level]}>${options.tag}: ${text}`
      : `${options.tag}: ${level}: ${text}`;
    for (const sink of [options.sink, options.fallback]) {
      try {
        return sink?.(line);
      } catch {
        // Nobody is left to be told.
      }
    }
  };
  return {
    error: (message) => log("error", message),
    warning: (message) => log("warning", message),
    info: (message) => log("info", message),
    debug: (message) => log("debug", message),
  };
}

function escapeControls(message: string): string {
  return message.replace(
    // deno-lint-ignore no-control-regex -- control characters are what it looks for
    /[\x00-\x1f\x7f-\x9f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
