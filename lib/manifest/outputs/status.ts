/** Owns the output kind `torcx-status-v0`: what this boot's apply came to, and what has changed since. */

import { encodeJson } from "../json.ts";
import type { ApplyReport, ReportImage } from "../report.ts";

/** The kind of what `torcx status` prints. */
export const STATUS_KIND = "torcx-status-v0";

/** One image of the running system. */
export interface StatusImage
  extends Pick<ReportImage, "name" | "reference" | "profile" | "errors" | "format" | "archive_path"> {
  /** Where its tree is, null if it is not there. */
  path: string | null;
  /** Whether it is a mount of its own. */
  is_mounted: boolean;
}

/** A difference between what was applied and what is there now. */
export interface StatusDrift {
  scope: string;
  message: string;
  kind: string;
  /** Whether it makes the system a degraded one. */
  is_degrading: boolean;
}

/** What is known of this boot's apply. */
export interface StatusFacts {
  state: string;
  lower_profiles: string[];
  /** Null if there is none. */
  upper_profile: string | null;
  profile_path: string | null;
  bin_dir: string | null;
  unpack_dir: string | null;
  /** Whether nobody can write below the unpack dir; null if it is not mounted. */
  is_read_only: boolean | null;
  images: StatusImage[];
  report: ApplyReport | null;
  /** Only of a system with a seal. */
  drift: StatusDrift[];
  /** The process that is at work; null if none is, or none can be seen. */
  pid: number | null;
  /** Since when it is at work: ISO 8601, UTC. */
  since: string | null;
  /** What switches torcx off in this boot; null if nothing does. */
  switched_off_by: string | null;
  /** Whether a seal is there that no run of this boot stands for. */
  has_stale_seal: boolean;
  /** Where systemd finds the generator, the target and the service; null if it does not. */
  generator_path: string | null;
  target_path: string | null;
  service_path: string | null;
}

/** What a status means, in words. */
export interface StatusWords {
  /** The state in a word and a sentence. */
  summary: string;
  /** Why it is so, one sentence each. */
  reasons: string[];
  /** What to do next, one sentence each; a command stands in double quotes. */
  next_steps: string[];
  /** The command that shows the log of this boot. */
  log_command: string;
}

/** What `torcx status` tells. */
export interface StatusOutput extends StatusFacts, StatusWords {
  /** Why the settings cannot be used, outermost first; null if they can. */
  settings_fault: string[] | null;
}

/** Returns a status as JSON. */
export function encodeStatus(value: StatusOutput): string {
  return encodeJson({ kind: STATUS_KIND, value });
}
