/**
 * Owns the prose of the manual pages that the table of verbs does not hold: the boot, the
 * generator, files. Data only; `man.ts` sets it.
 */

import { CONFIG_FILE_KEYS } from "../../config/setting_table.ts";
import type { Entry } from "./setting_text.ts";

/** What torcx(8) says first. */
export const TORCX_DESCRIPTION: readonly string[] = [
  "torcx applies a profile of addon images to a system, at most once per boot. It unpacks or mounts the images beside the base OS, propagates some of their files (programs, units, and configuration of the network, users, temporary files and udev) to transient places below /run, makes the unpacked tree read-only and seals the system. All of it is gone at the next boot.",
  "A profile is a JSON list of images. The profiles vendor and oem and the one that the user selected are merged in this order: an image of a later one replaces the earlier one of the same name, and an empty reference drops it.",
  "An image has a NAME and a REFERENCE. Its archive lies in a store as NAME:REFERENCE.torcx.tgz or NAME:REFERENCE.torcx.squashfs; without a reference in the file's name it is com.coreos.cl. The first store that has an image wins, but a squashfs in any store beats a tgz.",
];

/** What torcx-generator(8) says first. */
export const GENERATOR_DESCRIPTION: readonly string[] = [
  "torcx-generator is the same program as torcx, called under this name by systemd as one of its generators, at the boot and at every daemon-reload. A profile is applied at most once per boot: where it has been, what was written for systemd is written anew and nothing else.",
  "Where systemd runs generators in its own mount namespace (up to version 252) and all archives are there, it applies the profiles at once. Elsewhere it writes torcx.service, which applies them before sysinit.target, as soon as the file systems that hold the stores are mounted.",
  "torcx.service gets the settings that come from the generator's environment. After the seal it tells systemd what came, so that it has the effect of what was there before: users, temporary files, rules and static nodes of udev, networks, units.",
  'All or nothing: a failure at any step undoes what was done, writes no seal and is kept in the report. A failed apply does not fail the boot: torcx.target is not reached, and torcx status says why. When the cause is mended, "torcx apply --retry" or "systemctl restart torcx.service" recovers the running system: torcx.service is written for that wherever a run has failed, and only a person starts it then.',
  "A soft reboot (systemd 254 and later) is a new boot: systemd unmounts what is in the unpack directory, so that the seal is there and the mount is not. What the last run left is taken away then, by its own record, and the selected profile is applied anew. Who unmounts the unpack directory by hand gets the same at the next daemon-reload.",
  'Every boot tries to reach torcx.target. It asserts the seal, and that the unpack directory is a mount point that nobody can write to: at the end of a boot it is active where "torcx status" exits with 0 or 4.',
  "Its log goes to the kernel's log device and so to the journal.",
];

/** The arguments of torcx-generator. */
export const GENERATOR_ARGUMENTS: readonly Entry[] = [
  {
    term: "NORMAL_DIR",
    text: "Where torcx.service is written to where it is needed, and drop-ins of torcx.target",
  },
  { term: "EARLY_DIR", text: "Not used" },
  { term: "LATE_DIR", text: "Not used" },
];

/** The exit statuses of torcx-generator. */
export const GENERATOR_EXITS: readonly Entry[] = [
  { term: "0", text: "Applied, handed over to torcx.service, switched off, or already run in this boot" },
  { term: "1", text: "Failed; the report says why" },
  { term: "2", text: "Not called as systemd calls it; nothing was done" },
  { term: "128+N", text: "Ended by signal N (HUP, INT, QUIT, TERM); what it had done is undone" },
];

/** What is promised of JSON. */
export const JSON_PROMISE: readonly string[] = [
  'As JSON a verb prints one document of the form {"kind": KIND, "value": VALUE}. The schema of each kind is KIND.schema.json in /usr/share/torcx/schemas, with what every field means. profile check, completion, help and man print text alone, and so does version without --output json.',
  "Within a kind fields are added, never renamed or removed, and none changes its meaning. What cannot keep this gets a kind of another name. A reader passes over fields that it does not know; the schemas know those of the version that they come with.",
  "An image is a name and a reference. Its archive is archive_path (in torcx-image-list-v0, which is as the first torcx wrote it, filepath), the file of a profile profile_path. What is not there is null, such as the upper profile where none is selected. A verb that can change something says in changed whether it did.",
];

/** What the warnings of images are. */
export const FINDINGS_TEXT: readonly string[] = [
  'apply, plan, profile check --deep and image extract say what of an image is lost or odd. Such a warning ends in its code in brackets, which never changes its meaning; as JSON it is one of findings, in the report too. "torcx plan --strict" and "torcx profile check --deep --strict" fail where there is one.',
];

/** The files that torcx reads and writes, with their default directories. */
export const FILES: readonly Entry[] = [
  {
    term: "/etc/torcx/config.json",
    text: `Settings: ${
      Object.keys(CONFIG_FILE_KEYS).join(", ")
    }. The run directory may be neither above nor the same as another one, a store or the seal's directory`,
  },
  { term: "/etc/torcx/next-profile", text: "The selector: the name of the next boot's profile" },
  { term: "/etc/torcx/profiles/NAME.json", text: "The user's profiles" },
  {
    term: "/etc/torcx/.torcx.lock, /etc/torcx/profiles/.torcx.lock",
    text: "There while the selector or a profile is edited; only its owner can hold it",
  },
  { term: "/usr/share/torcx, /usr/share/oem/torcx", text: "Profiles and stores of the OS and of the OEM" },
  {
    term: "/usr/share/torcx/schemas/KIND.schema.json",
    text: "JSON schemas of what torcx reads, writes and prints",
  },
  {
    term: "/var/lib/torcx/store",
    text: "The user's store; directories named by an OS version hold archives for it",
  },
  { term: "/run/torcx/bin", text: "Links to the programs of the images" },
  { term: "/run/torcx/unpack", text: "The unpacked images, read-only once sealed" },
  { term: "/run/torcx/profile.json", text: "The images that were applied" },
  { term: "/run/torcx/report.json", text: "What was done in this boot, or why it failed" },
  { term: "/run/torcx/lock", text: "Held while a run is at work; only its owner can hold it" },
  {
    term: "/run/torcx/journal.json",
    text: "There until a run has ended: what to take back of one that was killed",
  },
  { term: "/run/metadata/torcx", text: "The seal, an EnvironmentFile for systemd units" },
];
