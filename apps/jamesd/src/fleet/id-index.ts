import { withPlaces } from "./columns.ts";

/** So many that came lately are not in the order yet. */
const MOST_FRESH = 1000;
/** Before each id stand two bytes with its length. */
const LENGTH_BYTES = 2;
const LEAST_WASTE = 65_536;

/**
 * The ids of devices, each at a place, without an object for any: their bytes one after the other, and the places in the
 * order of the ids, by which they are found. What comes new waits beside the order, so that it is not moved for each.
 */
export class IdIndex {
  #bytes = new Uint8Array(0);
  /** The same memory, to be read as text. */
  #text = Buffer.alloc(0);
  #end = 0;
  /** Bytes of ids that are gone. */
  #wasted = 0;
  /** Where the id of a place begins. */
  #starts = new Uint32Array(0);
  #order = new Uint32Array(0);
  #ordered = 0;
  readonly #fresh = new Map<string, number>();
  #scratch = Buffer.alloc(256);

  get size(): number {
    return this.#ordered + this.#fresh.size;
  }

  /** Bytes of memory, but for those that came lately. */
  get bytes(): number {
    return this.#bytes.byteLength + this.#starts.byteLength + this.#order.byteLength;
  }

  /** The place of an id; undefined: it is not there. */
  find(id: string): number | undefined {
    const fresh = this.#fresh.get(id);
    if (fresh !== undefined) return fresh;
    const at = this.#firstNotBefore(this.#encode(id));
    const place = this.#order[at];
    return at < this.#ordered && place !== undefined && this.id(place) === id ? place : undefined;
  }

  /** The id of a place that has one. */
  id(place: number): string {
    const [start, end] = this.#range(place);
    return this.#text.toString("utf8", start, end);
  }

  /** Puts an id that is not there yet to a place that has none. */
  add(id: string, place: number): void {
    const length = this.#encode(id);
    this.#starts = withPlaces(this.#starts, place + 1);
    this.#become(withPlaces(this.#bytes, this.#end + LENGTH_BYTES + length));
    this.#starts[place] = this.#end;
    this.#bytes[this.#end] = length & 0xff;
    this.#bytes[this.#end + 1] = length >> 8;
    this.#bytes.set(this.#scratch.subarray(0, length), this.#end + LENGTH_BYTES);
    this.#end += LENGTH_BYTES + length;
    // Read from a store they come in their order.
    if (this.#fresh.size === 0 && this.#firstNotBefore(length) === this.#ordered) this.#append(place);
    else this.#fresh.set(id, place);
    if (this.#fresh.size > MOST_FRESH) this.#settle();
  }

  /** Takes an id away that is there. */
  remove(id: string, place: number): void {
    const [start, end] = this.#range(place);
    if (!this.#fresh.delete(id)) {
      const at = this.#firstNotBefore(this.#encode(id));
      this.#order.copyWithin(at, at + 1, this.#ordered);
      this.#ordered -= 1;
    }
    this.#wasted += LENGTH_BYTES + end - start;
    if (this.#wasted > LEAST_WASTE && this.#wasted * 2 > this.#end) this.#pack();
  }

  /** At most so many places, in the order of their ids, from the first after an id. */
  after(id: string, most: number): readonly number[] {
    this.#settle();
    const length = this.#encode(id);
    let at = this.#firstNotBefore(length);
    const place = this.#order[at];
    if (at < this.#ordered && place !== undefined && this.#compare(place, length) === 0) at += 1;
    return Array.from(this.#order.subarray(at, Math.min(at + most, this.#ordered)));
  }

  #append(place: number): void {
    this.#order = withPlaces(this.#order, this.#ordered + 1);
    this.#order[this.#ordered] = place;
    this.#ordered += 1;
  }

  /** Brings those that came lately into the order. */
  #settle(): void {
    if (this.#fresh.size === 0) return;
    const coming = [...this.#fresh]
      .map(([id, place]) => ({ place, at: this.#firstNotBefore(this.#encode(id)), bytes: Buffer.from(id) }))
      .sort((one, other) => one.at - other.at || Buffer.compare(one.bytes, other.bytes));
    const order = withPlaces(this.#order, this.#ordered + coming.length);
    let end = this.#ordered;
    // From the last to the first, so that nothing is overwritten that is still to be moved.
    for (const [i, { place, at }] of [...coming.entries()].reverse()) {
      order.copyWithin(at + i + 1, at, end);
      order[at + i] = place;
      end = at;
    }
    this.#order = order;
    this.#ordered += coming.length;
    this.#fresh.clear();
  }

  /** Writes the ids that are there close together. */
  #pack(): void {
    this.#settle();
    const packed = new Uint8Array(this.#end - this.#wasted);
    let end = 0;
    for (const place of this.#order.subarray(0, this.#ordered)) {
      const [start, stop] = this.#range(place);
      packed.set(this.#bytes.subarray(start - LENGTH_BYTES, stop), end);
      this.#starts[place] = end;
      end += LENGTH_BYTES + stop - start;
    }
    this.#become(packed);
    this.#end = end;
    this.#wasted = 0;
  }

  #become(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes === this.#bytes) return;
    this.#bytes = bytes;
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Where the bytes of a place's id begin and end. */
  #range(place: number): readonly [number, number] {
    const start = this.#starts[place] ?? 0;
    const length = (this.#bytes[start] ?? 0) + ((this.#bytes[start + 1] ?? 0) << 8);
    return [start + LENGTH_BYTES, start + LENGTH_BYTES + length];
  }

  /** Where in the order the first is that does not come before what was encoded last. */
  #firstNotBefore(length: number): number {
    let [low, high] = [0, this.#ordered];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(this.#order[middle] ?? 0, length) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Compares the id of a place with what was encoded last, byte by byte. */
  #compare(place: number, length: number): number {
    const start = this.#starts[place] ?? 0;
    const bytes = this.#bytes;
    const scratch = this.#scratch;
    const own = (bytes[start] ?? 0) + ((bytes[start + 1] ?? 0) << 8);
    const from = start + LENGTH_BYTES;
    const common = Math.min(own, length);
    for (let i = 0; i < common; i += 1) {
      const difference = (bytes[from + i] ?? 0) - (scratch[i] ?? 0);
      if (difference !== 0) return difference;
    }
    return own - length;
  }

  /** @returns the length in bytes */
  #encode(id: string): number {
    if (id.length * 3 > this.#scratch.length) this.#scratch = Buffer.alloc(id.length * 3);
    return this.#scratch.write(id);
  }
}
