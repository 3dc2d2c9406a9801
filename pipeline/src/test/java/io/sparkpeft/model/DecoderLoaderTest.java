package io.sparkpeft.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.tensor.Product;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checkpoints as they are found: under former names, with buffers, or with what does not fit. */
class DecoderLoaderTest {
  private static final Arithmetic FP32 = new Arithmetic(Dtype.FLOAT32, Product.PLAIN, "");
  private static final int[] TOKENS = {3, 5, 8};

  private NDManager manager;

  @BeforeEach
  void open() {
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void readsABareModelWithItsBuffers() {
    Renamed renamed = new Renamed("gpt2");
    for (String name : List.copyOf(renamed.names())) {
      renamed.move(name, name.replace("transformer.", ""));
    }
    renamed.byName.put("h.0.attn.bias", "transformer.wpe.weight");
    renamed.byName.put("h.1.attn.masked_bias", "transformer.wpe.weight");
    renamed.byName.put("lm_head.weight", "transformer.wte.weight");
    assertThat(logits(renamed)).isEqualTo(logits(new Renamed("gpt2")));
  }

  @Test
  void readsATiedMatrixUnderTheHeadsName() {
    Renamed renamed = new Renamed("opt");
    renamed.move("model.decoder.embed_tokens.weight", "lm_head.weight");
    assertThat(logits(renamed)).isEqualTo(logits(new Renamed("opt")));
  }

  /** transformers writes embed_out to this day. */
  @Test
  void readsTheHeadOfGptNeoxUnderBothNames() {
    Renamed written = new Renamed("gpt_neox");
    assertThat(written.names()).contains("embed_out.weight");
    Renamed renamed = new Renamed("gpt_neox");
    renamed.move("embed_out.weight", "lm_head.weight");
    assertThat(logits(renamed)).isEqualTo(logits(written));
  }

  @Test
  void listsAllThatDoesNotFit() {
    Renamed wrong = new Renamed("phi");
    wrong.byName.remove("lm_head.bias");
    wrong.byName.put("model.layers.0.mlp.fc1.weight", "model.layers.0.mlp.fc2.weight");
    wrong.byName.put("model.layers.0.self_attn.q_layernorm.weight", "lm_head.weight");
    assertThatThrownBy(() -> logits(wrong))
        .hasMessageContaining("lm_head.bias is missing")
        .hasMessageContaining("model.layers.0.mlp.fc1.weight is [24, 36] instead of [36, 24]")
        .hasMessageContaining("model.layers.0.self_attn.q_layernorm.weight is not expected");
  }

  private float[] logits(Renamed weights) {
    return Decoder.load(manager, weights.config, weights, FP32).logits(Optional.empty(), TOKENS);
  }

  /** A model of reference/families.py, its weights under other names. */
  private static final class Renamed implements TensorSource {
    final DecoderConfig config;
    final Map<String, String> byName = new TreeMap<>();
    private final TensorSource source;

    Renamed(String family) {
      ModelFolder folder = ModelFolder.open(ReferenceModel.path("families/" + family));
      config = DecoderConfig.read(folder.config());
      source = folder.tensors();
      source.names().forEach(name -> byName.put(name, name));
    }

    void move(String from, String to) {
      byName.put(to, byName.remove(from));
    }

    @Override
    public Set<String> names() {
      return byName.keySet();
    }

    @Override
    public TensorEntry entry(String name) {
      TensorEntry entry = source.entry(byName.get(name));
      return new TensorEntry(name, entry.dtype(), entry.shape());
    }

    @Override
    public ByteBuffer bytes(String name) {
      return source.bytes(byName.get(name));
    }
  }
}
