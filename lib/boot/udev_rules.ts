/**
 * Owns the question what new udev rules would have got if they had been there when the boot came to its
 * devices: which uevents (udev(7)), and which device nodes without a device. It is pure.
 */

import { escapeSpecifiers } from "./unit_text.ts";

/** One `KEY{attribute}=="value"` of a rule. */
interface Token {
  key: string;
  operator: string;
  value: string;
  /** Whether it matches whatever the case (the prefix `i`, systemd 256). */
  ignoresCase: boolean;
}

/** A line of a rules file. */
type Rule = readonly Token[];

const TOKEN = /\s*,?\s*([A-Z_]+)(?:\{[^}]*\})?\s*(==|!=|\+=|-=|:=|=)\s*([ei]*)"((?:\\"|[^"])*)"/y;

/** What narrows the devices of a trigger, and its option. */
const MATCHES = { SUBSYSTEM: "--subsystem-match=", KERNEL: "--sysname-match=" } as const;

/** The subsystems of what `udevadm trigger --type=subsystems` triggers: buses and classes, drivers, modules. */
const SUBSYSTEM_TYPES = ["subsystem", "drivers", "module"] as const;

/** udev's older words for `subsystem`, which udevadm does not know. */
const ALIASES: Readonly<Record<string, string>> = { bus: "subsystem", class: "subsystem" };

/**
 * Returns the arguments of each `udevadm trigger` that sends the rules what systemd-udev-trigger.service
 * sent: an `add` for every subsystem, driver and device, but only for those that can match. Without a
 * subsystem or kernel name in one of the rules these are all.
 *
 * @param texts the texts of the rules files.
 */
export function listTriggers(texts: readonly string[]): string[][] {
  const rules = texts.flatMap(parseRules).filter((rule) => rule.some(isEffect) && canMatchAdd(rule));
  if (rules.length === 0) return [];
  const narrowings = rules.map(findNarrowing);
  // Options of one kind are alternatives, of two kinds both must hold: such a mix is not narrowed.
  const keys = new Set(narrowings.map((narrowing) => narrowing?.key));
  const key = keys.size === 1 ? narrowings[0]?.key : undefined;
  const values = key === undefined
    ? []
    : [...new Set(narrowings.flatMap((narrowing) => narrowing?.values ?? []))];
  const options = key === undefined ? [] : values.map((value) => `${MATCHES[key]}${value}`);
  const types: string[] = [];
  const isType = (value: string): boolean => SUBSYSTEM_TYPES.some((type) => matchesGlob(value, type));
  // As the boot does it: first what drivers and modules need, then the devices.
  if (key !== "SUBSYSTEM" || values.some(isType)) types.push("subsystems");
  if (key !== "SUBSYSTEM" || values.some((value) => !isLiteral(value) || !isType(value))) {
    types.push("devices");
  }
  return types.map((type) => [`--type=${type}`, "--action=add", ...options]);
}

function findNarrowing(rule: Rule): { key: keyof typeof MATCHES; values: string[] } | undefined {
  for (const key of ["SUBSYSTEM", "KERNEL"] as const) {
    const token = rule.find((token) => token.key === key && token.operator === "==");
    if (token === undefined || token.value === "" || token.ignoresCase) continue;
    const values = token.value.split("|");
    return { key, values: key === "SUBSYSTEM" ? values.map((value) => ALIASES[value] ?? value) : values };
  }
  return undefined;
}

/** A line that only matches and jumps does nothing to a device by itself. */
function isEffect({ key, operator }: Token): boolean {
  if (key === "IMPORT" || key === "PROGRAM") return true;
  return operator !== "==" && operator !== "!=" && key !== "GOTO" && key !== "LABEL";
}

function canMatchAdd(rule: Rule): boolean {
  return rule.every(({ key, operator, value, ignoresCase }) => {
    if (key !== "ACTION" || ignoresCase) return true;
    const globs = value.split("|");
    if (operator === "==") return globs.some((glob) => matchesGlob(glob, "add"));
    return operator !== "!=" || !globs.some((glob) => !glob.includes("[") && matchesGlob(glob, "add"));
  });
}

/**
 * Returns the lines of tmpfiles.d(5) that give nodes without a device what `OPTIONS+="static_node="` asks
 * for: owner, group, mode, and the tags as links. udevd does so at its start alone, not at a reload.
 *
 * @param added the texts of the rules files that came: their nodes are set.
 * @param all the texts of all rules files, those among them, in udev's order: the last word on a node counts.
 */
export function listStaticNodes(added: readonly string[], all: readonly string[]): string[] {
  const nodes = new Set(added.flatMap(parseRules).flatMap(findStaticNodes));
  const permissions = new Map<string, string>();
  const tags = new Set<string>();
  for (const rule of all.flatMap(parseRules)) {
    for (const node of findStaticNodes(rule)) {
      if (!nodes.has(node)) continue;
      const line = describePermissions(node, rule);
      if (line !== undefined) permissions.set(node, line);
      for (const { key, operator, value } of rule) {
        if (key !== "TAG" || operator === "-=" || operator === "==" || operator === "!=") continue;
        const link = `/run/udev/static_node-tags/${value}/${escapeName(node)}`;
        // The last field is the rest of the line as it stands.
        tags.add(`L ${quoteField(link)} - - - - ${escapeSpecifiers(`/dev/${node}`)}`);
      }
    }
  }
  return [...permissions.values(), ...tags];
}

function findStaticNodes(rule: Rule): string[] {
  const prefix = "static_node=";
  return rule.filter(({ key, value }) => key === "OPTIONS" && value.startsWith(prefix))
    .map(({ value }) => value.slice(prefix.length));
}

/** As udevd counts: what is not said is root's, and 0600, or 0660 where there is a group. */
function describePermissions(node: string, rule: Rule): string | undefined {
  const find = (name: string): string | undefined =>
    rule.findLast(({ key, operator, value }) =>
      // What holds a substitution is known only with a device.
      key === name && !operator.endsWith("==") && operator !== "!=" && value !== "" && !/[$%]/.test(value)
    )?.value;
  const [owner, group, mode] = [find("OWNER"), find("GROUP"), find("MODE")];
  if (owner === undefined && group === undefined && mode === undefined) return undefined;
  // z takes a pattern.
  const path = `/dev/${node}`.replace(/[*?[]/g, "[$&]");
  const fallback = group === undefined ? "0600" : "0660";
  return `z ${quoteField(path)} ${mode ?? fallback} ${quoteField(owner ?? "root")} ${
    quoteField(group ?? "root")
  }`;
}

/** tmpfiles.d(5): quotes and backslashes as in units, and percent signs start specifiers. */
function quoteField(text: string): string {
  return `"${escapeSpecifiers(text).replace(/["\\]/g, "\\$&")}"`;
}

/** The name of a node as one path component, as udevd escapes it (xescape() of systemd). */
function escapeName(name: string): string {
  return [...new TextEncoder().encode(name)].map((byte) => {
    const character = String.fromCharCode(byte);
    const isPlain = byte >= 0x20 && byte < 0x7f && !"\\/.".includes(character);
    return isPlain ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
  }).join("");
}

function parseRules(text: string): Rule[] {
  return text.replace(/\\\n/g, "").split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#")).map(parseRule);
}

/** Returns the tokens up to the first that cannot be read: udevd takes no such line at all. */
function parseRule(line: string): Rule {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(line); match !== null; match = TOKEN.exec(line)) {
    const [, key, operator, prefix, value] = match as unknown as [string, string, string, string, string];
    tokens.push({ key, operator, value: value.replaceAll('\\"', '"'), ignoresCase: prefix.includes("i") });
  }
  return tokens;
}

function isLiteral(glob: string): boolean {
  return !/[*?[]/.test(glob);
}

/** fnmatch(3) without flags; a set of characters is taken for any character. */
function matchesGlob(glob: string, name: string): boolean {
  const pattern = glob.replace(/\[!?\]?[^\]]*\]/g, "?").replace(/[.+^${}()|\\[\]]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${pattern}$`).test(name);
}
