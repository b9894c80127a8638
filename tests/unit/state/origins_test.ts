/** Tests where a name comes from: of the running system, of a plan, and how it is found. */

import { assertEquals } from "@std/assert";
import type { Origin, Origins } from "../../../lib/manifest/outputs/why.ts";
import { findOrigins, listOriginNames, listOrigins, listPlannedOrigins } from "../../../lib/state/origins.ts";
import { withApplied } from "../../support/applied.ts";
import { testWith } from "../../support/needs.ts";
import { withTree } from "../../support/nodes.ts";

const UNPACK = "/run/torcx/unpack";

function makeOrigin(fields: Partial<Origin>): Origin {
  return {
    kind: "image",
    path: `${UNPACK}/hello`,
    from: null,
    name: "hello",
    reference: "1",
    profile: "vendor",
    archive_path: null,
    is_present: true,
    overridden_by: null,
    ...fields,
  };
}

const IMAGE = makeOrigin({});
const PROGRAM = makeOrigin({ kind: "bin", path: "/run/torcx/bin/hi", from: `${UNPACK}/hello/bin/hi` });
const ALL: Origins = {
  source: "running",
  origins: [IMAGE, PROGRAM],
  conflicts: [{
    image: "hello",
    kind: "units",
    from: "/u",
    to: "/run/systemd/system/lost.service",
    kept: "the system",
  }],
};

Deno.test("findOrigins() finds an image by name, reference and tree, a file by its last part and its paths", () => {
  const find = (name: string): unknown => findOrigins(ALL, name)?.origins;
  for (const name of ["hello", "hello:1", `${UNPACK}/hello`, `${UNPACK}/hello/etc/x`]) {
    assertEquals(find(name), [IMAGE], name);
  }
  for (const name of ["hi", PROGRAM.path]) assertEquals(find(name), [PROGRAM], name);
  assertEquals(find(PROGRAM.from!), [IMAGE, PROGRAM]);
  assertEquals(findOrigins(ALL, "lost.service"), { ...ALL, origins: [] });
  for (const name of ["hello:2", "hell", "h", "", `${UNPACK}/hello2`]) {
    assertEquals(find(name), undefined, name);
  }
});

Deno.test("listOrigins() and listOriginNames() have nothing where nothing is sealed", () =>
  withTree({}, ({ readSystem }) => {
    assertEquals(listOrigins(readSystem()), undefined);
    assertEquals(listOriginNames(readSystem()), []);
  }));

Deno.test("listPlannedOrigins() says of a plan what is there already, and which file takes effect instead", () =>
  withTree({ "etc/systemd/system/a.service": "mine" }, ({ readSystem }) => {
    const asset = {
      image: "hello",
      kind: "units",
      from: `${UNPACK}/hello/a.service`,
      to: "/run/systemd/system/a.service",
      link_text: null,
      mode: "0644",
      digest: null,
      is_directory: false,
      raw_names: null,
    } as const;
    const { source, origins } = listPlannedOrigins(readSystem(), {
      images: [],
      assets: [asset],
      conflicts: [],
    });
    assertEquals(source, "plan");
    assertEquals(origins, [makeOrigin({
      kind: "units",
      path: asset.to,
      from: asset.from,
      reference: null,
      profile: null,
      is_present: false,
      overridden_by: "/etc/systemd/system/a.service",
    })]);
  }));

testWith("listOrigins() lists images of the report, and programs by their links into a tree", {
  isRoot: true,
}, () =>
  withApplied((_tree, system) => {
    const { source, origins } = listOrigins(system)!;
    assertEquals(source, "running");
    assertEquals(origins.map(({ kind, path, name, profile }) => [kind, path, name, profile]), [
      ["image", `${UNPACK}/hello`, "hello", "vendor"],
      ["bin", "/run/torcx/bin/hi", "hello", "vendor"],
    ]);
    assertEquals(listOriginNames(system), ["hello", "hi"]);
  }, {
    "run/torcx/bin/hi": { link: `${UNPACK}/hello/bin/hi` },
    "run/torcx/bin/other": { link: "/usr/bin/other" },
  }));
