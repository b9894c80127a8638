/** What a file holds that is not what it should be reaches neither the report nor the log: it may be a secret. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { catchError, makeProfile, type Node, OS_RELEASE, writeNodes } from "../../support/nodes.ts";
import { runSteps } from "../../support/e2e_system.ts";
import { runTorcx } from "../../support/binary.ts";
import { parseJson } from "../../../lib/manifest/json.ts";
import { testWith } from "../../support/needs.ts";

const SECRET = "hunter2 s3cr3t-T0ken";
const SYSTEM: Record<string, Node> = {
  ...OS_RELEASE,
  "etc/secret": `${SECRET}\n`,
  "etc/torcx/profiles/edge.json": makeProfile(),
  "etc/torcx/next-profile": "edge\n",
  run: { dir: true },
};
const LINK: Node = { link: "/etc/secret" };
const withKind = (kind: string, value: unknown): string => JSON.stringify({ kind, value });

interface Case {
  what: string;
  nodes: Record<string, Node>;
  /** What must be said instead. */
  says: RegExp;
}

const CASES: Case[] = [
  { what: "the selector", nodes: { "etc/torcx/next-profile": LINK }, says: /next-profile/ },
  {
    what: "the docker flag",
    nodes: { "etc/coreos/docker-1.12": LINK },
    says: /docker-1\.12": it holds neither "yes" nor "no"/,
  },
  {
    what: "the config file",
    nodes: { "etc/torcx/config.json": LINK },
    says: /Cannot parse "\/etc\/torcx\/config\.json": it is not valid JSON at line 1 column 1/,
  },
  {
    what: "the profile",
    nodes: { "etc/torcx/profiles/edge.json": LINK },
    says: /Cannot parse "\/etc\/torcx\/profiles\/edge\.json": it is not valid JSON at line 1 column 1/,
  },
  {
    what: "the config file's kind",
    nodes: { "etc/torcx/config.json": withKind(SECRET, {}) },
    says: /kind is a string that is no kind/,
  },
  {
    what: "a config file's value that is no object",
    nodes: { "etc/torcx/config.json": withKind("torcx-config-v0", SECRET) },
    says: /value is a string, expected an object/,
  },
  {
    what: "a profile's images",
    nodes: { "etc/torcx/profiles/edge.json": withKind("profile-manifest-v0", { images: SECRET }) },
    says: /value\.images is a string, expected an array/,
  },
  {
    what: "an image's name",
    nodes: {
      "etc/torcx/profiles/edge.json": withKind("profile-manifest-v0", {
        images: [{ name: SECRET, reference: "1" }],
      }),
    },
    says: /value\.images\[0\]\.name is a string that cannot be one: it holds a character that is not allowed/,
  },
  {
    what: "an image's reference",
    nodes: {
      "etc/torcx/profiles/edge.json": withKind("profile-manifest-v0", {
        images: [{ name: "a", reference: `${SECRET}\0` }],
      }),
    },
    says: /value\.images\[0\]\.reference is another string, expected well-formed text without NUL/,
  },
  {
    what: "VERSION_ID",
    nodes: { "usr/lib/os-release": `VERSION_ID="${SECRET}"\n` },
    says: /VERSION_ID in "\/usr\/lib\/os-release" cannot name a directory/,
  },
  {
    what: "the seal",
    nodes: { "run/metadata/torcx": LINK },
    says: /line 1 is not KEY="value"|not applied|stale/,
  },
];

const VERBS: readonly string[][] = [
  ["status"],
  ["plan", "--verbose=debug"],
  ["why", "a"],
  ["config", "show"],
  ["profile", "list", "--verbose=debug"],
  ["profile", "show", "edge"],
  ["profile", "check"],
  ["profile", "use-image", "--name", "edge", "--allow=missing", "a:1"],
  ["profile", "set-next", "edge"],
  ["image", "list", "--verbose=debug"],
];

