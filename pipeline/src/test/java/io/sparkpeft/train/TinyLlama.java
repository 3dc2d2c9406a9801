package io.sparkpeft.train;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.adapter.LoraConfig;
import io.sparkpeft.base.Json;
import io.sparkpeft.model.AdapterTraining;
import io.sparkpeft.model.Checkpointing;
import io.sparkpeft.model.Decoder;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/** A LLaMA of two layers with random weights, to be adapted by LoRA on all its linear layers. */
final class TinyLlama implements AutoCloseable {
  static final int VOCABULARY = 96;

  private static final int HIDDEN = 32;
  private static final int KEYS = 16;
  private static final int INNER = 48;
  private static final int LAYERS = 2;

  private final NDManager manager;
  private final Decoder decoder;

  TinyLlama(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.write(folder.resolve("config.json"), Json.canonicalBytes(config()));
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"), SafetensorsWriter.PYTORCH, weights(new Random(3)));
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
    Arithmetic arithmetic =
        Arithmetic.choose(Optional.of(Dtype.FLOAT32), Dtype.FLOAT32, Device.cpu());
    decoder = Decoder.load(manager, ModelFolder.open(folder), arithmetic);
  }

  /** LoRA of rank 8 with dropout, its values drawn by the seed. */
  Rehearsal.Student student(long seed) {
    return student(seed, Json.object());
  }

  /** The same with other settings, or an adapter of another method by its own alone. */
  Rehearsal.Student student(long seed, JsonNode settings) {
    AdapterConfig config =
        settings.has("peft_type") ? AdapterConfig.of(settings) : lora().withAll(settings);
    Adapter adapter =
        Adapters.create(
            Engine.newManager(Device.cpu()),
            config.resolvedFor(decoder.config().baseModel()),
            decoder.config().baseModel(),
            decoder.frozenTensors(),
            seed);
    AdapterTraining training = new AdapterTraining(decoder, adapter, Checkpointing.RECOMPUTE);
    return new Rehearsal.Student(adapter, training::lossAndGradient, training::loss);
  }

  private static LoraConfig lora() {
    return LoraConfig.defaults()
        .with("r", 8)
        .with("lora_alpha", 16)
        .with("lora_dropout", 0.05)
        .with(
            "target_modules",
            List.of(
                "q_proj",
                "k_proj",
                "v_proj",
                "o_proj",
                "gate_proj",
                "up_proj",
                "down_proj",
                "lm_head"));
  }

  @Override
  public void close() {
    manager.close();
  }

  private static ObjectNode config() {
    ObjectNode config = Json.object();
    config.putArray("architectures").add("LlamaForCausalLM");
    return config
        .put("model_type", "llama")
        .put("hidden_act", "silu")
        .put("attention_bias", false)
        .put("hidden_size", HIDDEN)
        .put("intermediate_size", INNER)
        .put("num_hidden_layers", LAYERS)
        .put("num_attention_heads", 4)
        .put("num_key_value_heads", 2)
        .put("max_position_embeddings", 64)
        .put("rms_norm_eps", 1e-5)
        .put("rope_theta", 10000.0)
        .put("tie_word_embeddings", false)
        .put("torch_dtype", "float32")
        .put("bos_token_id", 1)
        .put("eos_token_id", 2)
        .put("vocab_size", VOCABULARY);
  }

  private static List<NamedTensor> weights(Random random) {
    List<NamedTensor> weights = new ArrayList<>();
    weights.add(gaussian(random, "model.embed_tokens.weight", VOCABULARY, HIDDEN));
    weights.add(gaussian(random, "lm_head.weight", VOCABULARY, HIDDEN));
    weights.add(ones("model.norm.weight"));
    for (int layer = 0; layer < LAYERS; layer++) {
      String at = "model.layers." + layer + ".";
      weights.add(ones(at + "input_layernorm.weight"));
      weights.add(ones(at + "post_attention_layernorm.weight"));
      weights.add(gaussian(random, at + "self_attn.q_proj.weight", HIDDEN, HIDDEN));
      weights.add(gaussian(random, at + "self_attn.k_proj.weight", KEYS, HIDDEN));
      weights.add(gaussian(random, at + "self_attn.v_proj.weight", KEYS, HIDDEN));
      weights.add(gaussian(random, at + "self_attn.o_proj.weight", HIDDEN, HIDDEN));
      weights.add(gaussian(random, at + "mlp.gate_proj.weight", INNER, HIDDEN));
      weights.add(gaussian(random, at + "mlp.up_proj.weight", INNER, HIDDEN));
      weights.add(gaussian(random, at + "mlp.down_proj.weight", HIDDEN, INNER));
    }
    return weights;
  }

  private static NamedTensor gaussian(Random random, String name, int rows, int columns) {
    double scale = 1 / Math.sqrt(columns);
    double[] values =
        IntStream.range(0, rows * columns)
            .mapToDouble(i -> scale * random.nextGaussian())
            .toArray();
    return tensor(name, values, rows, columns);
  }

  private static NamedTensor ones(String name) {
    return tensor(name, IntStream.range(0, HIDDEN).mapToDouble(i -> 1).toArray(), HIDDEN);
  }

  private static NamedTensor tensor(String name, double[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      bytes.putFloat((float) value);
    }
    return new NamedTensor(name, Dtype.FLOAT32, shape, bytes::flip);
  }
}
