/**
 * Owns what is read of a unit file, as systemd.syntax(7) has it: which links enable it, and which other units it
 * brings up. It refuses disk access, and to judge.
 */

/** A link that enables a unit. */
export interface EnablingLink {
  /** The unit that asks for it, e.g. `multi-user.target`. */
  by: string;
  /** The directory of the link, e.g. `multi-user.target.wants`. */
  directory: string;
  /** The link's name: the unit's, of a template its default instance's. */
  name: string;
}

/** What a unit file says of starting units. */
export interface UnitFile {
  /** What its [Install] section asks for. */
  links: EnablingLink[];
  /** Units that it starts with itself, by any of its settings. */
  startedUnits: string[];
}

/** Settings of [Install] (systemd.unit(5)), and the directories in which `systemctl enable` makes their links. */
const ENABLING_SETTINGS: Readonly<Record<string, string>> = {
  WantedBy: "wants",
  RequiredBy: "requires",
  UpheldBy: "upholds",
};

/** Settings whose units are started: systemd.unit(5), systemd.timer(5), systemd.path(5), systemd.socket(5). */
const STARTING_SETTINGS: readonly string[] = [
  "Wants",
  "Requires",
  "BindsTo",
  "Upholds",
  "OnFailure",
  "OnSuccess",
  "Unit",
  "Service",
  "Sockets",
];

/**
 * Parses a unit file.
 *
 * @param name the unit's name, e.g. `docker.service`.
 */
export function parseUnitFile(text: string, name: string): UnitFile {
  const settings = parseSettings(text);
  const list = (section: string, key: string): string[] => settings.get(`${section}.${key}`) ?? [];
  const instance = list("Install", "DefaultInstance").at(-1);
  const link = /^[^@]+@\.[a-z]+$/.test(name)
    ? instance === undefined ? undefined : name.replace("@.", `@${instance}.`)
    : name;
  const links = link === undefined ? [] : Object.entries(ENABLING_SETTINGS).flatMap(([key, suffix]) =>
    // A specifier is known to the manager alone.
    list("Install", key).filter((by) => !by.includes("%")).map((by) => ({
      by,
      directory: `${by}.${suffix}`,
      name: link,
    }))
  );
  const startedUnits = [...settings].filter(([key]) => STARTING_SETTINGS.includes(key.split(".")[1]!))
    .flatMap(([, units]) => units);
  return { links, startedUnits };
}

/** Returns the words of each setting by `SECTION.KEY`; an empty one takes back what came before. */
function parseSettings(text: string): Map<string, string[]> {
  const settings = new Map<string, string[]>();
  let section = "";
  for (const line of joinLines(text)) {
    const head = /^\[(.*)\]$/.exec(line);
    if (head !== null) {
      section = head[1]!;
      continue;
    }
    const equals = line.indexOf("=");
    if (equals < 0) continue;
    const key = `${section}.${line.slice(0, equals).trim()}`;
    const words = line.slice(equals + 1).split(/\s+/).filter((word) => word !== "");
    settings.set(key, words.length === 0 ? [] : [...settings.get(key) ?? [], ...words]);
  }
  return settings;
}

/** A backslash at the end of a line goes on with the next one; comments within are passed over. */
function joinLines(text: string): string[] {
  const lines: string[] = [];
  let begun = "";
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim();
    if (/^[#;]/.test(line)) continue;
    if (line.endsWith("\\")) {
      begun += `${line.slice(0, -1)} `;
      continue;
    }
    lines.push((begun + line).trim());
    begun = "";
  }
  return begun === "" ? lines : [...lines, begun.trim()];
}
