package io.sparkpeft.weights;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Sha256;
import java.nio.ByteBuffer;

/** Tells models apart without reading all of them. */
final class WeightsIdentity {
  /** Tensors up to this size are hashed whole: norms, biases, small models. */
  private static final int WHOLE_BYTES = 1 << 16;

  private static final int PIECES = 16;
  private static final int PIECE_BYTES = 1 << 12;

  private WeightsIdentity() {}

  /** Of larger tensors, 16 pieces of 4 KiB count, evenly spread, the first and last included. */
  static String sha256(JsonNode config, TensorSource tensors) {
    Sha256 hash = new Sha256().add(Json.compact(config));
    for (String name : tensors.names()) {
      hash.add("\n" + tensors.entry(name) + "\n");
      addValues(hash, tensors.bytes(name));
    }
    return hash.hex();
  }

  private static void addValues(Sha256 hash, ByteBuffer values) {
    int size = values.remaining();
    if (size <= WHOLE_BYTES) {
      hash.add(values);
      return;
    }
    for (int piece = 0; piece < PIECES; piece++) {
      long start = (long) (size - PIECE_BYTES) * piece / (PIECES - 1);
      hash.add(values.slice((int) start, PIECE_BYTES));
    }
  }
}
