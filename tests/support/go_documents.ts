/**
 * Documents and what Go's encoding/json makes of them, each with the rule. A row is run on every kind of file: in
 * its text, `$K` is the kind's name, `$L` its list, `$a` and `$b` two items of it, `$U` what else its value
 * needs. A code unit from U+DC80 to U+DCFF is a byte that is not UTF-8. Rows were held against encoding/json of
 * Go 1.26, decoding into structs with the fields, and by the calls, of the first torcx.
 */

/** A document and what comes of it. */
export interface GoDocument {
  rule: string;
  text: string;
  /** The items that are read; undefined: it is refused. */
  items?: string;
  /** What differs where the value is kept raw until the kind is known: profiles, remote contents. */
  raw?: string | null;
  /** What differs for single kinds; null: refused. */
  but?: Partial<Record<GoKind, string | null>>;
  /** The only kinds that it is of. */
  kinds?: readonly GoKind[];
  /** What is told; undefined: nothing is. */
  warns?: RegExp;
}

/** The kinds of files that people write. */
export type GoKind =
  | "torcx-config-v0"
  | "image-manifest-v0"
  | "profile-manifest-v0"
  | "profile-manifest-v1"
  | "remote-manifest-v0"
  | "torcx-remote-contents-v1";

const CONFIG: readonly GoKind[] = ["torcx-config-v0"];
const IMAGE: readonly GoKind[] = ["image-manifest-v0"];
const V0: readonly GoKind[] = ["profile-manifest-v0"];
const V1: readonly GoKind[] = ["profile-manifest-v1"];
const PROFILES = [...V0, ...V1];
const REMOTE: readonly GoKind[] = ["remote-manifest-v0"];
const CONTENTS: readonly GoKind[] = ["torcx-remote-contents-v1"];
const STRINGS = [...CONFIG, ...IMAGE];

const AB = '"value":{$U"$L":[$a,$b]}';
const PLAIN = `{"kind":"$K",${AB}}`;
const refuse = (rule: string, ...texts: string[]): GoDocument[] => texts.map((text) => ({ rule, text }));
/** With an unknown key of this value. */
const unknown = (value: string): string => `{"kind":"$K","x":${value},${AB}}`;
const UNKNOWN = /unknown key "x" at line 1 column \d+ has no effect: known are "kind", "value"$/;
const image = (fields: string): string => `{"kind":"$K","value":{"images":[${fields}]}}`;

