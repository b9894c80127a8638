/** What this project uses of @std/assert. */

/** A check that does not hold. */
class AssertionError extends Error {
  override readonly name = "AssertionError";
}

// deno-lint-ignore no-explicit-any -- as in @std/assert: arguments do not matter, only the class
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

function fail(message: string, note?: string): never {
  throw new AssertionError(note === undefined ? message : `${message}: ${note}`);
}

function show(value: unknown): string {
  return Deno.inspect(value, { depth: Infinity, sorted: true, trailingComma: true, iterableLimit: Infinity });
}

/** Fails unless the value is truthy. */
export function assert(value: unknown, message = ""): asserts value {
  if (!value) fail(message);
}

/** Fails unless both values are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  if (isEqual(actual, expected, [])) return;
  fail(
    `Values are not equal${message === undefined ? "" : `: ${message}`}\n${show(actual)}\nis not\n${
      show(expected)
    }`,
  );
}

/** Fails unless the text matches the pattern. */
export function assertMatch(actual: string, expected: RegExp, message?: string): void {
  if (!expected.test(actual)) fail(`Expected ${show(actual)} to match ${expected}`, message);
}

/** Fails unless the text holds the other one. */
export function assertStringIncludes(actual: string, expected: string, message?: string): void {
  if (!actual.includes(expected)) fail(`Expected ${show(actual)} to contain ${show(expected)}`, message);
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
  fail("Expected function to throw", typeof errorClass === "string" ? errorClass : message);
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
  let promise: PromiseLike<unknown>;
  try {
    promise = fn();
  } catch (error) {
    fail(`Function throws when expected to reject: ${show(error)}`);
  }
  try {
    await promise;
  } catch (error) {
    return checkError(error, errorClass, includes, message);
  }
  fail("Expected function to reject", typeof errorClass === "string" ? errorClass : message);
}

function checkError(
  error: unknown,
  errorClass: string | ErrorClass<Error> | undefined,
  includes: string | undefined,
  message: string | undefined,
): unknown {
  if (typeof errorClass !== "function") return error;
  if (!(error instanceof Error)) fail(`A non-Error object was thrown or rejected: ${show(error)}`, message);
  const { name } = error.constructor;
  if (!(error instanceof errorClass)) {
    fail(
      `Expected error to be instance of "${errorClass.name}", but was "${name}"`,
      message,
    );
  }
  if (includes !== undefined && !error.message.includes(includes)) {
    fail(`Expected error message to include ${show(includes)}, but got ${show(error.message)}`, message);
  }
  return error;
}

type Pair = readonly [object, object];

/** Compares own properties, symbols included, whatever their order; `seen` are the pairs on the way. */
function isEqual(a: unknown, b: unknown, seen: readonly Pair[]): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (seen.some(([x, y]) => x === a && y === b)) return true;
  if (!haveSameClass(a, b)) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp) return String(a) === String(b);
  if (a instanceof URL) return String(a) === String(b);
  if (a instanceof WeakMap || a instanceof WeakSet) return false;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return haveSameBytes(a, b);
  const pairs: readonly Pair[] = [...seen, [a, b]];
  if (a instanceof Set && b instanceof Set) {
    return a.size === b.size &&
      [...a].every((item) => b.has(item) || [...b].some((other) => isEqual(item, other, pairs)));
  }
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every((item) => [...b].some((other) => isEqual(item, other, pairs)));
  }
  const keys = new Set([...Reflect.ownKeys(a), ...Reflect.ownKeys(b)]);
  return [...keys].every((key) =>
    Object.hasOwn(a, key) === Object.hasOwn(b, key) &&
    isEqual(Reflect.get(a, key), Reflect.get(b, key), pairs)
  );
}

/** Of a class are objects of one constructor; an object without a prototype is as a plain one. */
function haveSameClass(a: object, b: object): boolean {
  const constructorOf = (value: object): unknown =>
    Object.getPrototypeOf(value) === null ? Object : value.constructor;
  return constructorOf(a) === constructorOf(b);
}

function haveSameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const bytes = (view: ArrayBufferView): Uint8Array =>
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const other = bytes(b);
  return a.byteLength === b.byteLength && bytes(a).every((byte, at) => byte === other[at]);
}
