/** What this project uses of @std/assert, over node:assert. */

import { AssertionError, deepStrictEqual, notDeepStrictEqual } from "node:assert";

export { AssertionError };

// deno-lint-ignore no-explicit-any -- as in @std/assert: arguments do not matter, only the class
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Fails with the message. */
export function fail(message?: string): never {
  throw new AssertionError({ message: message ?? "Failed assertion", stackStartFn: fail });
}

/** Fails unless the value is truthy. */
export function assert(value: unknown, message = ""): asserts value {
  if (!value) fail(message);
}

/** Fails unless both values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  deepStrictEqual(actual, expected, message);
}

/** Fails if both values are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  notDeepStrictEqual(actual, expected, message);
}

/** Fails unless both values are the same by Object.is. */
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T {
  if (Object.is(actual, expected)) return;
  fail(message ?? `${Deno.inspect(actual)} is not ${Deno.inspect(expected)}`);
}

/** Fails if the value is undefined or null. */
export function assertExists<T>(actual: T, message?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) fail(message ?? `${actual} exists not`);
}

/** Fails unless the value is an instance of the class. */
export function assertInstanceOf<E extends abstract new (...args: never[]) => unknown>(
  actual: unknown,
  expected: E,
  message?: string,
): asserts actual is InstanceType<E> {
  if (!(actual instanceof expected)) {
    fail(message ?? `${Deno.inspect(actual)} is no instance of ${expected.name}`);
  }
}

/** Fails unless the text matches the pattern. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  if (!expected.test(actual)) fail(message ?? `${Deno.inspect(actual)} does not match ${expected}`);
}

/** Fails unless the text holds the other one. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (!actual.includes(expected)) {
    fail(message ?? `${Deno.inspect(actual)} does not hold ${Deno.inspect(expected)}`);
  }
}

/** Fails unless the function throws; with a class, unless the error is one of it and its message holds the text. */
export function assertThrows(fn: () => unknown, message?: string): unknown;
export function assertThrows<E extends Error>(
  fn: () => unknown,
  errorClass: ErrorClass<E>,
  includes?: string,
  message?: string,
): E;
export function assertThrows(
  fn: () => unknown,
  errorClass?: string | ErrorClass<Error>,
  includes?: string,
  message?: string,
): unknown {
  try {
    fn();
  } catch (error) {
    return checkError(error, errorClass, includes, message);
  }
  fail(`Expected function to throw${suffix(errorClass, message)}`);
}

/** Fails unless the promise is rejected; with a class, unless the error is one of it and its message holds the text. */
export function assertRejects(fn: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
export function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
  includes?: string,
  message?: string,
): Promise<E>;
export async function assertRejects(
  fn: () => PromiseLike<unknown>,
  errorClass?: string | ErrorClass<Error>,
  includes?: string,
  message?: string,
): Promise<unknown> {
  try {
    await fn();
  } catch (error) {
    return checkError(error, errorClass, includes, message);
  }
  fail(`Expected function to reject${suffix(errorClass, message)}`);
}

function checkError(
  error: unknown,
  errorClass: string | ErrorClass<Error> | undefined,
  includes: string | undefined,
  message: string | undefined,
): unknown {
  if (typeof errorClass !== "function") return error;
  const note = suffix(undefined, message);
  if (!(error instanceof errorClass)) {
    fail(`Expected error to be instance of ${errorClass.name}, but was ${Deno.inspect(error)}${note}`);
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    fail(
      `Expected error message to include ${Deno.inspect(includes)}, but got ${
        Deno.inspect(error.message)
      }${note}`,
    );
  }
  return error;
}

function suffix(errorClass: string | ErrorClass<Error> | undefined, message: string | undefined): string {
  const note = typeof errorClass === "string" ? errorClass : message;
  return note === undefined ? "" : `: ${note}`;
}
