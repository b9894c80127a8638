/**
 * Owns the question which devices new udev rules can match, so that only those are triggered again
 * (udev(7)). It is pure; `integrate.ts` calls it.
 */

/** A match that narrows the devices, and the option of `udevadm trigger` for it. */
const MATCHES: readonly (readonly [RegExp, string])[] = [
  [/(?:^|,)\s*SUBSYSTEM\s*==\s*"([^"]*)"/, "--subsystem-match="],
  [/(?:^|,)\s*KERNEL\s*==\s*"([^"]*)"/, "--sysname-match="],
];

/**
 * Returns the arguments of `udevadm trigger` for rules files; undefined if they match nothing. One
 * line without a subsystem or kernel name can match any device: then there is no argument.
 */
export function listTriggerArguments(texts: readonly string[]): string[] | undefined {
  const lines = texts.flatMap((text) => text.replace(/\\\n/g, "").split("\n")).map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#") && !/^(?:LABEL|GOTO)\s*=/.test(line));
  if (lines.length === 0) return undefined;
  const options = lines.map(findOption);
  // Options of one kind are alternatives, of two kinds both must hold: such a mix is not narrowed.
  const kinds = new Set(options.map((option) => option?.kind));
  if (kinds.has(undefined) || kinds.size > 1) return [];
  return [...new Set(options.flatMap((option) => option?.values ?? []))];
}

function findOption(line: string): { kind: string; values: string[] } | undefined {
  for (const [pattern, kind] of MATCHES) {
    const value = pattern.exec(line)?.[1];
    if (value !== undefined && value !== "") {
      return { kind, values: value.split("|").map((item) => kind + item) };
    }
  }
  return undefined;
}
