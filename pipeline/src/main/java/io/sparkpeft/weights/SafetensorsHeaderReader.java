package io.sparkpeft.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.SafetensorsFile.Stored;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads one file's header and trusts none of its numbers. */
final class SafetensorsHeaderReader {
  private static final ObjectMapper STRICT =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Path file;

  SafetensorsHeaderReader(Path file) {
    this.file = file;
  }

  /** A tensor with its bytes' place relative to the end of the header. */
  private record Placed(TensorEntry entry, long begin, long end) {}

  SafetensorsFile read() {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long fileBytes = channel.size();
      long jsonBytes = jsonBytes(channel, fileBytes);
      byte[] json = readFully(channel, SafetensorsHeader.LENGTH_BYTES, (int) jsonBytes);
      long dataStart = SafetensorsHeader.LENGTH_BYTES + jsonBytes;
      JsonNode header = parse(json);
      List<Placed> placed = placedTensors(header);
      requireSeamless(placed, fileBytes - dataStart);
      return new SafetensorsFile(file, metadata(header), byName(placed, dataStart));
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  private long jsonBytes(FileChannel channel, long fileBytes) throws IOException {
    if (fileBytes < SafetensorsHeader.LENGTH_BYTES) {
      throw fault("It has " + fileBytes + " bytes, fewer than the 8 of its header's length.");
    }
    byte[] bytes = readFully(channel, 0, SafetensorsHeader.LENGTH_BYTES);
    long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 0 || length > SafetensorsHeader.MAX_JSON_BYTES) {
      throw fault(
          "Its header would have "
              + Long.toUnsignedString(length)
              + " bytes, more than the "
              + SafetensorsHeader.MAX_JSON_BYTES
              + " allowed.");
    }
    if (length > fileBytes - SafetensorsHeader.LENGTH_BYTES) {
      throw fault(
          "Its header would have " + length + " bytes, but the file has only " + fileBytes + ".");
    }
    return length;
  }

  private JsonNode parse(byte[] json) throws IOException {
    try {
      JsonNode header = STRICT.readTree(json);
      if (!header.isObject()) {
        throw fault("Its header is not a JSON object.");
      }
      return header;
    } catch (JsonProcessingException e) {
      throw fault("Its header is not sound JSON: " + e.getOriginalMessage() + ".");
    } catch (CharConversionException e) {
      throw fault("Its header is not UTF-8: " + e.getMessage() + ".");
    }
  }

  private Map<String, String> metadata(JsonNode header) {
    JsonNode node = header.path(SafetensorsHeader.METADATA);
    SortedMap<String, String> result = new TreeMap<>();
    if (node.isMissingNode()) {
      return result;
    }
    if (!node.isObject()) {
      throw fault("Its __metadata__ is not a JSON object.");
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw fault("Its __metadata__ holds a value that is not text, at " + field.getKey() + ".");
      }
      result.put(field.getKey(), field.getValue().textValue());
    }
    return result;
  }

  private List<Placed> placedTensors(JsonNode header) {
    List<Placed> placed = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : header.properties()) {
      if (!field.getKey().equals(SafetensorsHeader.METADATA)) {
        placed.add(place(field.getKey(), field.getValue()));
      }
    }
    placed.sort(Comparator.comparingLong(Placed::begin).thenComparingLong(Placed::end));
    return placed;
  }

  private Placed place(String name, JsonNode description) {
    String dtypeName = description.path("dtype").asText();
    Dtype dtype =
        Dtype.ofSafetensorsName(dtypeName)
            .orElseThrow(() -> fault("Tensor " + name + " has the dtype '" + dtypeName + "'."));
    long[] shape = naturals(name, description, "shape");
    long[] offsets = naturals(name, description, "data_offsets");
    if (offsets.length != 2 || offsets[1] < offsets[0]) {
      throw fault("Tensor " + name + " has data_offsets that are not a beginning and an end.");
    }
    TensorEntry entry = new TensorEntry(name, dtype, shape);
    requireFitting(entry, offsets[1] - offsets[0]);
    return new Placed(entry, offsets[0], offsets[1]);
  }

  private long[] naturals(String name, JsonNode description, String key) {
    JsonNode array = description.path(key);
    boolean sound = array.isArray();
    for (JsonNode number : array) {
      sound &= number.isIntegralNumber() && number.canConvertToLong() && number.longValue() >= 0;
    }
    if (!sound) {
      throw fault("Tensor " + name + " has a " + key + " that is no list of natural numbers.");
    }
    long[] result = new long[array.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = array.get(i).longValue();
    }
    return result;
  }

  private void requireFitting(TensorEntry entry, long bytes) {
    long needed;
    try {
      needed = entry.bytes();
    } catch (ArithmeticException e) {
      throw fault("Tensor " + entry + " has more elements than a number can count.");
    }
    if (needed != bytes) {
      throw fault("Tensor " + entry + " needs " + needed + " bytes, but has " + bytes + ".");
    }
  }

  private void requireSeamless(List<Placed> placed, long dataBytes) {
    long end = 0;
    for (Placed tensor : placed) {
      if (tensor.begin() > end) {
        throw fault("Bytes " + end + " to " + tensor.begin() + " of its data belong to no tensor.");
      }
      if (tensor.begin() < end) {
        throw fault("Tensor " + tensor.entry().name() + " overlaps the one before it.");
      }
      end = tensor.end();
    }
    if (end > dataBytes) {
      throw WeightsErrors.truncated(file, end, dataBytes);
    }
    if (end < dataBytes) {
      throw fault((dataBytes - end) + " bytes at its end belong to no tensor.");
    }
  }

  private static SortedMap<String, Stored> byName(List<Placed> placed, long dataStart) {
    SortedMap<String, Stored> result = new TreeMap<>(SafetensorsHeader.BYTE_ORDER);
    for (Placed tensor : placed) {
      result.put(tensor.entry().name(), new Stored(tensor.entry(), dataStart + tensor.begin()));
    }
    return result;
  }

  private static byte[] readFully(FileChannel channel, long position, int count)
      throws IOException {
    byte[] bytes = new byte[count];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("the file became shorter while it was read");
      }
    }
    return bytes;
  }

  private RuntimeException fault(String why) {
    return WeightsErrors.brokenFile(file, why);
  }
}
