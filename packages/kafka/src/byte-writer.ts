const VARINT_BYTES_MAX = 5;
const UTF8_BYTES_PER_UNIT = 3;
/** Up to here a length takes one byte. */
const SHORT_MAX = 63;

/** Bytes one after the other in a buffer that grows: numbers big-endian, variable lengths in zigzag, as Kafka's protocol has them. */
export class ByteWriter {
  #buffer: Buffer;
  #at = 0;

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  int8(value: number) {
    this.#reserve(1);
    this.#at = this.#buffer.writeInt8(value, this.#at);
  }

  int16(value: number) {
    this.#reserve(2);
    this.#at = this.#buffer.writeInt16BE(value, this.#at);
  }

  int32(value: number) {
    this.#reserve(4);
    this.#at = this.#buffer.writeInt32BE(value, this.#at);
  }

  int64(value: bigint) {
    this.#reserve(8);
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at);
  }

  varint(value: number) {
    this.#reserve(VARINT_BYTES_MAX);
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#at++] = rest;
  }

  bytes(value: Buffer) {
    this.#reserve(value.length);
    this.#at += value.copy(this.#buffer, this.#at);
  }

  /** Its length as a varint, then itself; null is the length -1. */
  varbytes(value: Buffer | string | null | undefined) {
    if (typeof value === 'string') return this.#text(value);
    this.varint(value?.length ?? -1);
    if (value) this.bytes(value);
  }

  /** The length of what `write` writes as a varint, then that. */
  varlength(write: () => void) {
    const start = this.#at;
    const from = start + VARINT_BYTES_MAX;
    this.#reserve(VARINT_BYTES_MAX);
    this.#at = from;
    write();
    const to = this.#at;
    this.#at = start;
    this.varint(to - from);
    this.#buffer.copyWithin(this.#at, from, to);
    this.#at += to - from;
  }

  /** What has been written, to be mended in place; it is no longer the writer's once more is written. */
  written(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #text(value: string) {
    this.#reserve(VARINT_BYTES_MAX + value.length * UTF8_BYTES_PER_UNIT);
    // Most texts are short: one look at them is enough when the length is set before them afterwards.
    const length = value.length > SHORT_MAX ? Infinity : this.#buffer.write(value, this.#at + 1);
    if (length > SHORT_MAX) {
      this.varint(Buffer.byteLength(value));
      this.#at += this.#buffer.write(value, this.#at);
    } else {
      this.#buffer[this.#at] = length << 1;
      this.#at += 1 + length;
    }
  }

  #reserve(bytes: number) {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
