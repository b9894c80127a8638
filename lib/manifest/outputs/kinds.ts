/**
 * Owns the one table of output kinds: what each verb prints as JSON, and the schema of it. It is data; each
 * kind's type and encoder have a file of their own. Within a kind fields are added, never renamed or removed.
 */

import { REPORT_KIND } from "../report.ts";
import { APPLY_PLAN_KIND } from "./apply_plan.ts";
import { CLEAR_VERSIONED_KIND } from "./image_clear_versioned.ts";
import { IMAGE_EXTRACT_KIND } from "./image_extract.ts";
import { IMAGE_LIST_KIND } from "./image_list.ts";
import { IMAGE_PRUNE_KIND } from "./image_prune.ts";
import { PLAN_KIND } from "./plan.ts";
import { POPULATE_KIND } from "./populate.ts";
import { PROFILE_DIFF_KIND } from "./profile_diff.ts";
import { PROFILE_LIST_KIND } from "./profile_list.ts";
import { PROFILE_NEW_KIND } from "./profile_new.ts";
import { REMOVE_IMAGE_KIND } from "./profile_remove_image.ts";
import { SET_NEXT_KIND } from "./profile_set_next.ts";
import { PROFILE_KIND } from "./profile_show.ts";
import { USE_IMAGE_KIND } from "./profile_use_image.ts";
import { REMOTE_CHECK_KIND } from "./remote_check.ts";
import { REMOTE_LIST_KIND } from "./remote_list.ts";
import { REMOTE_KIND } from "./remote_show.ts";
import { SETTINGS_KIND } from "./settings.ts";
import { STATUS_KIND } from "./status.ts";
import { VERSION_KIND } from "./version.ts";
import { WHY_KIND } from "./why.ts";

/** What is known of an output kind. */
export interface OutputKindRow {
  readonly kind: string;
  /** The name of its schema's file. */
  readonly schema: string;
  /** The verb that prints it, e.g. `profile list`. */
  readonly verb: string;
  /** The flag with which the verb prints it; undefined if it does without. */
  readonly flag?: string;
}

/** The table, in the order of the verbs. */
export const OUTPUT_KINDS: readonly OutputKindRow[] = [
  makeRow(REPORT_KIND, "apply"),
  { ...makeRow(APPLY_PLAN_KIND, "apply"), flag: "--dry-run" },
  makeRow(STATUS_KIND, "status"),
  makeRow(PLAN_KIND, "plan"),
  makeRow(WHY_KIND, "why"),
  makeRow(PROFILE_LIST_KIND, "profile list"),
  makeRow(PROFILE_KIND, "profile show"),
  makeRow(PROFILE_NEW_KIND, "profile new"),
  makeRow(SET_NEXT_KIND, "profile set-next"),
  makeRow(USE_IMAGE_KIND, "profile use-image"),
  makeRow(REMOVE_IMAGE_KIND, "profile remove-image"),
  makeRow(PROFILE_DIFF_KIND, "profile diff"),
  makeRow(POPULATE_KIND, "profile populate"),
  makeRow(IMAGE_LIST_KIND, "image list"),
  makeRow(IMAGE_EXTRACT_KIND, "image extract"),
  makeRow(IMAGE_PRUNE_KIND, "image prune"),
  makeRow(CLEAR_VERSIONED_KIND, "image clear-versioned"),
  makeRow(REMOTE_LIST_KIND, "remote list"),
  makeRow(REMOTE_KIND, "remote show"),
  makeRow(REMOTE_CHECK_KIND, "remote check"),
  makeRow(SETTINGS_KIND, "config show"),
  makeRow(VERSION_KIND, "version"),
];

function makeRow(kind: string, verb: string): OutputKindRow {
  return { kind, schema: `${kind}.schema.json`, verb };
}
