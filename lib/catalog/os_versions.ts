/** Owns the order of OS versions. It is pure. */

/**
 * Compares VERSION_IDs: numbers by value, other runs of characters as text, a `~` part before all
 * else (as package managers do).
 *
 * @returns below 0 if `a` is older, above 0 if it is newer, 0 if they are equal.
 */
export function compareOsVersions(a: string, b: string): number {
  const left = splitParts(a);
  const right = splitParts(b);
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = compareParts(left[at], right[at]);
    if (order !== 0) return order;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

function splitParts(version: string): string[] {
  return version.match(/[0-9]+|[A-Za-z]+|~/g) ?? [];
}

function compareParts(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === "~") return -1;
  if (b === "~") return 1;
  if (a === undefined) return -1;
  if (b === undefined) return 1;
  const isNumber = /^[0-9]/;
  if (isNumber.test(a) && isNumber.test(b)) {
    const difference = BigInt(a) - BigInt(b);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  return a < b ? -1 : 1;
}
