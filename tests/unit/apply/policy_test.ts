/** Tests what each kind of fault means for the boot. */

import { assertEquals } from "@std/assert";
import {
  type FaultKind,
  getFaultTitle,
  listAwaited,
  listFailing,
  listObjections,
} from "../../../lib/apply/policy.ts";

/** Kind, title in errors, and what it does; `*` where the generator waits for it. */
const KINDS: readonly [FaultKind, string, string][] = [
  ["profile", "profile", "degrades"],
  ["missing", "not found", "fails*"],
  ["archive", "archive", "fails"],
  ["space", "space", "fails"],
  ["unpack", "unpack", "fails"],
  ["manifest", "assets", "fails"],
  ["propagate", "assets", "fails"],
  ["conflict", "conflict", "told"],
  ["warning", "warning", "told"],
];

for (const [kind, title, meaning] of KINDS) {
  Deno.test(`listFailing(), listObjections() and listAwaited() of ${kind}: ${meaning}`, () => {
    const faults = [{ kind }];
    const isFailing = meaning.startsWith("fails");
    assertEquals(getFaultTitle(kind), title);
    assertEquals(listFailing(faults), isFailing ? faults : []);
    assertEquals(listAwaited(faults), meaning.endsWith("*") ? faults : []);
    assertEquals(listObjections(faults), meaning === "told" ? [] : faults);
    assertEquals(listObjections(faults, { isStrict: true }), faults);
  });
}

Deno.test("listObjections() has what fails the boot first, then what it goes on without, else the order that was given", () => {
  const faults = (["conflict", "profile", "unpack", "warning", "missing"] as const).map((kind) => ({ kind }));
  assertEquals(listObjections(faults).map(({ kind }) => kind), ["unpack", "missing", "profile"]);
  assertEquals(listObjections(faults, { isStrict: true }).map(({ kind }) => kind), [
    "unpack",
    "missing",
    "profile",
    "conflict",
    "warning",
  ]);
});
