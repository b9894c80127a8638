/**
 * Owns the parts of the JSON schemas that say what the program's tables say: the settings and the asset kinds.
 * Pure; all else of a schema is its own.
 */

import {
  CONFIG_FILE_KEYS,
  getSettingRow,
  SETTING_NAMES,
  type SettingName,
} from "../lib/config/setting_table.ts";
import { ASSET_KIND_TABLE, ASSET_KINDS } from "../lib/manifest/asset_kinds.ts";

/** A value of a schema. */
export type SchemaNode = null | boolean | number | string | SchemaNode[] | SchemaObject;

/** An object of a schema. */
export interface SchemaObject {
  [key: string]: SchemaNode;
}

/** Returns the schema of a kind with what the tables say. */
export function fillSchema(kind: string, schema: SchemaObject): SchemaObject {
  const filled = fillEnums(schema) as SchemaObject;
  const value = getObject(filled, "properties", "value");
  switch (kind) {
    case "torcx-config-v0":
      value["properties"] = Object.fromEntries(
        Object.keys(CONFIG_FILE_KEYS).map((name) => [name, makeSettingSchema(name as SettingName)]),
      );
      break;
    case "torcx-settings-v0":
      getObject(value, "properties", "settings", "items", "properties", "name")["enum"] = [...SETTING_NAMES];
      break;
    case "image-manifest-v0": {
      const properties = getObject(value, "properties");
      value["properties"] = Object.fromEntries(
        ASSET_KINDS.map((name) => [name, properties[name] ?? makePathsSchema(ASSET_KIND_TABLE[name].noun)]),
      );
    }
  }
  return filled;
}

/** Enums that list asset kinds list all of them, in the table's order; what is before and after them stays. */
function fillEnums(node: SchemaNode, key = ""): SchemaNode {
  if (Array.isArray(node)) {
    const isKind = (item: SchemaNode): boolean => (ASSET_KINDS as readonly SchemaNode[]).includes(item);
    if (key !== "enum" || !node.some(isKind)) return node.map((item) => fillEnums(item));
    return [
      ...node.slice(0, node.findIndex(isKind)),
      ...ASSET_KINDS,
      ...node.slice(node.findLastIndex(isKind) + 1),
    ];
  }
  if (node === null || typeof node !== "object") return node;
  return Object.fromEntries(Object.entries(node).map(([name, item]) => [name, fillEnums(item, name)]));
}

/** What should be written for a setting; empty and null set nothing. */
function makeSettingSchema(name: SettingName): SchemaObject {
  const { type, check, help } = getSettingRow(name);
  if (type === "directories") return makePathsSchema(help);
  const pattern = type === "directory" ? "^(/|$)" : check === undefined ? undefined : `^(${check.pattern})?$`;
  return {
    type: ["string", "null"],
    ...pattern === undefined ? {} : { pattern },
    description: help,
  };
}

function makePathsSchema(description: string): SchemaObject {
  return { type: ["array", "null"], items: { type: "string", pattern: "^/" }, description };
}

function getObject(schema: SchemaObject, ...path: string[]): SchemaObject {
  return path.reduce((node, key) => node[key] as SchemaObject, schema);
}