export const GO_DOCUMENTS: readonly GoDocument[] = [
  { rule: "keys that are written exactly", text: PLAIN, items: "$a $b" },
  {
    rule: "blanks are space, tab, line feed and carriage return",
    text: ` \t\r\n${PLAIN.replaceAll(":", " :\t").replaceAll(",", "\r\n,\n")} \n\r\t`,
    items: "$a $b",
  },
  {
    rule: "a key in another case is the field's",
    text: '{"KIND":"$K","Value":{$U"$L":[$a]}}',
    items: "$a",
    warns: /key "KIND" at line 1 column 2 counts as "kind": spell it so/,
  },
  {
    rule: "keys inside are folded too",
    text: '{"kind":"$K","value":{$U"$M":[$a]}}',
    items: "$a",
    warns: /key "[A-Z_]+" of value at line 1 column \d+ counts as "[a-z_]+": spell it so/,
  },
  {
    rule: "the Kelvin sign folds to k",
    text: `{"\u212aind":"$K",${AB}}`,
    items: "$a $b",
    warns: /counts as "kind"/,
  },
  {
    rule: "an escaped Kelvin sign folds as well",
    text: `{"\\u212aind":"$K",${AB}}`,
    items: "$a $b",
    warns: /counts as "kind"/,
  },
  {
    rule: "the long s folds to s",
    text: '{"kind":"$K","value":{"imageſ":[$a]}}',
    kinds: [...PROFILES, ...CONTENTS],
    items: "$a",
    warns: /counts as "images"/,
  },
  ...refuse(
    "the dotless i and the dotted I fold to no i, so there is no kind",
    `{"kınd":"$K",${AB}}`,
    `{"kİnd":"$K",${AB}}`,
  ),
  ...refuse(
    "no other folding: full width letters, accents",
    `{"ｋｉｎｄ":"$K",${AB}}`,
    `{"kínd":"$K",${AB}}`,
  ),
  { rule: "an escaped key is the same key", text: `{"\\u006bin\\u0064":"$K",${AB}}`, items: "$a $b" },
  {
    rule: "of several keys the last counts: a folded one after the exact one",
    text: '{"kind":"$K","value":{$U"$L":[$a],"$M":[$b]}}',
    items: "$b",
    warns: /is there 2 times \(line 1, 1\)/,
  },
  {
    rule: "of several keys the last counts: the exact one after a folded one",
    text: '{"kind":"$K","value":{$U"$M":[$a],"$L":[$b]}}',
    items: "$b",
    warns: /is there 2 times/,
  },
  {
    rule: "of equal keys the last counts",
    text: '{"kind":"$K",\n"value":{$U"$L":[$a],\n"$L":[$b]}}',
    items: "$b",
    warns: /is there 2 times \(line 2, 3\)/,
  },
  {
    rule: "a later array that is shorter is as long as it is",
    text: '{"kind":"$K","value":{$U"$L":[$a,$b],"$L":[$b]}}',
    items: "$b",
    warns: /is there 2 times/,
  },
  {
    rule: "a later array that is empty empties",
    text: '{"kind":"$K","value":{$U"$L":[$a,$b],"$L":[]}}',
    items: "",
    warns: /is there 2 times/,
  },
  {
    rule: "null empties an array",
    text: '{"kind":"$K","value":{$U"$L":[$a,$b],"$L":null}}',
    items: "",
    warns: /is there 2 times/,
  },
  {
    rule: "null before an array sets nothing",
    text: '{"kind":"$K","value":{$U"$L":null,"$L":[$a]}}',
    items: "$a",
    warns: /is there 2 times/,
  },
  { rule: "an array that is null is empty", text: '{"kind":"$K","value":{$U"$L":null}}', items: "" },
  { rule: "an array that is absent is empty", text: '{"kind":"$K","value":{$U"$L":[]}}', items: "" },
  {
    rule: "a second object is merged into the struct; a raw one replaces the first",
    text: '{"kind":"$K","value":{$U"$L":[$a]},"value":{}}',
    items: "$a",
    raw: "",
    warns: /"value" is there 2 times/,
  },
  {
    rule: "of two objects with the same field the last field counts",
    text: '{"kind":"$K","value":{$U"$L":[$a]},"Value":{$U"$L":[$b]}}',
    items: "$b",
    warns: /"value" is there 2 times/,
  },
  {
    rule: "null leaves a struct as it was; raw, it replaces",
    text: '{"kind":"$K","value":{$U"$L":[$a]},"value":null}',
    items: "$a",
    raw: "",
    warns: /"value" is there 2 times/,
  },
  {
    rule: "null before an object sets nothing",
    text: '{"kind":"$K","value":null,"value":{$U"$L":[$a]}}',
    items: "$a",
    warns: /"value" is there 2 times/,
  },
  {
    rule: "a value that is null sets nothing",
    text: '{"kind":"$K","value":null}',
    items: "",
    but: { "remote-manifest-v0": null },
    warns: /"value" is null: nothing is set$/,
  },
  {
    rule: "a value that is absent sets nothing; a raw one of no bytes is no JSON",
    text: '{"kind":"$K"}',
    items: "",
    raw: null,
    but: { "remote-manifest-v0": null },
    warns: /there is no "value": nothing is set$/,
  },
  {
    rule: "an earlier value of another type is refused; raw, it is never looked at",
    text: '{"kind":"$K","value":5,"value":{$U"$L":[$a]}}',
    raw: "$a",
    warns: /"value" is there 2 times/,
  },
  {
    rule: "of two kinds the last counts",
    text: `{"kind":"profile-manifest-v9","kind":"$K",${AB}}`,
    items: "$a $b",
    warns: /"kind" is there 2 times .*the last one counts/,
  },
  {
    rule: "null leaves a string as it was",
    text: `{"kind":"$K","KIND":null,${AB}}`,
    items: "$a $b",
    warns: /"kind" is there 2 times/,
  },
  ...refuse("of two kinds the last counts", `{"kind":"$K","Kind":"other",${AB}}`),
  ...refuse("a file without a kind is none", `{${AB}}`, `{"kind":null,${AB}}`, `{"kind":"",${AB}}`, "{}"),
  ...refuse("a kind is written exactly", `{"kind":" $K",${AB}}`, `{"kind":"x$K",${AB}}`),
  ...refuse("a string is a string", `{"kind":1,${AB}}`, `{"kind":["$K"],${AB}}`, `{"kind":true,${AB}}`),
  ...refuse("the document is an object", "null", "true", "1", '"$K"', `[${PLAIN}]`),
  ...["", " \n\t"].map((text): GoDocument => ({
    rule: "no document at all: an empty profile, else refused",
    text,
    but: { "profile-manifest-v0": "", "profile-manifest-v1": "" },
  })),
  ...refuse(
    "an array is an array",
    '{"kind":"$K","value":{$U"$L":{}}}',
    '{"kind":"$K","value":{$U"$L":$a}}',
    '{"kind":"$K","value":{$U"$L":"/a"}}',
    '{"kind":"$K","value":{$U"$L":1}}',
    '{"kind":"$K","value":{$U"$L":false}}',
  ),
  ...refuse(
    "an error in an earlier value is not mended by a later one",
    '{"kind":"$K","value":{$U"$L":1,"$L":[$a]}}',
  ),
  ...refuse(
    "an object is an object",
    '{"kind":"$K","value":[]}',
    '{"kind":"$K","value":"x"}',
    '{"kind":"$K","value":0}',
    '{"kind":"$K","value":true}',
  ),
  ...refuse(
    "an item has its type",
    '{"kind":"$K","value":{$U"$L":[1]}}',
    '{"kind":"$K","value":{$U"$L":[$a,true]}}',
    '{"kind":"$K","value":{$U"$L":[[$a]]}}',
  ),
  ...["1e999999", "-0.5E-7", '{"kind":1,"kind":[]}', '"\\/\\b\\f\\u00e9"', "[[],{},null,true]"].map((
    value,
  ): GoDocument => ({
    rule: "what is below an unknown key is read as JSON alone",
    text: unknown(value),
    items: "$a $b",
    warns: UNKNOWN,
  })),
  {
    rule: "an unknown key of the value",
    text: '{"kind":"$K","value":{$U"$Ls":1,"$L":[$a]}}',
    items: "$a",
    warns: /unknown key "[a-z_]+s" of value at line 1 column \d+ has no effect: did you mean "[a-z_]+"\?$/,
  },
  {
    rule: "no key is a property of JavaScript's objects",
    text: '{"kind":"$K","__proto__":{"value":1},"value":{$U"constructor":1,"toString":[],"$L":[$a]}}',
    items: "$a",
    warns: /unknown key "__proto__"/,
  },
  ...["}", " // text", "\0\0\0", `\n${PLAIN}`, '{"kind"', "\ufeff", "x\udcff"].map((tail): GoDocument => ({
    rule: "what follows the document is left; json.Unmarshal refuses it",
    text: `${PLAIN}${tail}`,
    items: "$a $b",
    but: { "image-manifest-v0": null },
    warns: /what follows the JSON document at line \d column \d+ is passed over$/,
  })),
  ...refuse("a byte order mark is no JSON", `\ufeff${PLAIN}`, `\udcff\udcfe${PLAIN}`),
  ...refuse(
    "JSON has no comments",
    `// text\n${PLAIN}`,
    `# text\n${PLAIN}`,
    `{/* text */"kind":"$K",${AB}}`,
    `{"kind":"$K", // text\n${AB}}`,
  ),
  ...refuse(
    "no comma before the end",
    `{"kind":"$K",${AB},}`,
    '{"kind":"$K","value":{$U"$L":[$a,]}}',
    '{"kind":"$K","value":{$U"$L":[$a],}}',
    `{,"kind":"$K",${AB}}`,
  ),
  ...refuse("keys and strings stand in double quotes", `{'kind':"$K",${AB}}`, `{kind:"$K",${AB}}`),
  ...refuse("numbers are those of JSON", ...["NaN", "01", "+1", "0x1", "1.", ".5", "1e", "-"].map(unknown)),
  ...refuse("literals are written out", ...["True", "nul", "undefined", "trues"].map(unknown)),
  ...refuse("strings hold no control characters", ...['"a\tb"', '"a\nb"', '"\0"'].map(unknown)),
  ...refuse("escapes are those of JSON", ...['"\\x41"', '"\\u12"', '"\\\'"', '"\\u12g4"'].map(unknown)),
  ...refuse("other blanks are none", `\u00a0${PLAIN}`, `\v${PLAIN}`, `{\f"kind":"$K",${AB}}`, `\0${PLAIN}`),
  ...refuse("a document has an end", '{"kind":"$K","value":{', '{"kind":"$K"', '{"kind', "{", "["),
  ...refuse("a colon and a comma stand between", `{"kind" "$K",${AB}}`, `{"kind":"$K" ${AB}}`),
  ...refuse("what is opened is closed as it was opened", `{"kind":"$K","x":[},${AB}}`, `{"kind":"$K"]`),
  { rule: "DEL and U+2028 are characters", text: unknown('"\x7f\u2028"'), items: "$a $b", warns: UNKNOWN },
  {
    rule: "10000 levels are read",
    text: unknown(`${"[".repeat(9999)}${"]".repeat(9999)}`),
    items: "$a $b",
    warns: UNKNOWN,
  },
  ...refuse("10001 levels are refused", unknown(`${"[".repeat(10000)}${"]".repeat(10000)}`)),
  {
    rule: "a byte that is not UTF-8 is replaced in a string",
    text: unknown('"\udcff"'),
    items: "$a $b",
    warns: /what is not UTF-8 at line 1 column \d+ is read as U\+FFFD$/,
  },
  {
    rule: "a byte that is not UTF-8 is replaced in a key, which is then another one",
    text: `{"kind":"$K","kind\udcff":"x",${AB}}`,
    items: "$a $b",
    warns: /unknown key "kind\ufffd"/,
  },
  ...refuse("outside of strings bytes are JSON's own", `\udcff${PLAIN}`, `{\udc80"kind":"$K",${AB}}`),
  ...[
    ["each byte of a sequence that is cut off is replaced", "/x\udce2\udc82/", "/x\ufffd\ufffd/"],
    ["surrogates are not UTF-8", "/\udced\udca0\udc80", "/\ufffd\ufffd\ufffd"],
    ["overlong forms are not UTF-8", "/\udcc0\udcaf", "/\ufffd\ufffd"],
    ["what is above U+10FFFF is not UTF-8", "/\udcf4\udc90\udc80\udc80", "/\ufffd\ufffd\ufffd\ufffd"],
  ].map(([rule, text, items]): GoDocument => ({
    rule: rule!,
    text: `{"kind":"$K","value":{"$L":["${text}"]}}`,
    items: items!,
    kinds: STRINGS,
    warns: /what is not UTF-8/,
  })),
  ...[
    ["half of a pair is replaced", "/\\ud800", "/\ufffd"],
    ["a half before another character is replaced", "/\\ud800\\u0041", "/\ufffdA"],
    ["a low half is replaced", "/\\udc00x", "/\ufffdx"],
    ["a half before a pair is replaced, the pair is not", "/\\ud83d\\ud83d\\ude00", "/\ufffd\u{1f600}"],
  ].map(([rule, text, items]): GoDocument => ({
    rule: rule!,
    text: `{"kind":"$K","value":{"$L":["${text}"]}}`,
    items: items!,
    kinds: STRINGS,
    warns: /half of a surrogate pair in value\.[a-z_]+\[0\] is read as U\+FFFD$/,
  })),
  {
    rule: "a pair is one character",
    text: '{"kind":"$K","value":{"$L":["/\\ud83d\\ude00"]}}',
    items: "/\u{1f600}",
    kinds: STRINGS,
  },

  // Strings, by the config file.
  {
    rule: "a folded string",
    text: '{"kind":"$K","value":{"Base_Dir":"/b","\u017ftore_path\u017f":["/a"]}}',
    items: "base=/b /a",
    kinds: CONFIG,
    warns: /key "Base_Dir" of value at line 1 column 36 counts as "base_dir": spell it so/,
  },
  {
    rule: "of several strings the last counts",
    text: '{"kind":"$K","value":{"base_dir":"/b","BASE_DIR":"/c","base_dir":"/d"}}',
    items: "base=/d",
    kinds: CONFIG,
    warns: /"base_dir" of value is there 3 times \(line 1, 1, 1\): the last one counts/,
  },
  {
    rule: "null leaves an earlier string",
    text: '{"kind":"$K","value":{"base_dir":"/b","base_dir":null}}',
    items: "base=/b",
    kinds: CONFIG,
    warns: /2 times/,
  },
  {
    rule: "an empty string replaces an earlier one",
    text: '{"kind":"$K","value":{"base_dir":"/b","base_dir":""}}',
    items: "",
    kinds: CONFIG,
    warns: /2 times/,
  },
  {
    rule: "two objects: their fields are merged",
    text: '{"kind":"$K","value":{"base_dir":"/b","store_paths":["/a"]},"value":{"base_dir":"/c"}}',
    items: "base=/c /a",
    kinds: CONFIG,
    warns: /"value" is there 2 times .*the later is laid over the earlier, field by field/,
  },
  {
    rule: "strings that are null set nothing",
    text: '{"kind":"$K","value":{"base_dir":null,"run_dir":null}}',
    items: "",
    kinds: CONFIG,
  },
  {
    rule: "a field that the first torcx knew and did not use",
    text: '{"kind":"$K","value":{"usr_dir":"/u"}}',
    items: "",
    kinds: CONFIG,
    warns: /key "usr_dir" of value at line 1 column 36 has no effect: set TORCX_USR_MOUNTPOINT/,
  },
  { rule: "such a field has its type", text: '{"kind":"$K","value":{"usr_dir":1}}', kinds: CONFIG },
  {
    rule: "an item that is null is an empty string",
    text: '{"kind":"$K","value":{"store_paths":["/a",null]}}',
    items: "/a ",
    kinds: CONFIG,
    warns: /value\.store_paths\[1\] is null: it sets nothing$/,
  },
  {
    rule: "an item that is null is what lies in memory at its index",
    text: '{"kind":"$K","value":{"$L":["/a","/b"],"$L":["/c",null]}}',
    items: "/c /b",
    kinds: STRINGS,
    warns: /value\.[a-z_]+\[1\] is null/,
  },
  {
    rule: "memory lies behind a shorter array, too",
    text: '{"kind":"$K","value":{"$L":["/a","/b"],"$L":["/c"],"$L":[null,null]}}',
    items: "/c /b",
    kinds: STRINGS,
    warns: /3 times/,
  },
  {
    rule: "null and an empty array take new memory",
    text: '{"kind":"$K","value":{"store_paths":["/a"],"store_paths":null,"store_paths":[null]}}',
    items: "",
    kinds: CONFIG,
    warns: /3 times/,
  },
  ...refuse("numbers are no strings", '{"kind":"$K","value":{"base_dir":1}}').map((row) => ({
    ...row,
    kinds: CONFIG,
  })),

  // Objects in an array, by profiles and remotes.
  {
    rule: "a string that is absent is empty",
    text: image('{"name":"a"}'),
    items: "a:",
    kinds: PROFILES,
    warns: /value\.images\[0\] has no reference: image "a" is taken out, as with ""$/,
  },
  {
    rule: "a string that is null is empty",
    text: image('{"name":"a","reference":null}'),
    items: "a:",
    kinds: PROFILES,
    warns: /value\.images\[0\] has no reference: image "a" is taken out, as with ""$/,
  },
  { rule: "an empty string", text: image('{"name":"a","reference":""}'), items: "a:", kinds: PROFILES },
  {
    rule: "an object that is null is an empty struct",
    text: image('null,{"name":"a","reference":"1"}'),
    items: "a:1",
    kinds: PROFILES,
    warns: /value\.images\[0\] has no name: it is passed over$/,
  },
  ...['{"reference":"../1"}', '{"name":"","reference":"1"}', '{"name":null}', "{}"].map((
    fields,
  ): GoDocument => ({
    rule: "without a name it is an image of no name, which is left out",
    text: image(fields),
    items: "",
    kinds: PROFILES,
    warns: /value\.images\[0\] has no name: it is passed over$/,
  })),
  {
    rule: "folded fields of an item; of several the last counts",
    text: image('{"Name":"a","REFERENCE":"1","reference":"2","name":"b"}'),
    items: "b:2",
    kinds: PROFILES,
    warns: /"name" of value\.images\[0\] is there 2 times/,
  },
  {
    rule: "an item is merged into what lies in memory at its index",
    text:
      '{"kind":"$K","value":{"images":[{"name":"a","reference":"1"},{"name":"b","reference":"2"}],"images":[{"name":"c"}]}}',
    items: "c:1",
    kinds: PROFILES,
    warns: /"images" of value is there 2 times .*the later is laid over the earlier, field by field/,
  },
  {
    rule: "memory lies behind a shorter array, too",
    text:
      '{"kind":"$K","value":{"images":[{"name":"a","reference":"1"},{"name":"b","reference":"2"}],"images":[{"name":"c"}],"images":[{},{"name":"d"}]}}',
    items: "c:1 d:2",
    kinds: PROFILES,
    warns: /3 times/,
  },
  {
    rule: "kind v0 has no remotes",
    text: image('{"name":"a","reference":"1","remote":5}'),
    items: "a:1",
    kinds: V0,
    warns: /key "remote" of value\.images\[0\] at .* has no effect: remotes need kind "profile-manifest-v1"/,
  },
  { rule: "kind v1 has", text: image('{"name":"a","reference":"1","remote":5}'), kinds: V1 },
  {
    rule: "kind v1 has",
    text: image('{"name":"a","reference":"1","Remote":"r"}'),
    items: "a:1@r",
    kinds: V1,
    warns: /counts as "remote"/,
  },
  ...refuse(
    "numbers are no strings",
    image('{"name":1,"reference":"1"}'),
    image('{"name":"a","reference":1}'),
    image('{"name":"a","reference":1,"reference":"1"}'),
    image('{"name":"a","reference":true}'),
  ).map((row) => ({ ...row, kinds: PROFILES })),
  {
    rule: "folded fields of a remote",
    text:
      '{"kind":"$K","value":{"BASE_URL":"u","Keys":[{"Armored_Keyring":"a"},{},null,{"armored_keyring":null}]}}',
    items: "a",
    kinds: REMOTE,
    warns: /key "Armored_Keyring" of value\.keys\[0\] at .* counts as "armored_keyring"/,
  },
  {
    rule: "a field in camel case is folded, too",
    text:
      '{"kind":"$K","value":{"images":[{"name":"a","defaultversion":"1","versions":[{"Version":"1","location":"l"}]}]}}',
    items: "a=1(1)",
    kinds: CONTENTS,
    warns: /key "defaultversion" of value\.images\[0\] at .* counts as "defaultVersion"/,
  },
  {
    rule: "and is written so",
    text: image('{"name":"a","defaultVersion":"1"}'),
    items: "a=1",
    kinds: CONTENTS,
  },
  {
    rule: "an image of no name",
    text: image('{"defaultVersion":"1","versions":[{"version":"1","location":"l"}]},null'),
    items: "",
    kinds: CONTENTS,
    warns: /value\.images\[0\] has no name: it is passed over$/,
  },
];

