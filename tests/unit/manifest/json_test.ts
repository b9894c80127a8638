import { assert, assertEquals } from "@std/assert";
import { TorcxError } from "../../../lib/errors.ts";
import {
  decodeText,
  encodeJson,
  encodeManifest,
  JsonCursor,
  parseJson,
  parseManifest,
} from "../../../lib/manifest/json.ts";
import { catchError } from "../../support/nodes.ts";

Deno.test("parseJson() names source and place if the text is not JSON", () => {
  for (const text of ["", "  \n", "{", '{"a":1,}', "{} {}", "\ufeff{}", "NaN", "[".repeat(300_000)]) {
    const error = catchError(() => parseJson(text, "/etc/x.json"));
    assert(error instanceof TorcxError, text.slice(0, 10));
    assertEquals(error.code, "invalid");
    assert(error.message.startsWith('Cannot parse "/etc/x.json": it is '), error.message);
    assert(error.hint !== undefined);
  }
  const error = catchError(() => parseJson('{\n "a": 1,\n}', "f")) as TorcxError;
  assert(error.message.includes("line 3 column 1"), error.message);
});

Deno.test("parseJson() takes prototype keys as plain ones and the last of two equal keys", () => {
  const value = parseJson('{"__proto__": {"x": "y"}, "constructor": 1, "k": 1, "k": 2}', "f");
  const cursor = new JsonCursor(value, "f");
  assertEquals(({} as Record<string, unknown>)["x"], undefined);
  assertEquals(cursor.field("x").isPresent, false);
  assertEquals(cursor.field("toString").isPresent, false);
  assertEquals(cursor.field("__proto__").field("x").asString(), "y");
  assertEquals(
    encodeJson(value),
    '{\n  "__proto__": {\n    "x": "y"\n  },\n  "constructor": 1,\n  "k": 2\n}\n',
  );
});

Deno.test("decodeText() refuses if the bytes are not UTF-8, and drops a byte order mark", () => {
  assertEquals(decodeText(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d), "f"), "{}");
  for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
    const error = catchError(() => decodeText(Uint8Array.from(bytes), "f")) as TorcxError;
    assertEquals([error.code, error.message], ["invalid", 'Cannot parse "f": it is not valid UTF-8']);
  }
});

Deno.test("JsonCursor names the path, what is there and what was expected", () => {
  const document = new JsonCursor(
    parseJson('{"a":[{"b":1},{"b":"x"}],"n":null,"big":1.0,"l":"\\ud800"}', "f"),
    "f",
  );
  const cases: [() => unknown, string][] = [
    [
      () => document.field("a").items()[0]!.field("b").asString(),
      "a[0].b is a number, expected a string",
    ],
    [() => document.field("a").asObject(), "a is an array, expected an object"],
    [() => document.field("a").items()[1]!.field("b").items(), "a[1].b is a string, expected an array"],
    [() => document.field("n").asString(), "n is null, expected a string"],
    [() => document.field("z").asString(), "z is missing, expected a string"],
    [() => document.field("z").field("y"), "z is missing, expected an object"],
    [() => document.field("big").asObject(), "big is a number, expected an object"],
    [() => document.items(), "the document is an object, expected an array"],
  ];
  for (const [run, message] of cases) {
    const error = catchError(run) as TorcxError;
    assertEquals([error.code, error.message], ["invalid", `Cannot parse "f": ${message}`]);
    assert(error.hint !== undefined);
  }
  assertEquals((catchError(() => document.field("l").asString()) as TorcxError).code, "invalid");
  assertEquals(document.field("n").findString(), undefined);
  assertEquals(document.field("n").items(), []);
});

Deno.test("parseManifest() refuses if kind or value is wrong", () => {
  const cases: [string, string][] = [
    ["[]", "the document is an array, expected an object"],
    ['"x"', "the document is a string, expected an object"],
    ["{}", "kind is missing, expected a string"],
    ['{"kind":1,"value":{}}', "kind is a number, expected a string"],
    ['{"kind":"c","value":{}}', 'kind is a string that is no kind, expected "a" or "b"'],
    ['{"kind":"profile-manifest-v9","value":{}}', 'kind is "profile-manifest-v9", expected "a" or "b"'],
    ['{"kind":"a"}', "value is missing, expected the manifest's value"],
    ['{"kind":"a","value":null}', "value is null, expected the manifest's value"],
  ];
  for (const [text, message] of cases) {
    assertEquals(
      (catchError(() => parseManifest(text, "f", ["a", "b"])) as TorcxError).message,
      `Cannot parse "f": ${message}`,
    );
  }
  assertEquals(parseManifest('{"kind":"b","value":{},"x":1}', "f", ["a", "b"]).kind, "b");
});

Deno.test("encodeManifest() escapes < > & as Go does, encodeJson() does not", () => {
  assertEquals(
    encodeManifest("k", ["<&>\u2028"]),
    '{\n  "kind": "k",\n  "value": [\n    "\\u003c\\u0026\\u003e\\u2028"\n  ]\n}\n',
  );
  assertEquals(encodeJson(["<&>"]), '[\n  "<&>"\n]\n');
});
