/** Owns the one place that names the openpgp package: a dynamic import of this file loads it, nothing else does. */

export * from "npm:openpgp@6.3.2";
