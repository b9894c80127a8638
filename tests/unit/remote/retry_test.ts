import { assert, assertEquals, assertRejects } from "@std/assert";
import { NetworkError } from "../../../lib/remote/network_error.ts";
import { retry } from "../../../lib/remote/retry.ts";

const busy = (retryAfter?: number): NetworkError =>
  new NetworkError("busy", { isTransient: true, retryAfter });

/** Fails as it is told, then succeeds; counts its calls. */
function makeCall(errors: readonly Error[]): { call: () => Promise<number>; count: () => number } {
  let count = 0;
  return {
    call: () => {
      const error = errors[count++];
      return error === undefined ? Promise.resolve(count) : Promise.reject(error);
    },
    count: () => count,
  };
}

Deno.test("retry() tries again what may pass, with growing waits", async () => {
  const waits: number[] = [];
  const { call } = makeCall([busy(), busy(), busy()]);
  assertEquals(await retry(call, { firstWait: 8, onRetry: (_error, wait) => waits.push(wait) }), 4);
  assertEquals(waits.length, 3);
  for (const [index, wait] of waits.entries()) {
    assert(wait >= 4 * 2 ** index && wait <= 8 * 2 ** index, String(waits));
  }
});

Deno.test("retry() tries what does not pass, and what is no answer, once", async () => {
  for (const error of [new NetworkError("gone"), new Error("bug")]) {
    const { call, count } = makeCall([error]);
    assertEquals(await assertRejects(() => retry(call, { firstWait: 1 }), Error), error);
    assertEquals(count(), 1);
  }
});

Deno.test("retry() gives up after so many tries", async () => {
  const { call, count } = makeCall(Array.from({ length: 9 }, () => busy()));
  await assertRejects(() => retry(call, { firstWait: 1, tries: 3 }), NetworkError);
  assertEquals(count(), 3);
});

Deno.test("retry() waits as long as the server asks, and not for one that asks for too much", async () => {
  const waits: number[] = [];
  const options = {
    firstWait: 1,
    longestWait: 60,
    onRetry: (_error: unknown, wait: number) => waits.push(wait),
  };
  assertEquals(await retry(makeCall([busy(50)]).call, options), 2);
  assertEquals(waits, [50]);
  await assertRejects(() => retry(makeCall([busy(61)]).call, options), NetworkError);
});

Deno.test("retry() ends at once by a signal", async () => {
  const abort = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => abort.abort(reason), 10);
  const { call } = makeCall([busy()]);
  const error = await assertRejects(() => retry(call, { firstWait: 60_000, signal: abort.signal }), Error);
  assertEquals(error, reason);
});
