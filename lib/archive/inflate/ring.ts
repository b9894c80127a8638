/**
 * Owns the memory that the main thread and the inflating thread share: a ring of packed pieces one way, a
 * ring of inflated pieces the other way. It refuses to know what the pieces hold.
 */

const INPUT_SLOTS = 8;
const INPUT_BYTES = 64 * 1024;
/** What is inflated ahead while the main thread is busy with other archives. */
const OUTPUT_SLOTS = 8;
const OUTPUT_BYTES = 256 * 1024;
const FAULT_BYTES = 1024;

/** Cells of the control block; counters only grow (modulo 2^32), a slot is a counter modulo the slots. */
const CELL = { STATUS: 0, IS_MAIN_ASLEEP: 1, INPUT_HEAD: 2, INPUT_TAIL: 3, OUTPUT_HEAD: 4, OUTPUT_TAIL: 5 };
const LENGTHS = Object.keys(CELL).length;

/** How the inflating thread is doing. */
export const STATUS = { RUNNING: 0, DONE: 1, FAULT: 2, ABORTED: 3 } as const;

/** The shared memory, as it is sent to the thread. */
export interface RingMemory {
  control: SharedArrayBuffer;
  input: SharedArrayBuffer;
  output: SharedArrayBuffer;
  fault: SharedArrayBuffer;
}

/** One of the two rings. */
interface Ring {
  head: number;
  tail: number;
  slots: number;
  bytes: number;
  lengths: number;
  memory: SharedArrayBuffer;
}

/** Both rings, as each side sees them. */
export class InflateRing {
  readonly memory: RingMemory;
  readonly input: Ring;
  readonly output: Ring;
  readonly #control: Int32Array<SharedArrayBuffer>;

  constructor(
    memory: RingMemory = {
      control: new SharedArrayBuffer(4 * (LENGTHS + INPUT_SLOTS + OUTPUT_SLOTS)),
      input: new SharedArrayBuffer(INPUT_SLOTS * INPUT_BYTES),
      output: new SharedArrayBuffer(OUTPUT_SLOTS * OUTPUT_BYTES),
      fault: new SharedArrayBuffer(FAULT_BYTES),
    },
  ) {
    this.memory = memory;
    this.#control = new Int32Array(memory.control);
    this.input = {
      head: CELL.INPUT_HEAD,
      tail: CELL.INPUT_TAIL,
      slots: INPUT_SLOTS,
      bytes: INPUT_BYTES,
      lengths: LENGTHS,
      memory: memory.input,
    };
    this.output = {
      head: CELL.OUTPUT_HEAD,
      tail: CELL.OUTPUT_TAIL,
      slots: OUTPUT_SLOTS,
      bytes: OUTPUT_BYTES,
      lengths: LENGTHS + INPUT_SLOTS,
      memory: memory.output,
    };
  }

  /** Empties both rings; nobody else may be using them. */
  reset(): void {
    this.#control.fill(0);
  }

  /** How many slots hold something. */
  countFilled({ head, tail }: Ring): number {
    return (Atomics.load(this.#control, head) - Atomics.load(this.#control, tail)) | 0;
  }

  /** Returns the memory to fill next; there must be room. */
  getFree(ring: Ring): Uint8Array<SharedArrayBuffer> {
    return this.#getSlot(ring, Atomics.load(this.#control, ring.head), ring.bytes);
  }

  /** Hands on the slot that was filled. */
  commit(ring: Ring, length: number): void {
    const index = Atomics.load(this.#control, ring.head);
    this.#control[ring.lengths + (index >>> 0) % ring.slots] = length;
    Atomics.add(this.#control, ring.head, 1);
    Atomics.notify(this.#control, ring.head);
  }

  /** Returns what comes next; there must be something. */
  getFilled(ring: Ring): Uint8Array<SharedArrayBuffer> {
    const index = Atomics.load(this.#control, ring.tail);
    return this.#getSlot(ring, index, this.#control[ring.lengths + (index >>> 0) % ring.slots]!);
  }

  /** Gives the slot back. */
  release(ring: Ring): void {
    Atomics.add(this.#control, ring.tail, 1);
    Atomics.notify(this.#control, ring.tail);
  }

  /** Blocks this thread while the ring is empty; only the inflating thread may. */
  waitForFilled(ring: Ring): void {
    while (this.countFilled(ring) === 0 && this.status === STATUS.RUNNING) {
      Atomics.wait(this.#control, ring.head, Atomics.load(this.#control, ring.tail));
    }
  }

  /** Blocks this thread while the ring is full; only the inflating thread may. */
  waitForFree(ring: Ring): void {
    while (this.countFilled(ring) === ring.slots && this.status === STATUS.RUNNING) {
      Atomics.wait(this.#control, ring.tail, (Atomics.load(this.#control, ring.head) - ring.slots) | 0);
    }
  }

  /** One of {@linkcode STATUS}. */
  get status(): number {
    return Atomics.load(this.#control, CELL.STATUS);
  }

  set status(status: number) {
    Atomics.store(this.#control, CELL.STATUS, status);
    // Whoever waits looks again.
    for (const cell of [CELL.INPUT_HEAD, CELL.OUTPUT_TAIL]) Atomics.notify(this.#control, cell);
  }

  /** Says that the main thread has nothing to do until it is woken, or that it has. */
  set isMainAsleep(isAsleep: boolean) {
    Atomics.store(this.#control, CELL.IS_MAIN_ASLEEP, isAsleep ? 1 : 0);
  }

  /** Returns whether the main thread has to be woken, and takes it for woken. */
  takeMainAsleep(): boolean {
    return Atomics.exchange(this.#control, CELL.IS_MAIN_ASLEEP, 0) === 1;
  }

  /** Why the file is no valid gzip; NUL-terminated. */
  get fault(): string {
    const bytes = new Uint8Array(this.memory.fault).slice();
    return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
  }

  set fault(text: string) {
    const bytes = new TextEncoder().encode(text).subarray(0, FAULT_BYTES - 1);
    new Uint8Array(this.memory.fault).set(bytes);
  }

  #getSlot(ring: Ring, index: number, length: number): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(ring.memory, ((index >>> 0) % ring.slots) * ring.bytes, length);
  }
}
