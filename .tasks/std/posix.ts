/**
 * What this project uses of @std/path/posix and of its files of one function. It is on the way to the start of the
 * program, so it loads nothing: node:path would be loaded with it.
 */

/** Returns whether a path begins at the root. */
export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

/** Returns a path without empty, `.` and, where that can be, `..` components; one final slash stays. */
export function normalize(path: string): string {
  const names = clean(path.split("/"), isAbsolute(path));
  const text = names.join("/");
  const end = path.endsWith("/") ? "/" : "";
  if (isAbsolute(path)) return text === "" ? "/" : `/${text}${end}`;
  return text === "" ? `.${end}` : `${text}${end}`;
}

/** Joins paths, of which there is at least one, and normalizes them. */
export function join(path: string, ...paths: string[]): string {
  return normalize([path, ...paths].filter((part) => part !== "").join("/") || ".");
}

/** Returns the absolute path that the last of the paths means, from those before it on, without a final slash. */
export function resolve(...paths: string[]): string {
  let path = "";
  for (let at = paths.length - 1; at >= 0 && !isAbsolute(path); at--) {
    if (paths[at] !== "") path = `${paths[at]}/${path}`;
  }
  if (!isAbsolute(path)) path = `${Deno.cwd()}/${path}`;
  return `/${clean(path.split("/"), true).join("/")}`;
}

/** Returns the way from one path to another. */
export function relative(from: string, to: string): string {
  const start = resolve(from).split("/").filter((name) => name !== "");
  const end = resolve(to).split("/").filter((name) => name !== "");
  let same = 0;
  while (same < start.length && start[same] === end[same]) same++;
  return [...start.slice(same).map(() => ".."), ...end.slice(same)].join("/");
}

/** Returns the last component of a path; of `/` that is `/` itself. */
export function basename(path: string, suffix = ""): string {
  const trimmed = path.replace(/\/+$/, "");
  if (trimmed === "") return path === "" ? "" : "/";
  const name = trimmed.slice(trimmed.lastIndexOf("/") + 1);
  return name !== suffix && name.endsWith(suffix) ? name.slice(0, name.length - suffix.length) : name;
}

/** Returns a path without its last component; of several slashes before that none stays. */
export function dirname(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  if (trimmed === "") return path === "" ? "." : "/";
  const slash = trimmed.lastIndexOf("/");
  if (slash < 0) return ".";
  return trimmed.slice(0, slash).replace(/\/+$/, "") || "/";
}

function clean(names: readonly string[], isRooted: boolean): string[] {
  const kept: string[] = [];
  for (const name of names) {
    if (name === "" || name === ".") continue;
    if (name !== "..") kept.push(name);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!isRooted) kept.push(name);
  }
  return kept;
}
