/** Tests the merge of profiles: order, replacement, removal. */

import { assertEquals } from "@std/assert";
import { mergeProfiles } from "../../../lib/catalog/merge.ts";

/** Merges lists of `NAME:REFERENCE`, and returns `NAME:REFERENCE of PROFILE`. */
function merge(lists: Record<string, string[]>): string[] {
  const profiles = Object.entries(lists).map(([name, images]) => ({
    name,
    profile: {
      images: images.map((image) => ({ name: image.split(":")[0], reference: image.split(":")[1] })),
    },
  }));
  return mergeProfiles(profiles as never).map(({ name, reference, profile }) =>
    `${name}:${reference} of ${profile}`
  );
}

Deno.test("mergeProfiles() has a later profile replace, move and remove images, the order otherwise kept", () => {
  const cases: [lists: Record<string, string[]>, merged: string[]][] = [
    [{}, []],
    [{ v: ["a:1", "b:1"] }, ["a:1 of v", "b:1 of v"]],
    [{ v: ["a:1", "b:1"], o: ["c:1", "a:2"] }, ["b:1 of v", "c:1 of o", "a:2 of o"]],
    [{ v: ["a:1", "b:1"], u: ["a:"] }, ["b:1 of v"]],
    [{ v: ["a:1"], o: ["a:"], u: ["b:1", "a:3"] }, ["b:1 of u", "a:3 of u"]],
    [{ v: ["a:1", "b:1", "a:2"] }, ["b:1 of v", "a:2 of v"]],
    [{ v: ["a:"] }, []],
  ];
  for (const [lists, merged] of cases) assertEquals(merge(lists), merged, JSON.stringify(lists));
});
