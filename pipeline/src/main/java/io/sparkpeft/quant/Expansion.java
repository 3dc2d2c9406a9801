package io.sparkpeft.quant;

import java.nio.ByteBuffer;

/**
 * Makes weights of codes: value(code) * scale in fp32, then one rounding to the wanted type, to
 * nearest even. All implementations give the same bits.
 */
interface Expansion {
  /** Bytes of codes, each two weights, that are expanded together. */
  int STEP = 32;

  /**
   * Codes that follow each other, and where their weights go.
   *
   * @param packed codes, two in a byte, the first in the high half
   * @param from the first byte, where a block begins
   * @param count how many bytes: a multiple of {@value #STEP}
   * @param values of the 16 codes
   * @param scales of the blocks, from the first byte's on
   * @param blockSize weights of a block
   * @param target direct and little-endian; receives the weights
   * @param at the byte of the first
   */
  record Stretch(
      ByteBuffer packed,
      int from,
      int count,
      float[] values,
      float[] scales,
      int blockSize,
      ByteBuffer target,
      int at) {}

  void bfloat16(Stretch stretch);

  void float32(Stretch stretch);
}
