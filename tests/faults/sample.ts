/** Owns the choice of faults: which call fails how, the same for the same seed and calls. */

import type { Call } from "./trace.ts";

/** One fault: a call of a scenario, and the error it returns. */
export interface Fault extends Call {
  scenario: string;
  errno: string;
}

const ERRNOS = ["EIO", "ENOSPC", "EMFILE", "EACCES", "ENOMEM", "EINTR"];

/**
 * Returns faults in random order, each once. Every other one is drawn by the name of its call first, so that the few
 * mounts and renames come as often as the many opens.
 */
export function* drawFaults(calls: ReadonlyMap<string, readonly Call[]>, seed: number): Generator<Fault> {
  const all = [...calls].flatMap(([scenario, list]) =>
    list.flatMap((call) => ERRNOS.map((errno): Fault => ({ scenario, ...call, errno })))
  );
  const random = createRandom(seed);
  const draw = <T>(list: T[]): T => list[Math.floor(random() * list.length)]!;
  const left = new Map<string, Fault[]>();
  for (const fault of all) {
    const key = `${fault.scenario} ${fault.name}`;
    left.set(key, [...left.get(key) ?? [], fault]);
  }
  for (let at = 0; left.size > 0; at++) {
    const lists = [...left];
    // Each name as likely as any other, or by how often it is called.
    const [key, list] = at % 2 === 0
      ? draw(lists)
      : draw(lists.flatMap((entry) => entry[1].map(() => entry)));
    const [fault] = list.splice(Math.floor(random() * list.length), 1);
    if (list.length === 0) left.delete(key);
    yield fault!;
  }
}

/** mulberry32, a public domain generator. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}
