package io.sparkpeft.spark.eval;

import io.sparkpeft.data.TargetBits;
import io.sparkpeft.model.Continuation;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.sql.Row;

/** An example of a token table. */
record TokenRow(long sample, int[] tokens, boolean[] targets) implements Serializable {

  /**
   * @param row sample_index, tokens (int32 little-endian), targets (one bit per token)
   */
  static TokenRow of(Row row) {
    byte[] bytes = row.getAs("tokens");
    int[] tokens = new int[bytes.length / Integer.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(tokens);
    boolean[] targets = TargetBits.unpack(row.getAs("targets"), tokens.length);
    return new TokenRow(row.<Long>getAs("sample_index"), tokens, targets);
  }

  /** One continuation per run of targets, each after all that stands before it. */
  List<Continuation> continuations() {
    List<Continuation> runs = new ArrayList<>();
    int start = 0;
    while (start < tokens.length) {
      int end = start;
      while (end < tokens.length && targets[end]) {
        end++;
      }
      if (end > start) {
        runs.add(new Continuation(Arrays.copyOf(tokens, end), start));
      }
      start = end + 1;
    }
    return runs;
  }

  int targetCount() {
    int count = 0;
    for (boolean target : targets) {
      count += target ? 1 : 0;
    }
    return count;
  }
}