for (const { what, nodes, says } of CASES) {
  Deno.test(`promise 15: no verb shows what ${what} holds`, async () => {
    const root = await Deno.makeTempDir({ prefix: "torcx-contents-" });
    try {
      writeNodes(root, { ...SYSTEM, ...nodes });
      let all = "";
      for (const args of VERBS) {
        const { stdout, stderr } = await runTorcx([...args, "--root", root], { cwd: root });
        all += stdout + stderr;
        for (const word of SECRET.split(" ")) {
          assert(!(stdout + stderr).includes(word), `${args.join(" ")}: ${stdout}${stderr}`);
        }
      }
      assertMatch(all, says);
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}

for (const { what, nodes } of CASES) {
  testWith(
    `promise 15: neither report nor log of an apply shows what ${what} holds`,
    { isRoot: true },
    async () => {
      const root = await Deno.makeTempDir({ prefix: "torcx-contents-" });
      try {
        writeNodes(root, { ...SYSTEM, ...nodes });
        const steps = await runSteps(root, [
          "torcx --verbose=debug apply",
          "cat run/torcx/report.json run/torcx/journal.json 2>/dev/null",
        ]);
        const output = steps.map((step) => step.output).join("");
        for (const word of SECRET.split(" ")) assert(!output.includes(word), output);
      } finally {
        await Deno.remove(root, { recursive: true });
      }
    },
  );
}

Deno.test("promise 15: a syntax error is told by line and column, at the first character that is wrong", () => {
  const cases: [string, [number, number] | undefined][] = [
    ["secret", [1, 1]],
    ["", [1, 1]],
    [" \n [1,\n  2,]", [3, 5]],
    ['{\n "a": 1,\n}', [3, 1]],
    ['{"a" 1}', [1, 6]],
    ['{"a": tru}', [1, 7]],
    ['["a\nb"]', [1, 4]],
    ['["\\x"]', [1, 3]],
    ['"open', [1, 6]],
    ["01", [1, 2]],
    ["[1 2]", [1, 4]],
    ["{} {}", [1, 4]],
    ["[]]", [1, 3]],
    ["{", [1, 2]],
    ["NaN", [1, 1]],
    ["-", [1, 1]],
    ['{"a": [1, {"b": null}], "c": "\\u00e9\\n"}', undefined],
    [" [ ] ", undefined],
    ["-1.5e+3", undefined],
  ];
  for (const [text, place] of cases) {
    const error = place === undefined ? undefined : catchError(() => parseJson(text, "f"));
    if (place === undefined) parseJson(text, "f");
    else {
      const told =
        /^Cannot parse "f": it is (?:empty|not valid JSON at line ([0-9]+) column ([0-9]+)(?:: .*)?)$/
          .exec((error as Error).message);
      assertEquals([Number(told?.[1] ?? 1), Number(told?.[2] ?? 1)], place, text);
      assert(told !== null && !told[0].includes("secret"), text);
    }
  }
});

Deno.test("promise 15: an archive that is none is explained without its bytes", async () => {
  const root = await Deno.makeTempDir({ prefix: "torcx-contents-" });
  try {
    writeNodes(root, { ...SYSTEM, "etc/torcx/profiles/edge.json": makeProfile("a:1", "b:1") });
    await Deno.mkdir(`${root}/var/lib/torcx/store`, { recursive: true });
    const text = new TextEncoder().encode(`${SECRET} `.repeat(100));
    const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
    await Deno.writeFile(`${root}/var/lib/torcx/store/a:1.torcx.tgz`, packed);
    await Deno.writeFile(`${root}/var/lib/torcx/store/b:1.torcx.tgz`, text);
    for (const args of [["plan"], ["profile", "check", "--deep"]]) {
      const { stdout, stderr, code } = await runTorcx([...args, "--root", root], { cwd: root });
      assertEquals(code, 1);
      assertStringIncludes(stdout + stderr, "a:1");
      for (const word of ["hunter", "s3cr", "T0ken"]) assert(!(stdout + stderr).includes(word), stderr);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
