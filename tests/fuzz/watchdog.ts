/**
 * Ends the fuzzer if an input hangs: the main thread is in it and cannot. A worker of `fuzz.ts`, which
 * shares the seed at work and the time it was begun.
 */

import { listSeeds, makeInput, print, writeFinding } from "./inputs.ts";

/** Beyond what the fuzzer itself takes for a hang when the input ends. */
const HANG_MS = 15_000;
const LOOK_MS = 1000;

/** Where the fuzzer says what it is doing: a seed, and ms since 1970; 0 between inputs. */
export type Progress = Float64Array<SharedArrayBuffer>;

const scope = globalThis as unknown as { onmessage: ((event: MessageEvent<Progress>) => void) | null };

scope.onmessage = ({ data: progress }): void => {
  setInterval(() => {
    const [seed = 0, start = 0] = progress;
    if (start === 0 || Date.now() - start < HANG_MS) return;
    writeFinding(seed, makeInput(seed, listSeeds()), `it takes more than ${HANG_MS} ms`);
    print("fuzz: ended");
    Deno.kill(Deno.pid, "SIGKILL");
  }, LOOK_MS);
};
