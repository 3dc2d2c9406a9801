package io.sparkpeft.convert;

import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes tensors out of rows of stored ones, when they are asked for. */
record Assembly(TensorSource source) {

  /**
   * @param rows of tensors, all of one dtype and all but their first dimensions equal
   */
  NamedTensor tensor(String name, List<Rows> rows) {
    TensorEntry first = source.entry(rows.get(0).source());
    long[] shape = first.shape().clone();
    shape[0] = rows.stream().mapToLong(Rows::count).sum();
    return new NamedTensor(name, first.dtype(), shape, () -> bytes(rows));
  }

  private ByteBuffer bytes(List<Rows> rows) {
    Map<String, ByteBuffer> open = new HashMap<>();
    List<ByteBuffer> pieces =
        rows.stream()
            .map(piece -> piece(piece, open.computeIfAbsent(piece.source(), source::bytes)))
            .toList();
    if (pieces.size() == 1) {
      return pieces.get(0);
    }
    int bytes = Math.toIntExact(pieces.stream().mapToLong(ByteBuffer::remaining).sum());
    ByteBuffer joined = ByteBuffer.allocateDirect(bytes);
    pieces.forEach(joined::put);
    return joined.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  private ByteBuffer piece(Rows rows, ByteBuffer whole) {
    long width = whole.remaining() / source.entry(rows.source()).shape()[0];
    return whole
        .slice(Math.toIntExact(rows.first() * width), Math.toIntExact(rows.count() * width))
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
