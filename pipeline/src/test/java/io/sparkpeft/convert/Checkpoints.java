package io.sparkpeft.convert;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.base.Json;
import io.sparkpeft.model.Decoder;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.Safetensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The checkpoints of convert_lit.py and convert_meta.py, and what they compute. */
final class Checkpoints {
  private Checkpoints() {}

  static Path path(String name) {
    try {
      return Path.of(Checkpoints.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** Their folders' names, sorted. */
  static List<String> names(String pattern) throws IOException {
    try (Stream<Path> files = Files.list(path("tokens.json").getParent())) {
      return files
          .filter(Files::isDirectory)
          .map(file -> file.getFileName().toString())
          .filter(name -> name.matches(pattern))
          .sorted()
          .toList();
    }
  }

  /** Converts one into a new folder. */
  static Path converted(String name, Path folder) throws IOException {
    Path target = Files.createDirectory(folder.resolve(name + "-converted"));
    Conversion.of(path(name), Conversion.Wanted.NOTHING).write(target, line -> {});
    return target;
  }

  /** A copy of one, to be spoiled. */
  static Path copy(String name, Path folder) throws IOException {
    Path target = Files.createDirectory(folder.resolve(name));
    try (Stream<Path> files = Files.list(path(name))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, target.resolve(file.getFileName().toString()));
      }
    }
    return target;
  }

  /** One line of a text file for another. */
  static void replace(Path file, String line, String other) throws IOException {
    String text = Files.readString(file);
    assertThat(text).contains(line);
    Files.writeString(file, text.replace(line, other));
  }

  /** [positions, vocabulary], flat. */
  static float[] logits(Path model, Optional<Path> adapterFolder, int[] tokens) {
    Engine.prepareThread();
    try (NDManager manager = Engine.newManager(Device.cpu())) {
      Decoder decoder =
          Decoder.load(
              manager, ModelFolder.open(model), new Arithmetic(Dtype.FLOAT32, Product.PLAIN, ""));
      Optional<Adapter> adapter =
          adapterFolder.map(
              folder ->
                  Adapters.load(
                      manager, folder, decoder.config().baseModel(), decoder.frozenTensors()));
      return decoder.logits(adapter, tokens);
    }
  }

  /** Those that every model of litgpt's was given. */
  static int[] tokens() {
    return StreamSupport.stream(Json.read(path("tokens.json")).spliterator(), false)
        .mapToInt(token -> token.asInt())
        .toArray();
  }

  /** Those that a model of Meta's was given. */
  static int[] tokensOf(String name) {
    ByteBuffer bytes = Safetensors.open(path("meta_expected.safetensors")).bytes(name + ".tokens");
    int[] tokens = new int[bytes.remaining() / Integer.BYTES];
    bytes.asIntBuffer().get(tokens);
    return tokens;
  }

  static float[] expected(String file, String name) {
    ByteBuffer bytes = Safetensors.open(path(file)).bytes(name);
    float[] floats = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(floats);
    return floats;
  }

  static double largestDifference(float[] actual, float[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    }
    return largest;
  }

  /** The last of them. */
  static float[] last(float[] all, int count) {
    return Arrays.copyOfRange(all, all.length - count, all.length);
  }
}
