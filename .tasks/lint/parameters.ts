/**
 * Owns the rule that a function takes at most two parameters that it needs, and an options object last, with the
 * one table of those that may take more and why.
 */

/** A row: functions of a file, methods as `Class.method`, and why they may take more. */
interface Row {
  file: string;
  names: readonly string[];
  why: string;
}

/** They read their arguments and return or throw, nothing else: three, in the order in which one says them. */
const PURE: readonly Row[] = [
  {
    file: "lib/apply/flow_faults.ts",
    names: ["describeFailure"],
    why: "an error of a report, a step, a cause",
  },
  { file: "lib/apply/plan.ts", names: ["describeBroken"], why: "an error of an image, an archive, a cause" },
  { file: "lib/apply/preview.ts", names: ["explain"], why: "a text of an archive among others in stores" },
  {
    file: "lib/archive/inflate/ring.ts",
    names: ["InflateRing.#getSlot"],
    why: "index and length are one slot",
  },
  { file: "lib/archive/magic.ts", names: ["hasText"], why: "bytes, where, what: as in the format's page" },
  { file: "lib/boot/integration.ts", names: ["planAssetSteps", "planStart"], why: "a plan of what is known" },
  {
    file: "lib/catalog/boot_profiles.ts",
    names: ["checkUpper"],
    why: "a name, where it came from, what is there",
  },
  {
    file: "lib/cli/commands/image/extract.ts",
    names: ["toOutput", "describe"],
    why: "a text of what was done",
  },
  { file: "lib/cli/commands/image/removals.ts", names: ["count"], why: "one, many, which: as in a sentence" },
  { file: "lib/cli/commands/system/status_words.ts", names: ["tell"], why: "a sentence of its parts" },
  {
    file: "lib/cli/options/complete_argv.ts",
    names: ["completeWords"],
    why: "words by a table, until a verb",
  },
  { file: "lib/cli/options/parse.ts", names: ["checkChoices"], why: "a verb, what it was given, where" },
  {
    file: "lib/cli/options/split_argv.ts",
    names: ["makeUsageError", "Splitter.#takeTexts"],
    why: "an error of its parts",
  },
  { file: "lib/cli/options/value_types.ts", names: ["makeType"], why: "a row of the table of types" },
  {
    file: "lib/cli/output.ts",
    names: ["wrapText", "wrapWords"],
    why: "a text, its first and its next indent",
  },
  { file: "lib/config/safety.ts", names: ["refuse"], why: "an error of its parts" },
  {
    file: "lib/config/setting_values.ts",
    names: ["makeValueError"],
    why: "an error of a setting, a fault, a source",
  },
  {
    file: "lib/manifest/go_decoder.ts",
    names: ["GoDecoder.refuse"],
    why: "an error of a node, its path, the type",
  },
  {
    file: "lib/manifest/journal.ts",
    names: ["parseJournal", "parseField"],
    why: "a text, its source, what it may hold",
  },
  { file: "lib/manifest/json.ts", names: ["parseManifest"], why: "a text, its source, what it may hold" },
  { file: "lib/manifest/json_text.ts", names: ["refuseText"], why: "an error of its parts" },
  { file: "lib/manifest/names.ts", names: ["findFault"], why: "a text by its grammar and length" },
  {
    file: "lib/manifest/profile.ts",
    names: ["setLastField", "replaceImages"],
    why: "a document with one part set",
  },
  { file: "lib/remote/minisign.ts", names: ["isSignedBy"], why: "key, signature, data: as in RFC 8032" },
  {
    file: "lib/remote/openpgp.ts",
    names: ["readSignature", "checkHash", "isRevoked"],
    why: "the library comes first, loaded late",
  },
  { file: "lib/state/identity.ts", names: ["isSameFile"], why: "device and inode are one identity" },
  { file: "lib/state/status.ts", names: ["findState"], why: "a word for all that is known" },
  { file: "lib/sys/resolve.ts", names: ["refuse"], why: "an error of its parts" },
  { file: "lib/sys/squashfs_mounts.ts", names: ["describeRefusal"], why: "an error of its parts" },
];

