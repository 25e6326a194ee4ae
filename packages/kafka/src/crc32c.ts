/** Castagnoli's polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLES = makeTables();

/** CRC-32C as Kafka's record batches have it (RFC 3720, appendix B.4), eight bytes at a time (Kounavis and Berry, "slicing-by-8"). */
export function crc32c(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  const wholeUntil = bytes.length - (bytes.length % 8);
  let crc = -1;
  let at = 0;
  for (; at < wholeUntil; at += 8) {
    crc = t7[(crc ^ bytes[at]!) & 0xff]! ^ t6[((crc >>> 8) ^ bytes[at + 1]!) & 0xff]! ^ t5[((crc >>> 16) ^ bytes[at + 2]!) & 0xff]! ^ t4[(crc >>> 24) ^ bytes[at + 3]!]!
      ^ t3[bytes[at + 4]!]! ^ t2[bytes[at + 5]!]! ^ t1[bytes[at + 6]!]! ^ t0[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at++) crc = t0[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

type Table = Int32Array;

/** The first is that of one byte; each of the others is the one before, a zero byte further. */
function makeTables(): [Table, Table, Table, Table, Table, Table, Table, Table] {
  const first = Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc;
  });
  const further = (table: Table) => table.map((crc) => first[crc & 0xff]! ^ (crc >>> 8));
  const second = further(first);
  const third = further(second);
  const fourth = further(third);
  const fifth = further(fourth);
  const sixth = further(fifth);
  const seventh = further(sixth);
  return [first, second, third, fourth, fifth, sixth, seventh, further(seventh)];
}
