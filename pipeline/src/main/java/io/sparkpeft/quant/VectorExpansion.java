package io.sparkpeft.quant;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * With vectors of 512 bits: the products of all codes with a block's scale lie in one register, and
 * one instruction picks 32 of them in bfloat16, or 16 in fp32. Needs the module
 * jdk.incubator.vector of Java 17 and a processor with AVX-512; {@link
 * io.sparkpeft.tensor.JavaVectors} looks for both.
 */
final class VectorExpansion implements Expansion {
  private static final VectorSpecies<Byte> SIXTEEN_BYTES = ByteVector.SPECIES_128;
  private static final VectorSpecies<Byte> EIGHT_BYTES = ByteVector.SPECIES_64;
  private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_512;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;
  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_512;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
  private static final int HALF_STEP = STEP / 2;
  private static final int CODE_BITS = 4;
  private static final int CODE_MASK = 15;
  private static final int ALMOST_HALF = 0x7fff;

  /**
   * @throws UnsupportedOperationException if the processor's registers are narrower
   */
  VectorExpansion() {
    if (IntVector.SPECIES_PREFERRED.length() < INTS.length()) {
      throw new UnsupportedOperationException(IntVector.SPECIES_PREFERRED.toString());
    }
  }

  // No loops within loops and no vectors kept in fields or arrays: they would live on the heap.
  @Override
  public void bfloat16(Stretch stretch) {
    FloatVector values = FloatVector.fromArray(FLOATS, stretch.values(), 0);
    float[] scales = stretch.scales();
    ByteBuffer packed = stretch.packed();
    ByteBuffer target = stretch.target();
    int from = stretch.from();
    int at = stretch.at();
    int shift = Integer.numberOfTrailingZeros(stretch.blockSize() / 2);
    for (int i = 0; i < stretch.count(); i += STEP) {
      ShortVector first = halves(values.mul(scales[i >>> shift]));
      picked(first, packed, from + i).intoByteBuffer(target, at + 4 * i, ByteOrder.LITTLE_ENDIAN);
      int next = i + HALF_STEP;
      ShortVector second = shift == 4 ? halves(values.mul(scales[next >>> shift])) : first;
      picked(second, packed, from + next)
          .intoByteBuffer(target, at + 4 * next, ByteOrder.LITTLE_ENDIAN);
    }
  }

  /** The nearest bfloat16 of sixteen finite numbers, ties to even, in the lower lanes. */
  private static ShortVector halves(FloatVector x) {
    IntVector bits = x.reinterpretAsInts();
    IntVector odd = bits.lanewise(VectorOperators.LSHR, Short.SIZE).and(1);
    IntVector rounded = bits.add(odd).add(ALMOST_HALF).lanewise(VectorOperators.LSHR, Short.SIZE);
    return (ShortVector) rounded.convertShape(VectorOperators.I2S, SHORTS, 0);
  }

  /** The lanes that sixteen bytes name: each of them one by its high half, one by its low half. */
  private static ShortVector picked(ShortVector table, ByteBuffer packed, int from) {
    IntVector pairs =
        (IntVector)
            ByteVector.fromByteBuffer(SIXTEEN_BYTES, packed, from, ByteOrder.LITTLE_ENDIAN)
                .convertShape(VectorOperators.B2I, INTS, 0);
    IntVector first = pairs.lanewise(VectorOperators.LSHR, CODE_BITS).and(CODE_MASK);
    IntVector second = pairs.and(CODE_MASK).lanewise(VectorOperators.LSHL, Short.SIZE);
    return table.rearrange(first.or(second).reinterpretAsShorts().toShuffle());
  }

  @Override
  public void float32(Stretch stretch) {
    FloatVector values = FloatVector.fromArray(FLOATS, stretch.values(), 0);
    float[] scales = stretch.scales();
    ByteBuffer packed = stretch.packed();
    ByteBuffer target = stretch.target();
    int from = stretch.from();
    int at = stretch.at();
    int shift = Integer.numberOfTrailingZeros(stretch.blockSize() / 2);
    for (int i = 0; i < stretch.count(); i += Long.BYTES) {
      IntVector products = values.mul(scales[i >>> shift]).reinterpretAsInts();
      LongVector pairs =
          (LongVector)
              ByteVector.fromByteBuffer(EIGHT_BYTES, packed, from + i, ByteOrder.LITTLE_ENDIAN)
                  .convertShape(VectorOperators.B2L, LONGS, 0);
      LongVector first = pairs.lanewise(VectorOperators.LSHR, CODE_BITS).and(CODE_MASK);
      LongVector second = pairs.and(CODE_MASK).lanewise(VectorOperators.LSHL, Integer.SIZE);
      products
          .rearrange(first.or(second).reinterpretAsInts().toShuffle())
          .intoByteBuffer(target, at + 8 * i, ByteOrder.LITTLE_ENDIAN);
    }
  }
}
