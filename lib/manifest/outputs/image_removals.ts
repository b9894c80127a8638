/** Owns what the output kinds of verbs that remove archives share. */

/** A failure to remove something. */
export interface RemovalFailure {
  path: string;
  error: string;
}

/** What every such output has. */
export interface RemovalsOutput {
  /** Whether something is gone. */
  changed: boolean;
  is_dry_run: boolean;
  /** Bytes that become free. */
  bytes: number;
  failures: RemovalFailure[];
}