/** Called once per archive entry, or for each of its header fields: an object for each call would be garbage. */
const PER_ENTRY: readonly Row[] = [
  {
    file: "lib/archive/sparse.ts",
    names: ["extendGnuSparse", "addPairs", "checkRegions"],
    why: "sparse headers",
  },
  { file: "lib/archive/tar_entry.ts", names: ["pickLink"], why: "each link" },
  {
    file: "lib/archive/tar_header.ts",
    names: ["readName", "hasText", "parseCount", "checkUnusedNumbers", "joinName"],
    why: "fields of each header",
  },
  {
    file: "lib/archive/tar_numbers.ts",
    names: ["parseNumber", "parseBase256", "addDigit"],
    why: "numbers of each header",
  },
  { file: "lib/image/copy_tree.ts", names: ["makeEntry", "findXattrs"], why: "each file that is copied" },
  { file: "lib/image/writer/directory_cache.ts", names: ["DirectoryCache.#enter"], why: "each directory" },
  { file: "lib/image/writer/directory_log.ts", names: ["DirectoryLog.add"], why: "each directory" },
  {
    file: "lib/image/writer/hardlinks.ts",
    names: ["makeHardlink", "openCachedSource", "openSource", "replaceByLink"],
    why: "each hard link",
  },
  { file: "lib/image/writer/image_root.ts", names: ["withDirectory"], why: "each directory" },
  {
    file: "lib/image/writer/metadata.ts",
    names: [
      "MetadataWriter.writeAt",
      "MetadataWriter.writeDirectoryXattrs",
      "MetadataWriter.writeDirectory",
      "MetadataWriter.writeDirectoryMode",
    ],
    why: "each entry",
  },
  {
    file: "lib/image/writer/tree_writer.ts",
    names: ["TreeWriter.#create"],
    why: "each entry",
  },
  { file: "lib/image/writer/xattrs.ts", names: ["XattrWriter.writeAt"], why: "each entry" },
  { file: "lib/sys/resolve.ts", names: ["openInRoot", "findInRoot", "openByWalking"], why: "each path" },
  { file: "lib/sys/root.ts", names: ["Root.withOpen"], why: "each path" },
];

/** The kernel's own signatures, as in the man pages. */
const KERNEL = /\/lib\/sys\/(?:calls|attribute_calls|call_arguments|mount_calls)\.ts$/;

/** All rows, with how many a row may take. */
export const EXEMPTIONS: readonly (Row & { max: number })[] = [
  ...PURE.map((row) => ({ ...row, max: 3 })),
  ...PER_ENTRY.map((row) => ({ ...row, max: Infinity })),
];

type FunctionNode =
  | Deno.lint.FunctionDeclaration
  | Deno.lint.FunctionExpression
  | Deno.lint.ArrowFunctionExpression;

/** Makes the rule, with these exemptions. */
export function makeParametersRule(exemptions = EXEMPTIONS): Deno.lint.Rule {
  return {
    create(context): Deno.lint.LintVisitor {
      const isProduct = /\/lib\/|\/main\.ts$/.test(context.filename) && !/\/tests\//.test(context.filename);
      if (!isProduct || KERNEL.test(context.filename)) return {};
      const rows = exemptions.filter(({ file }) => context.filename.endsWith(`/${file}`));
      const check = (node: FunctionNode, name: string | undefined): void => {
        if (name === undefined) return;
        const count = countNeeded(node, context.sourceCode.text);
        const max = rows.find(({ names }) => names.includes(name))?.max ?? 2;
        if (count <= max) return;
        context.report({
          node,
          message: `"${name}" takes ${count} parameters that it needs, more than ${max}`,
          hint:
            "Take the rest by name in an options object, which comes last; what is pure may be listed in " +
            ".tasks/lint/parameters.ts",
        });
      };
      return {
        FunctionDeclaration: (node) => check(node, node.id?.name),
        FunctionExpression: (node) => check(node, findName(node)),
        ArrowFunctionExpression: (node) => check(node, findName(node)),
      };
    },
  };
}

/** Returns the name that the function is given where it is written; a callback has none, its caller's type says. */
function findName(node: FunctionNode): string | undefined {
  const { parent } = node;
  if (parent.type === "VariableDeclarator") {
    return parent.id.type === "Identifier" ? parent.id.name : undefined;
  }
  if (parent.type !== "MethodDefinition" && parent.type !== "PropertyDefinition") return undefined;
  const { key } = parent;
  const name = key.type === "Identifier"
    ? key.name
    : key.type === "PrivateIdentifier"
    ? `#${key.name}`
    : undefined;
  const owner = parent.parent.parent;
  const isNamed = owner.type === "ClassDeclaration" || owner.type === "ClassExpression";
  return name === undefined || !isNamed ? name : `${owner.id?.name}.${name}`;
}

/** Counts the parameters without a default; the last is no such where it is taken apart or its type says Options. */
function countNeeded({ params }: FunctionNode, source: string): number {
  const needed = params.filter((param) => isNeeded(param));
  const last = params.at(-1);
  return last !== undefined && needed.includes(last) && isOptions(last, source)
    ? needed.length - 1
    : needed.length;
}

function isNeeded(param: Deno.lint.Parameter): boolean {
  if (param.type === "AssignmentPattern" || param.type === "RestElement") return false;
  return !(param.type === "Identifier" && param.optional);
}

function isOptions(param: Deno.lint.Parameter, source: string): boolean {
  if (param.type === "ObjectPattern") return true;
  if (param.type !== "Identifier" || !param.typeAnnotation) return false;
  const [start, end] = param.typeAnnotation.range;
  return /Options\b/.test(source.slice(start, end));
}
