// How the fixture's "describe" and "produce" events speak of binary without
// sending any, so that two mistakes on the way there and back cannot cancel out:
// a run of bytes is written {"bytes":"<hex>"}.

/** describe replaces every run of bytes in value. */
export function describe(value) {
  if (ArrayBuffer.isView(value)) {
    return { bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex") };
  }
  if (value instanceof ArrayBuffer) return { bytes: Buffer.from(value).toString("hex") };
  return walk(value, describe);
}

/** produce is the inverse of describe. */
export function produce(value) {
  if (typeof value?.bytes === "string") return Buffer.from(value.bytes, "hex");
  return walk(value, produce);
}

function walk(value, each) {
  if (Array.isArray(value)) return value.map(each);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, each(inner)]));
}
