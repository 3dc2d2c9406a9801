package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.base.Json;
import io.sparkpeft.data.TokenBatch;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.Safetensors;
import io.sparkpeft.weights.SafetensorsFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A model of reference/llama.py or families.py with what it is known to compute. */
final class ReferenceModel implements AutoCloseable {
  private static final String METHODS = "methods/";
  private static final String VARIANTS = "lora_variants/";

  final NDManager manager;
  final Decoder decoder;
  final Adapter adapter;
  final JsonNode facts;
  private final SafetensorsFile values;

  private ReferenceModel(
      String config, String weights, String adapterFolder, String own, Arithmetic arithmetic) {
    Engine.prepareThread();
    manager = Engine.newManager(device());
    ModelFolder folder = ModelFolder.open(path(weights));
    DecoderConfig decoderConfig = DecoderConfig.read(ModelFolder.openConfig(path(config)));
    decoder = Decoder.load(manager, decoderConfig, folder.tensors(), arithmetic);
    adapter =
        Adapters.load(
            manager, path(adapterFolder), decoderConfig.baseModel(), decoder.frozenTensors());
    facts = Json.read(path(own).resolve("expected.json"));
    values = Safetensors.open(path(own).resolve("expected.safetensors"));
  }

  static ReferenceModel open(String name, Product product) {
    return open(name, new Arithmetic(Dtype.FLOAT32, product, ""));
  }

  /** Also one with an adapter of methods.py or lora_variants.py. */
  static ReferenceModel open(String name, Arithmetic arithmetic) {
    if (name.startsWith(METHODS)) {
      return method(name.substring(METHODS.length()), arithmetic);
    }
    if (name.startsWith(VARIANTS)) {
      return variantOfLora(name.substring(VARIANTS.length()), "adapter", arithmetic);
    }
    return new ReferenceModel(name, name, name + "/adapter", name, arithmetic);
  }

  static ReferenceModel open(String name) {
    return open(name, Product.PLAIN);
  }

  /** The first model's weights under another config. */
  static ReferenceModel variant(String config) {
    Arithmetic arithmetic = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, "");
    return new ReferenceModel(config, "untied", "untied/adapter", config, arithmetic);
  }

  /** The first model with an adapter of reference/methods.py. */
  static ReferenceModel method(String name, Arithmetic arithmetic) {
    String own = METHODS + name;
    return new ReferenceModel("untied", "untied", own + "/adapter", own, arithmetic);
  }

  /** A model of families.py with an adapter of methods.py, whose name ends in the family's. */
  static ReferenceModel methodOfFamily(String name) {
    String base = "families/" + name.substring(name.indexOf('_') + 1);
    String own = "methods_of_families/" + name;
    return new ReferenceModel(
        base, base, own + "/adapter", own, new Arithmetic(Dtype.FLOAT32, Product.PLAIN, ""));
  }

  static ReferenceModel method(String name) {
    return method(name, new Arithmetic(Dtype.FLOAT32, Product.PLAIN, ""));
  }

  /** A variant of LoRA of reference/lora_variants.py. */
  static ReferenceModel variantOfLora(String name, String adapter, Arithmetic arithmetic) {
    String own = "lora_variants/" + name;
    String base = "families/" + Json.read(path(own).resolve("expected.json")).get("base").asText();
    return new ReferenceModel(base, base, own + "/" + adapter, own, arithmetic);
  }

  /** Names for {@link #familyOrMethod}. */
  static Stream<String> familiesAndMethods() throws IOException {
    return Stream.concat(
        names("families").stream().map(name -> "families/" + name),
        names("methods").stream().map(name -> METHODS + name));
  }

  /** A model of families.py, or the first one with an adapter of methods.py. */
  static ReferenceModel familyOrMethod(String path) {
    return path.startsWith(METHODS) ? method(path.substring(METHODS.length())) : open(path);
  }

  /** {@code -Dspark-peft.test.gpu=0} computes on that GPU. */
  private static Device device() {
    Integer gpu = Integer.getInteger("spark-peft.test.gpu");
    return gpu == null ? Device.cpu() : Device.gpu(gpu);
  }

  /** The models of a folder, sorted. */
  static List<String> names(String folder) throws IOException {
    try (Stream<Path> models = Files.list(path(folder))) {
      return models.map(model -> model.getFileName().toString()).sorted().toList();
    }
  }

  static Path path(String name) {
    try {
      return Path.of(ReferenceModel.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  float[] floats(String name) {
    ByteBuffer bytes = values.bytes(name);
    float[] floats = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(floats);
    return floats;
  }

  byte[] bytes(String name) {
    ByteBuffer buffer = values.bytes(name);
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  int[] tokens(String key) {
    return tokens(facts.get(key));
  }

  static int[] tokens(JsonNode node) {
    return IntStream.range(0, node.size()).map(i -> node.get(i).asInt()).toArray();
  }

  List<int[]> lists(String key) {
    List<int[]> lists = new ArrayList<>();
    facts.get(key).forEach(list -> lists.add(tokens(list)));
    return lists;
  }

  /** What transformers writes behind prompts of several lengths. */
  void assertGreedyTexts() {
    List<int[]> answers =
        Generator.generate(
            decoder,
            Optional.of(adapter),
            lists("prompts"),
            GenerationSettings.greedy(32, Set.of()));
    assertThat(answers).containsExactlyElementsOf(lists("greedy"));
  }

  static double cosine(float[] a, float[] b) {
    double product = 0;
    double ofA = 0;
    double ofB = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      ofA += (double) a[i] * a[i];
      ofB += (double) b[i] * b[i];
    }
    return product / Math.sqrt(ofA * ofB);
  }

  /** Documents of 20, 13 and 7 tokens. */
  TokenBatch batch() {
    int[] tokens = tokens("tokens");
    int[] places = placesOfTokens();
    boolean[] targets = new boolean[places.length];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = facts.get("targets").get(places[i]).asBoolean();
    }
    return new TokenBatch(
        tokens("lengths"),
        Arrays.stream(places).map(place -> tokens[place]).toArray(),
        targets,
        new long[] {5, 9, 2});
  }

  /** Where the tokens are in transformers' padded rows, which the facts are stored as. */
  private int[] placesOfTokens() {
    int[] lengths = tokens("lengths");
    int columns = facts.get("tokens").size() / lengths.length;
    return IntStream.range(0, lengths.length * columns)
        .filter(place -> place % columns < lengths[place / columns])
        .toArray();
  }

  /** PEFT's gradients, flat, in the adapter's order. */
  float[] expectedGradient(String prefix) {
    float[] flat = new float[adapter.parameterCount()];
    adapter
        .parameters()
        .forEach(
            p -> {
              float[] part = floats(prefix + p.name());
              System.arraycopy(part, 0, flat, p.offset(), part.length);
            });
    return flat;
  }

  /** The masks that PEFT was given. */
  DropoutMasks givenMasks() {
    return new GivenMasks(placesOfTokens());
  }

  private final class GivenMasks implements DropoutMasks {
    private final int[] places;

    GivenMasks(int[] places) {
      this.places = places;
    }

    @Override
    public int[] dropped(int module, int features) {
      byte[] all = bytes("mask." + decoder.config().linearModules().get(module).name());
      return IntStream.range(0, places.length * features)
          .filter(i -> all[places[i / features] * features + i % features] == 0)
          .toArray();
    }

    @Override
    public DropoutMasks at(long[] rows) {
      return new GivenMasks(Arrays.stream(rows).mapToInt(row -> places[(int) row]).toArray());
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
