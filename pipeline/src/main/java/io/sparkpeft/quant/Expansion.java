package io.sparkpeft.quant;

/**
 * Makes weights of codes: value(code) * scale in fp32, then one rounding to the wanted type, to
 * nearest even. All implementations give the same bits.
 *
 * <p>Codes come two in a byte, the first in the high half; bytes from index 0 on are read and words
 * from index 0 on are written, both padded to whole multiples of {@value #STEP} bytes of codes.
 * Every step belongs to one block, since blocks have at least 32 weights.
 */
public interface Expansion {
  /** Bytes of codes, each two weights, that are expanded together. */
  int STEP = 16;

  /** The least block, and what every block has a multiple of. */
  int STEP_WEIGHTS = 2 * STEP;

  /**
   * To bfloat16.
   *
   * @param packed bytes of codes
   * @param count how many of them
   * @param values of the 16 codes
   * @param scales of the blocks, from the first byte's on
   * @param blockSize weights of a block
   * @param words receives two weights in each word, the first in its lower half
   */
  void bfloat16(
      byte[] packed, int count, float[] values, float[] scales, int blockSize, int[] words);

  /**
   * To float32, as {@link #bfloat16}.
   *
   * @param words receives a weight's bits in each word
   */
  void float32(
      byte[] packed, int count, float[] values, float[] scales, int blockSize, int[] words);
}
