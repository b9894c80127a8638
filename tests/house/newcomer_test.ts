/**
 * Holds that what a newcomer looks for is in one file, which the names of the rooms lead to: each question with the
 * room and words of the answer, which nothing else in the product has.
 */

import { assertEquals, assertMatch } from "@std/assert";
import { readSources } from "../support/import_graph.ts";

interface Question {
  question: string;
  /** Files that the names lead to. */
  room: RegExp;
  /** What the answer is written as. */
  answer: RegExp;
}

const QUESTIONS: readonly Question[] = [
  {
    question: "the text that torcx status prints first",
    room: /^lib\/cli\/commands\/system\/status/,
    answer: /summary: \(\) => "sealed: /,
  },
  {
    question: "the rule that a hard link to a directory is refused",
    room: /^lib\/image\/writer\//,
    answer: /describeSource\(entry, "is a directory"\)/,
  },
  {
    question: "what systemd is told after the seal",
    room: /^lib\/boot\/integrat/,
    answer: /args: \["daemon-reload"\]/,
  },
  {
    question: "the default of unpack_size",
    room: /^lib\/config\/setting_table\.ts$/,
    answer: /unpack_size: \{[^{}]*fallbackText: "half of the memory"/,
  },
  { question: "the exit status 4", room: /^lib\/exit\.ts$/, answer: /number: 4,/ },
];

const sources = await readSources(["lib", "main.ts"]);

for (const { question, room, answer } of QUESTIONS) {
  Deno.test(`newcomer: ${question} is in one file, where one looks`, () => {
    const found = sources.filter(({ code }) => answer.test(code)).map(({ path }) => path);
    assertEquals(found.length, 1, found.join());
    assertMatch(found[0]!, room);
  });
}
