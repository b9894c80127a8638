/** What is mounted, by the kernel's own list, for tests that look at what they mount. */

/** One line of /proc/self/mountinfo. */
export interface MountInfo {
  /** Where it is mounted, as text. */
  target: string;
  type: string;
  source: string;
  /** Whether the mount or its file system is read-only. */
  isReadOnly: boolean;
}

/**
 * Lists the mounts of this process, in the order of mounting (proc(5), mountinfo).
 */
export function readMounts(): MountInfo[] {
  const text = Deno.readTextFileSync("/proc/thread-self/mountinfo");
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const [left = "", right = ""] = line.split(" - ", 2);
    const fields = left.split(" ");
    const [type = "", source = "", superOptions = ""] = right.split(" ");
    const isReadOnly = (options: string): boolean => options.split(",").includes("ro");
    return {
      target: unescapeMountPath(fields[4] ?? ""),
      type,
      source: unescapeMountPath(source),
      isReadOnly: isReadOnly(fields[5] ?? "") || isReadOnly(superOptions),
    };
  });
}

function unescapeMountPath(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
