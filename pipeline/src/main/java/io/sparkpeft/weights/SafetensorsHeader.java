package io.sparkpeft.weights;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.tensor.Dtype;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The head of a safetensors file as the reference implementation lays it out: eight bytes of
 * length, little-endian; JSON without blanks, padded with them to a multiple of eight; tensors by
 * alignment (dtype, descending) and then by name.
 */
final class SafetensorsHeader {
  /** The reference implementation refuses longer ones, and so do we. */
  static final long MAX_JSON_BYTES = 100_000_000;

  static final int LENGTH_BYTES = 8;
  static final String METADATA = "__metadata__";

  /** The reference implementation's order of dtypes, which files follow downwards. */
  private static final List<Dtype> RANK =
      List.of(
          Dtype.BOOL,
          Dtype.UINT8,
          Dtype.INT8,
          Dtype.INT16,
          Dtype.FLOAT16,
          Dtype.BFLOAT16,
          Dtype.INT32,
          Dtype.FLOAT32,
          Dtype.FLOAT64,
          Dtype.INT64);

  /** Names by their UTF-8 bytes, as Rust compares strings. */
  static final Comparator<String> BYTE_ORDER =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  /** The order of tensors in a file. */
  static final Comparator<TensorEntry> FILE_ORDER =
      Comparator.comparing((TensorEntry e) -> RANK.indexOf(e.dtype()))
          .reversed()
          .thenComparing(TensorEntry::name, BYTE_ORDER);

  private SafetensorsHeader() {}

  /** Length, JSON and padding of a file with these tensors, which must be in file order. */
  static byte[] of(Map<String, String> metadata, Collection<TensorEntry> inFileOrder) {
    ObjectNode header = Json.object();
    if (!metadata.isEmpty()) {
      ObjectNode values = header.putObject(METADATA);
      new TreeMap<>(metadata).forEach(values::put);
    }
    long offset = 0;
    for (TensorEntry entry : inFileOrder) {
      header.set(entry.name(), describe(entry, offset));
      offset = Math.addExact(offset, entry.bytes());
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    int padded = (json.length + LENGTH_BYTES - 1) / LENGTH_BYTES * LENGTH_BYTES;
    byte[] bytes = new byte[LENGTH_BYTES + padded];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(json);
    Arrays.fill(bytes, LENGTH_BYTES + json.length, bytes.length, (byte) ' ');
    return bytes;
  }

  private static ObjectNode describe(TensorEntry entry, long offset) {
    ObjectNode description = Json.object().put("dtype", entry.dtype().safetensorsName());
    ArrayNode shape = description.putArray("shape");
    Arrays.stream(entry.shape()).forEach(shape::add);
    description.putArray("data_offsets").add(offset).add(offset + entry.bytes());
    return description;
  }
}