/** What the words of a text stand for. */
interface KindWords {
  list: string;
  /** Two items, and how each is shown. */
  items: readonly (readonly [text: string, shown: string])[];
  value?: string;
  isRaw?: true;
}

const PROFILE_WORDS: KindWords = {
  list: "images",
  items: [['{"name":"a","reference":"1"}', "a:1"], ['{"name":"b","reference":"2"}', "b:2"]],
  isRaw: true,
};
const PATHS: KindWords["items"] = [['"/a"', "/a"], ['"/b"', "/b"]];

const WORDS: Record<GoKind, KindWords> = {
  "torcx-config-v0": { list: "store_paths", items: PATHS },
  "image-manifest-v0": { list: "bin", items: PATHS },
  "profile-manifest-v0": PROFILE_WORDS,
  "profile-manifest-v1": PROFILE_WORDS,
  "remote-manifest-v0": {
    list: "keys",
    items: [['{"armored_keyring":"a"}', "a"], ['{"armored_keyring":"b"}', "b"]],
    value: '"base_url":"u",',
  },
  "torcx-remote-contents-v1": {
    list: "images",
    items: [['{"name":"a","versions":[]}', "a"], ['{"name":"b","versions":[]}', "b"]],
    isRaw: true,
  },
};

/** Returns a text's bytes for a kind. */
export function makeDocument(text: string, kind: GoKind): Uint8Array<ArrayBuffer> {
  const { list, items: [a, b], value = "" } = WORDS[kind];
  const words: Record<string, string> = {
    K: kind,
    L: list,
    M: list.toUpperCase(),
    U: value,
    a: a![0],
    b: b![0],
  };
  const encoder = new TextEncoder();
  return Uint8Array.from(
    [...text.replace(/\$([KLMUab])/g, (_, word) => words[word]!)].flatMap((char) =>
      /^[\udc80-\udcff]$/.test(char) ? [char.charCodeAt(0) - 0xdc00] : [...encoder.encode(char)]
    ),
  );
}

/** Returns what a row says of a kind; undefined: refused. */
export function getExpected(row: GoDocument, kind: GoKind): string | undefined {
  const { items: [a, b], isRaw } = WORDS[kind];
  const items = row.but !== undefined && kind in row.but
    ? row.but[kind]
    : isRaw && row.raw !== undefined
    ? row.raw
    : row.items;
  return items?.replaceAll("$a", a![1]).replaceAll("$b", b![1]);
}

/** Lists the rows that are of a kind. */
export function listDocuments(kind: GoKind): GoDocument[] {
  return GO_DOCUMENTS.filter(({ kinds }) => kinds === undefined || kinds.includes(kind));
}
