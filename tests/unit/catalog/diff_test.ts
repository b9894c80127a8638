import { assertEquals } from "@std/assert";
import { diffProfiles } from "../../../lib/catalog/diff.ts";
import { formatImage } from "../../../lib/manifest/names.ts";
import { parseProfile } from "../../../lib/manifest/profile.ts";
import { makeProfile } from "../../support/nodes.ts";

Deno.test("diffProfiles() tells what is added, removed, changed and moved", () => {
  const cases: [
    string[],
    string[],
    { added?: string[]; removed?: string[]; changed?: string[]; moved?: true },
  ][] = [
    [[], [], {}],
    [["a:1"], ["a:1"], {}],
    [[], ["a:1", "b:2"], { added: ["a:1", "b:2"] }],
    [["a:1", "b:2"], ["b:2"], { removed: ["a:1"] }],
    [["a:1"], ["a:2"], { changed: ["a:1 a:2"] }],
    [["a:1"], ["a:"], { changed: ["a:1 a:"] }],
    [["a:1", "b:1"], ["b:1", "a:1"], { moved: true }],
    [["a:1", "b:1", "c:1"], ["c:1", "d:1"], { removed: ["a:1", "b:1"], added: ["d:1"] }],
    [["a:1", "b:1", "a:2"], ["b:1", "a:2"], {}],
  ];
  for (const [before, after, { added = [], removed = [], changed = [], moved = false }] of cases) {
    const parse = (images: string[]) => parseProfile(makeProfile(...images), "f");
    const diff = diffProfiles(parse(before), parse(after));
    assertEquals(
      {
        added: diff.added.map(formatImage),
        removed: diff.removed.map(formatImage),
        changed: diff.changed.map((change) => `${formatImage(change.before)} ${formatImage(change.after)}`),
        moved: diff.isReordered,
      },
      { added, removed, changed, moved },
      `${before} -> ${after}`,
    );
  }
});
