package io.sparkpeft.spark.table;

import io.sparkpeft.data.TargetBits;
import io.sparkpeft.data.TokenizedExample;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A token table's row as it stands in Parquet. */
record TokenRecord(long sampleIndex, byte[] tokens, byte[] targets, String split) {

  TokenizedExample example() {
    int[] ids = new int[tokens.length / Integer.BYTES];
    ByteBuffer.wrap(tokens).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(ids);
    return new TokenizedExample(ids, TargetBits.unpack(targets, ids.length));
  }
}
