package io.sparkpeft.train;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.base.Sha256;
import io.sparkpeft.collective.Collective;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.tensor.Tensors;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Checks that all ranks hold the same: a few bytes in one all-reduce. */
final class Agreement {
  /** Enough to tell ranks apart, and small enough to be summed. */
  private static final int HEX_DIGITS = 12;

  private final Collective collective;

  Agreement(Collective collective) {
    this.collective = collective;
  }

  /**
   * @param what is compared, for the error
   * @param sha256 of this rank's
   * @throws io.sparkpeft.base.SparkPeftException (70) on every rank, if one has another hash
   */
  void require(String what, long step, String sha256) {
    // Each rank writes its own place, so the sums are what each rank wrote.
    long[] hashes = new long[collective.size()];
    hashes[collective.rank()] = Long.parseLong(sha256.substring(0, HEX_DIGITS), 16);
    collective.sum(hashes);
    List<Integer> others = new ArrayList<>();
    for (int rank = 1; rank < hashes.length; rank++) {
      if (hashes[rank] != hashes[0]) {
        others.add(rank);
      }
    }
    if (!others.isEmpty()) {
      throw TrainErrors.ranksDiffer(what, step, others);
    }
  }

  /** Over names, shapes and values of the trained tensors. */
  static String hash(Adapter adapter) {
    Sha256 hash = new Sha256();
    for (AdapterParameter parameter : adapter.parameters()) {
      hash.add(parameter.name()).add(parameter.value().getShape().toString());
      hash.add(Tensors.toBytes(parameter.value()));
    }
    return hash.hex();
  }

  /** Over all examples' indexes and lengths. */
  static String hash(TokenFile file) {
    Sha256 hash = new Sha256();
    ByteBuffer entry = ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES);
    for (int i = 0; i < file.size(); i++) {
      entry.clear().putLong(file.sampleIndex(i));
      entry.putInt(file.tokenCount(i)).putInt(file.targetCount(i));
      hash.add(entry.flip());
    }
    return hash.hex();
  }
}
