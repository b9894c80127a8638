/** Owns real signers: keys made by gpg and minisign in a directory of their own, and what they sign. */

import { spawnSync } from "node:child_process";
import { join } from "@std/path";

/** A time as gpg's `--faked-system-time` takes it. */
export type GpgTime = `${number}T${number}!`;

/** Runs a program with some input and returns what it prints. */
function run(command: string, args: readonly string[], input = ""): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot run ${command} ${args.join(" ")}: ${error ?? stderr}`);
  return stdout;
}

/** A gpg with a home of its own. */
export class Gpg implements Disposable {
  readonly home: string;

  constructor() {
    this.home = Deno.makeTempDirSync({ prefix: "torcx-gpg-" });
    Deno.chmodSync(this.home, 0o700);
  }

  /** Runs gpg; at another time where one is given. */
  run(
    args: readonly string[],
    { input = "", at }: { input?: string; at?: GpgTime | undefined } = {},
  ): string {
    const time = at === undefined ? [] : ["--faked-system-time", at, "--ignore-time-conflict"];
    const fixed = [
      "--homedir",
      this.home,
      "--batch",
      "--yes",
      "--quiet",
      "--no-tty",
      "--trust-model",
      "always",
    ];
    return run("gpg", [...fixed, "--passphrase", "", "--pinentry-mode", "loopback", ...time, ...args], input);
  }

  /**
   * Makes a key.
   *
   * @param algorithm as `--quick-generate-key` takes it, e.g. `ed25519`, `rsa2048`.
   * @param expires e.g. `never`, `1y`.
   * @returns its user ID, by which gpg finds it.
   */
  makeKey(
    user: string,
    algorithm: string,
    { expires = "never", at, args = [] }: { expires?: string; at?: GpgTime; args?: readonly string[] } = {},
  ): string {
    const id = `${user} <${user}@torcx.example>`;
    this.run([...args, "--quick-generate-key", id, algorithm, "sign", expires], { at });
    return id;
  }

  /** Adds a signing subkey. */
  addSubkey(user: string, algorithm: string, expires = "never"): void {
    this.run(["--quick-add-key", this.getFingerprint(user), algorithm, "sign", expires]);
  }

  getFingerprint(user: string): string {
    const lines = this.run(["--with-colons", "--list-keys", user]).split("\n");
    return lines.find((line) => line.startsWith("fpr:"))!.split(":")[9]!;
  }

  /** Revokes a key by the certificate that gpg made with it. */
  revoke(user: string): void {
    const path = join(this.home, "openpgp-revocs.d", `${this.getFingerprint(user)}.rev`);
    this.run(["--import"], { input: Deno.readTextFileSync(path).replace(/^:-----/m, "-----") });
  }

  export(...users: string[]): string {
    return this.run(["--armor", "--export", ...users]);
  }

  /** Clear-signs a text. */
  clearSign(
    text: string,
    users: readonly string[],
    { at, args = [] }: { at?: GpgTime | undefined; args?: readonly string[] } = {},
  ): string {
    const by = users.flatMap((user) => ["--local-user", user]);
    return this.run([...by, ...args, "--output", "-", "--clear-sign"], { input: text, at });
  }

  [Symbol.dispose](): void {
    new Deno.Command("gpgconf", { args: ["--homedir", this.home, "--kill", "all"] }).outputSync();
    Deno.removeSync(this.home, { recursive: true });
  }
}

/** A key of minisign. */
export class Minisign implements Disposable {
  readonly dir: string;
  /** `RW…`. */
  readonly publicKey: string;

  constructor() {
    this.dir = Deno.makeTempDirSync({ prefix: "torcx-minisign-" });
    run("minisign", ["-G", "-W", "-p", join(this.dir, "key.pub"), "-s", join(this.dir, "key.sec")]);
    this.publicKey = Deno.readTextFileSync(join(this.dir, "key.pub")).split("\n")[1]!;
  }

  /** Signs a text and returns the signature's file; the trusted comment is minisign's own by default. */
  sign(text: string, { comment, isLegacy = false }: { comment?: string; isLegacy?: boolean } = {}): string {
    const path = join(this.dir, "text");
    Deno.writeTextFileSync(path, text);
    const trusted = comment === undefined ? [] : ["-t", comment];
    run("minisign", [
      "-S",
      ...isLegacy ? ["-l"] : [],
      "-s",
      join(this.dir, "key.sec"),
      ...trusted,
      "-m",
      path,
    ]);
    return Deno.readTextFileSync(`${path}.minisig`);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
  }
}
