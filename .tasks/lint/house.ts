/**
 * Owns the lint rules of this project's own, which `deno lint` loads: what one file shows by itself. What takes
 * all files together is in tests/house/.
 */

import { makeParametersRule } from "./parameters.ts";

/** The wrappers of system calls: `Root` and its neighbours are there so that nobody else needs them. */
const CALLS = /\/sys\/(?:calls|call_arguments|attribute_calls|mount_calls)\.ts$/;
const CALLERS = /\/lib\/(?:sys|image\/writer)\//;

const plugin: Deno.lint.Plugin = {
  name: "torcx",
  rules: {
    "parameters": makeParametersRule(),
    "system-calls": {
      create(context): Deno.lint.LintVisitor {
        const isProduct = /\/lib\/|\/main\.ts$/.test(context.filename) && !/\/tests\//.test(context.filename);
        if (!isProduct || CALLERS.test(context.filename)) return {};
        const check = (node: Deno.lint.Node, source: Deno.lint.Expression | null): void => {
          if (source?.type !== "Literal" || typeof source.value !== "string") return;
          if (!CALLS.test(source.value.replace(/^\.\//, "/sys/"))) return;
          context.report({
            node,
            message: `"${source.value}" is for lib/sys and lib/image/writer alone`,
            hint: "Use a Root, or give lib/sys a file that owns what is needed",
          });
        };
        return {
          ImportDeclaration: (node) => check(node, node.source),
          ExportNamedDeclaration: (node) => check(node, node.source),
          ExportAllDeclaration: (node) => check(node, node.source),
          ImportExpression: (node) => check(node, node.source),
        };
      },
    },
  },
};

export default plugin;
