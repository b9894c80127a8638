/**
 * Owns the files of lib/ with logic that have no test of their name, each with the tests that hold it and the reason
 * why these are the right ones.
 */

/** Files that other tests cover. */
export interface Covered {
  /** Below lib/, without `.ts`; a final `*` stands for all of a directory. */
  files: readonly string[];
  /** Below tests/. */
  tests: readonly string[];
  why: string;
}

const COMMAND = "a command is what it prints and leaves: the program is run";
const ONE_READER = "a step of the one reader, whose state it shares";
const KINDS = "one table for all kinds: what each takes and refuses";
const KERNEL = "a thin wrapper: what counts is what the kernel makes of it";

export const COVERED: readonly Covered[] = [
  {
    files: ["apply/apply", "apply/flow", "apply/retry"],
    tests: ["program/e2e/apply_test.ts", "program/e2e/failure_test.ts", "faults/faults_test.ts"],
    why: "the flow as a whole: each step that fails, and a kill at any moment",
  },
  { files: ["apply/mount_view"], tests: ["program/promises/10_namespace_test.ts"], why: KERNEL },
  { files: ["apply/squashfs_support"], tests: ["program/promises/12_squashfs_test.ts"], why: KERNEL },
  {
    files: ["apply/rehearsal"],
    tests: ["unit/apply/preview_test.ts", "program/plan_is_boot_test.ts"],
    why: "the preview without its words",
  },
  {
    files: ["apply/operations/kind", "apply/operations/temporaries"],
    tests: ["unit/apply/operations/table_test.ts", "unit/apply/undo_test.ts"],
    why: "what the kinds of operations share",
  },
  {
    files: ["archive/pax", "archive/sparse", "archive/tar_*"],
    tests: ["unit/archive/tar_reader_test.ts", "archives/rules_test.ts"],
    why: ONE_READER,
  },
  {
    files: ["archive/inflate/*"],
    tests: ["unit/archive/decompress_test.ts"],
    why: "ways of one call, by size",
  },
  {
    files: ["boot/earlier_run", "boot/generator_log", "boot/in_place"],
    tests: ["unit/boot/generator_test.ts"],
    why: "parts of one run of the generator",
  },
  {
    files: ["catalog/boot_profiles"],
    tests: ["unit/catalog/profiles_test.ts", "program/selection_test.ts"],
    why: "which profiles a boot takes, with how they are read",
  },
  { files: ["cli/commands/config/*"], tests: ["program/config_test.ts"], why: COMMAND },
  {
    files: ["cli/commands/docs/*", "cli/docs/completion/*"],
    tests: ["program/completion_test.ts", "unit/cli/docs/man_test.ts", "packaging/version_test.ts"],
    why: "completions are what each shell makes of them",
  },
  {
    files: ["cli/commands/image/*"],
    tests: ["program/image_test.ts", "program/image_extract_test.ts", "program/promises/03_question_test.ts"],
    why: COMMAND,
  },
  {
    files: ["cli/commands/profile/*"],
    tests: ["program/profile_test.ts", "program/check_deep_test.ts"],
    why: COMMAND,
  },
  {
    files: ["cli/commands/remote/*"],
    tests: ["program/remotes/first_test.ts"],
    why: COMMAND,
  },
  {
    files: ["cli/commands/system/*"],
    tests: [
      "program/apply_test.ts",
      "program/plan_test.ts",
      "program/promises/19_status_test.ts",
      "program/promises/22_why_test.ts",
    ],
    why: COMMAND,
  },
  {
    files: ["cli/options/complete_argv", "cli/options/split_argv", "cli/options/usage"],
    tests: ["unit/cli/options/parse_test.ts", "unit/cli/docs/help_test.ts"],
    why: "stages of one parse",
  },
  {
    files: ["cli/process", "cli/program", "cli/run", "cli/rehearsal", "cli/system"],
    tests: ["program/usage_test.ts", "program/promises/18_other_root_test.ts"],
    why: "the process as it is",
  },
  {
    files: ["config/safety", "config/sources"],
    tests: ["unit/config/settings_reader_test.ts", "program/promises/01_settings_test.ts"],
    why: "which settings are refused is seen where they are read",
  },
  {
    files: ["config/setting_table", "manifest/asset_kinds"],
    tests: ["house/one_row_test.ts", "house/tables_test.ts"],
    why: "tables, whose rows have to be enough",
  },
  {
    files: ["image/copy_tree", "image/scratch", "image/squashfs_check"],
    tests: ["unit/image/read_image_test.ts", "unit/image/inspect_test.ts"],
    why: "ways of one reading",
  },
  {
    files: ["image/writer/*"],
    tests: ["unit/image/writer/tree_writer_test.ts", "archives/rules_test.ts"],
    why: "what is written is one tree, whoever writes its parts",
  },
  {
    files: [
      "manifest/config",
      "manifest/contents",
      "manifest/image",
      "manifest/journal",
      "manifest/profile",
      "manifest/remote",
      "manifest/remote_state",
      "manifest/seal",
    ],
    tests: ["unit/manifest/kinds_test.ts"],
    why: KINDS,
  },
  {
    files: ["manifest/go_decoder", "manifest/json_text", "manifest/utf8"],
    tests: ["unit/manifest/go_json_test.ts", "unit/manifest/json_test.ts"],
    why: "steps of one parse",
  },
  { files: ["manifest/outputs/*"], tests: ["unit/manifest/outputs/kinds_test.ts"], why: KINDS },
  {
    files: ["remote/*"],
    tests: ["unit/remote/populate_test.ts", "unit/remote/contents_test.ts"],
    why: "steps of one population, from server to store",
  },
  {
    files: ["sys/calls", "sys/attribute_calls", "sys/mount_calls", "sys/open_file"],
    tests: ["unit/sys/call_arguments_test.ts", "unit/sys/root_test.ts"],
    why: KERNEL,
  },
  {
    files: ["sys/attributes"],
    tests: ["unit/catalog/edit_test.ts", "unit/image/writer/metadata_test.ts"],
    why: KERNEL,
  },
  { files: ["sys/libc"], tests: ["house/start_up_test.ts"], why: "which functions are opened, and when" },
  {
    files: ["sys/loop_devices", "sys/squashfs_mounts"],
    tests: ["unit/sys/mounts_test.ts", "program/promises/12_squashfs_test.ts"],
    why: KERNEL,
  },
  {
    files: ["sys/command"],
    tests: ["unit/boot/integrate_test.ts"],
    why: "programs of the system, as they end",
  },
  { files: ["sys/kernel_config"], tests: ["program/promises/12_squashfs_test.ts"], why: KERNEL },
  { files: ["sys/kernel_log"], tests: ["program/promises/08_logging_test.ts"], why: KERNEL },
  { files: ["sys/namespace"], tests: ["program/promises/10_namespace_test.ts"], why: KERNEL },
  {
    files: ["sys/signals"],
    tests: ["program/promises/17_signals_test.ts"],
    why: "a process of its own for each",
  },
  { files: ["sys/permissions"], tests: ["packaging/permissions_test.ts"], why: "what each verb keeps" },
  {
    files: ["image/findings/*", "cli/strict"],
    tests: ["unit/image/findings/finding_test.ts", "program/findings_test.ts"],
    why: "one registry of findings: what the program says of each",
  },
];
