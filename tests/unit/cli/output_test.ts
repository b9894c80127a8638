/** Tests what reaches standard output: JSON, tables, colour, hostile names, broken pipes, progress. */

import { assertEquals } from "@std/assert";
import { encodeJson } from "../../../lib/manifest/json.ts";
import { formatPercent, formatSize, Output, printable, Progress } from "../../../lib/cli/output.ts";
import { type ByteSink, writeBytes } from "../../../lib/sys/byte_sink.ts";

/** A sink that keeps what it gets, `chunk` bytes at a time. */
function createSink(chunk = Infinity): ByteSink & { text: () => string } {
  const bytes: number[] = [];
  return {
    writeSync(data): number {
      const count = Math.min(chunk, data.length);
      bytes.push(...data.subarray(0, count));
      return count;
    },
    text: () => new TextDecoder().decode(Uint8Array.from(bytes)),
  };
}

function createOutput(sink: ByteSink, hasColor = false): Output {
  return new Output({ stream: { sink, isTerminal: hasColor, columns: 80 }, format: "text", hasColor });
}

Deno.test("Output.writeText() writes JSON as it is, however little the sink takes at a time", () => {
  const sink = createSink(1);
  createOutput(sink).writeText(encodeJson({ kind: "torcx-image-list-v0", value: [{ name: "é" }] }));
  assertEquals(
    sink.text(),
    '{\n  "kind": "torcx-image-list-v0",\n  "value": [\n    {\n      "name": "é"\n    }\n  ]\n}\n',
  );
});

Deno.test("Output.writeTable() aligns columns, leaves no blanks at line ends, and escapes names", () => {
  const sink = createSink();
  createOutput(sink).writeTable(["NAME", "REFERENCE", "STORE"], [
    ["docker", "17.06", "/var"],
    ["a\x1b[2J\nb", { text: "é", style: "red" }, ""],
  ]);
  assertEquals(
    sink.text(),
    "NAME         REFERENCE  STORE\n" +
      "docker       17.06      /var\n" +
      "a\\x1b[2J\\nb  é\n",
  );
});

Deno.test("Output.writeTable() gives wide and combining characters the columns that a terminal does", () => {
  const sink = createSink();
  createOutput(sink).writeTable(["PATH", "KIND"], [["/日本語", "a"], ["/e\u0301", "b"], ["/abcdef", "c"]]);
  assertEquals(sink.text(), "PATH     KIND\n/日本語  a\n/e\u0301       b\n/abcdef  c\n");
});

Deno.test("Output.writeTable() writes nothing if there are no rows", () => {
  const sink = createSink();
  createOutput(sink).writeTable(["NAME"], []);
  assertEquals(sink.text(), "");
});

Deno.test("Output.style() colours only if colour is wanted", () => {
  assertEquals(createOutput(createSink(), true).style("red", "x"), "\x1b[31mx\x1b[39m");
  assertEquals(createOutput(createSink(), false).style("red", "x"), "x");
});

Deno.test("Output keeps why it could not write, throws nothing, and writes no more", () => {
  let calls = 0;
  const output = createOutput({
    writeSync(): number {
      calls++;
      throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
    },
  });
  assertEquals(output.fault, undefined);
  output.writeLine("a");
  output.writeLine("b");
  assertEquals(output.fault, "Broken pipe (os error 32)");
  assertEquals(calls, 1);
});

Deno.test("writeBytes() goes on after a stream that does not block was full, with its patience for one that stays so", () => {
  let calls = 0;
  const bytes: number[] = [];
  const sink: ByteSink = {
    writeSync(data): number {
      if (++calls % 2 === 1) {
        throw new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)");
      }
      bytes.push(data[0]!);
      return 1;
    },
  };
  assertEquals(writeBytes(sink, Uint8Array.of(1, 2, 3), { patience: 10 }), undefined);
  assertEquals(bytes, [1, 2, 3]);
  const full: ByteSink = {
    writeSync(): number {
      throw new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)");
    },
  };
  assertEquals(
    writeBytes(full, Uint8Array.of(1), { patience: 20 }),
    "Resource temporarily unavailable (os error 11)",
  );
  assertEquals(writeBytes({ writeSync: () => 0 }, Uint8Array.of(1), { patience: 0 }), "it takes nothing");
});

for (
  const [text, expected] of [
    ["docker:17.06", "docker:17.06"],
    ['a"b\\c', 'a"b\\c'],
    ["\x1b]0;x\x07\r\n", "\\x1b]0;x\\x07\\x0d\\n"],
    ["a\u202eb\u2066", "a\\u{202e}b\\u{2066}"],
  ] as const
) {
  Deno.test(`printable() returns ${JSON.stringify(expected)} for ${JSON.stringify(text)}`, () => {
    assertEquals(printable(text), expected);
  });
}

for (
  const [bytes, expected] of [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1536 * 1024, "1.5 MiB"],
    [200 * 1024 * 1024, "200 MiB"],
    [2 ** 50, "1024 TiB"],
  ] as const
) {
  Deno.test(`formatSize() returns ${expected} for ${bytes}`, () => assertEquals(formatSize(bytes), expected));
}

Deno.test("Progress shows a line at most ten times a second, cut to the width, and clears it", () => {
  const sink = createSink();
  let time = 0;
  const progress = new Progress({ sink, isTerminal: true, columns: 6 }, () => time);
  progress.show("abcdefgh");
  progress.show("too early");
  time = 100;
  progress.show("a\nb");
  progress.clear();
  progress.clear();
  assertEquals(sink.text(), "\r\x1b[Kabcde\r\x1b[Ka\\nb\r\x1b[K");
});

Deno.test("Progress shows nothing if nobody looks", () => {
  const sink = createSink();
  const progress = new Progress({ sink, isTerminal: false, columns: 80 }, () => 0);
  progress.show("a");
  progress.clear();
  assertEquals(sink.text(), "");
});

Deno.test("formatPercent() rounds down, and takes nothing for done", () => {
  assertEquals(
    [[0, 3], [1, 3], [2, 3], [3, 3], [0, 0]].map(([done, whole]) => formatPercent(done!, whole!)),
    [
      "0 %",
      "33 %",
      "66 %",
      "100 %",
      "100 %",
    ],
  );
});
