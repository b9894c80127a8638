/**
 * Owns how the whole of the tests is run side by side: which files share a process, in which order, and that each
 * process's output is told in one piece. Processes have nothing in common but the machine, so descriptors, umask and
 * mount namespaces stay a file's own.
 */

/** Files that one process runs. */
export interface TestGroup {
  name: string;
  files: string[];
  /** Nothing runs beside it. */
  isAlone: boolean;
}

/** What is known of a directory of tests. */
interface Room {
  directory: string;
  /** In how many processes its files run. @default {1} */
  parts?: number;
  /** Whether it measures time. @default {false} */
  isAlone?: boolean;
}

/** Those that take longest come first; one that is not listed is a process of its own behind them. */
const ROOMS: readonly Room[] = [
  // One boot at a time on the whole machine, whoever starts it.
  { directory: "tests/boot" },
  { directory: "tests/faults" },
  { directory: "tests/program", parts: 4 },
  { directory: "tests/unit", parts: 2 },
  { directory: "tests/archives" },
  { directory: "tests/bench", isAlone: true },
];

/**
 * Puts files into groups.
 *
 * @param files paths of test files below `tests/`
 */
export function planGroups(files: readonly string[]): TestGroup[] {
  const directories = new Set(files.map(findRoom));
  const listed = ROOMS.filter(({ directory }) => directories.delete(directory));
  const rooms: Room[] = [...listed, ...[...directories].sort().map((directory) => ({ directory }))];
  return rooms.flatMap(({ directory, parts = 1, isAlone = false }) => {
    const own = files.filter((file) => findRoom(file) === directory).sort();
    const lists = Array.from({ length: parts }, (_, part) => own.filter((_, at) => at % parts === part));
    return lists.filter((list) => list.length > 0).map((list, part) => ({
      name: parts === 1 ? directory : `${directory} (${part + 1} of ${parts})`,
      files: list,
      isAlone,
    }));
  });
}

/** Returns the directory below `tests/` that a file is in, or `tests` itself. */
function findRoom(file: string): string {
  return file.split("/").slice(0, -1).slice(0, 2).join("/");
}

/**
 * Runs groups, so many at a time, those that want to be alone at the end.
 *
 * @param run runs one group to its end; what it throws ends all of it
 */
export async function runGroups(
  groups: readonly TestGroup[],
  { lanes, run }: { lanes: number; run: (group: TestGroup) => Promise<void> },
): Promise<void> {
  const waiting = groups.filter(({ isAlone }) => !isAlone);
  const work = async (): Promise<void> => {
    for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) await run(group);
  };
  await Promise.all(Array.from({ length: lanes }, work));
  for (const group of groups.filter(({ isAlone }) => isAlone)) await run(group);
}

/** Lists the test files below a directory, but for those below `but`. */
export async function listTestFiles(directory: string, but: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (path === but) continue;
    if (isDirectory) files.push(...await listTestFiles(path, but));
    else if (name.endsWith("_test.ts")) files.push(path);
  }
  return files;
}
