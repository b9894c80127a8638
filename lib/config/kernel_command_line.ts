/**
 * Owns torcx's parameters on the kernel command line: `torcx=0`, `torcx_profile=`, `torcx_config=`.
 * It refuses to read /proc/cmdline: the text is handed in.
 */

/** What the kernel command line asks of torcx; what it does not name is undefined. */
export interface KernelParameters {
  /** The text of `torcx=`. */
  torcx: string | undefined;
  /** The text of `torcx_profile=`; may be empty. */
  profile: string | undefined;
  /** The text of `torcx_config=`. */
  config: string | undefined;
}

/**
 * Parses a kernel command line. Quotes are those of the kernel (lib/cmdline.c, next_arg): a double
 * quote shields blanks, and one around the parameter or its value is dropped. As there, `-` in a
 * name is `_`, and of two equal parameters the last one counts.
 */
export function parseKernelCommandLine(text: string): KernelParameters {
  const values = new Map<string, string>();
  for (const word of splitWords(text)) {
    const equals = word.indexOf("=");
    if (equals < 0) continue;
    values.set(word.slice(0, equals).replaceAll("-", "_"), unquote(word.slice(equals + 1)));
  }
  return {
    torcx: values.get("torcx"),
    profile: values.get("torcx_profile"),
    config: values.get("torcx_config"),
  };
}

function splitWords(text: string): string[] {
  const words = text.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
  return words.map((word) => word.startsWith('"') ? unquote(word) : word);
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.slice(1).replace(/"$/, "") : text;
}

/** Returns the boolean that a parameter's text means (the words of systemd), undefined if none. */
export function parseKernelBoolean(text: string): boolean | undefined {
  switch (text.toLowerCase()) {
    case "0":
    case "n":
    case "no":
    case "f":
    case "false":
    case "off":
      return false;
    case "":
    case "1":
    case "y":
    case "yes":
    case "t":
    case "true":
    case "on":
      return true;
    default:
      return undefined;
  }
}
