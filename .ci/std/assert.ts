/** What this project uses of @std/assert, over node:assert. */
import { strict } from "node:assert";

/** Fails unless the value is truthy. */
export function assert(value: unknown, message = ""): asserts value {
  strict.ok(value, message);
}

/** Fails unless both values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  strict.deepStrictEqual(actual, expected, message);
}
