/** Tests what is read of unit files: the links that enable them, and the units that they start. */

import { assertEquals } from "@std/assert";
import { parseUnitFile } from "../../../../lib/image/findings/unit_file.ts";

/** The unit's name, its text, its links as `BY DIRECTORY/NAME`, and the units that it starts. */
const CASES: Record<string, [name: string, text: string, links: string[], started: string[]]> = {
  "nothing of a unit without [Install]": ["a.service", "[Service]\nExecStart=/bin/a\n", [], []],
  "each target of each setting": [
    "a.service",
    "[Install]\nWantedBy=multi-user.target  graphical.target\nRequiredBy=b.service\nUpheldBy=c.service\n",
    [
      "multi-user.target multi-user.target.wants/a.service",
      "graphical.target graphical.target.wants/a.service",
      "b.service b.service.requires/a.service",
      "c.service c.service.upholds/a.service",
    ],
    [],
  ],
  "no setting of another section": [
    "a.service",
    "[Unit]\nWantedBy=x.target\n[X-Install]\nWantedBy=y.target\n",
    [],
    [],
  ],
  "nothing of comments": ["a.service", "[Install]\n#WantedBy=x.target\n ; WantedBy=y.target\n", [], []],
  "lines that go on, comments within": [
    "a.service",
    "[Install]\nWantedBy=x.target \\\n# not this\n  y.target\n",
    ["x.target x.target.wants/a.service", "y.target y.target.wants/a.service"],
    [],
  ],
  "an empty setting as one that takes back": [
    "a.service",
    "[Install]\nWantedBy=x.target\nWantedBy=\nWantedBy=y.target\n",
    ["y.target y.target.wants/a.service"],
    [],
  ],
  "lines of DOS, and blanks around the sign": [
    "a.service",
    "[Install]\r\n WantedBy = x.target\r\n",
    ["x.target x.target.wants/a.service"],
    [],
  ],
  "a template by its default instance": [
    "a@.service",
    "[Install]\nWantedBy=x.target\nDefaultInstance=tty1\n",
    ["x.target x.target.wants/a@tty1.service"],
    [],
  ],
  "no link of a template without one": ["a@.service", "[Install]\nWantedBy=x.target\n", [], []],
  "no specifier": ["a.service", "[Install]\nWantedBy=x@%i.target\n", [], []],
  "what a unit starts": [
    "a.timer",
    "[Unit]\nWants=w.service\nRequires=r.socket\nAfter=no.service\n[Timer]\nUnit=u.service\n",
    [],
    ["w.service", "r.socket", "u.service"],
  ],
};

for (const [title, [name, text, links, started]] of Object.entries(CASES)) {
  Deno.test(`parseUnitFile() reads ${title}`, () => {
    const unit = parseUnitFile(text, name);
    assertEquals(unit.links.map((link) => `${link.by} ${link.directory}/${link.name}`), links);
    assertEquals(unit.startedUnits, started);
  });
}
