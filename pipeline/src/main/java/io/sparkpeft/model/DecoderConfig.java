package io.sparkpeft.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.tensor.Dtype;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The architecture of a causal decoder, as choices independent of each other; a family of models is
 * a combination of them.
 *
 * @param modelType the family's name in config.json
 * @param layers how many
 * @param hiddenSize width of the residual stream
 * @param vocabularySize rows of the embedding, and of the head
 * @param maxPositionEmbeddings the context that the model was trained for, in tokens
 * @param norm before attention, before the MLP, and before the head
 * @param attention heads and their sizes
 * @param rotary how positions enter attention
 * @param mlp the feed-forward part
 * @param tiedHead whether the head's weight is the embedding
 * @param stored the type that config.json says its weights have; empty if it does not say
 * @param quantization the method that config.json says its weights were quantised by, if any
 * @param bosId begin of sequence, if config.json names one
 * @param eosIds ends of sequence
 */
public record DecoderConfig(
    String modelType,
    int layers,
    int hiddenSize,
    int vocabularySize,
    int maxPositionEmbeddings,
    RmsNorm norm,
    Attention attention,
    Rotary rotary,
    GatedMlp mlp,
    boolean tiedHead,
    Optional<Dtype> stored,
    Optional<String> quantization,
    Optional<Integer> bosId,
    Set<Integer> eosIds) {

  /**
   * x / sqrt(mean(x^2) + eps) * weight. (Zhang and Sennrich 2019, arXiv:1910.07467.)
   *
   * @param eps added to the mean square
   */
  public record RmsNorm(double eps) {}

  /**
   * Causal attention with grouped queries. (Ainslie et al. 2023, arXiv:2305.13245.)
   *
   * @param heads of the queries
   * @param kvHeads of keys and values; divides heads
   * @param headDim features of one head
   */
  public record Attention(int heads, int kvHeads, int headDim) {
    int queryWidth() {
      return heads * headDim;
    }

    int kvWidth() {
      return kvHeads * headDim;
    }
  }

  /**
   * SwiGLU: down(silu(gate(x)) * up(x)). (Shazeer 2020, arXiv:2002.05202.)
   *
   * @param intermediateSize its inner width
   */
  public record GatedMlp(int intermediateSize) {}

  /**
   * Reads a Hugging Face config.json; keys that are left out have the family's defaults there.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) naming what is not supported, (65) naming
   *     what is missing or impossible
   */
  public static DecoderConfig read(JsonNode config) {
    return ConfigReader.read(config);
  }

  /** All linear layers, in the order in which they are computed, by PEFT's names; the head last. */
  public List<LinearModule> linearModules() {
    List<LinearModule> modules = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      for (Projection projection : Projection.values()) {
        modules.add(projection.module(this, layer));
      }
    }
    modules.add(head());
    return List.copyOf(modules);
  }

  LinearModule head() {
    return new LinearModule(ModuleNames.HEAD, hiddenSize, vocabularySize);
  }

  /** All weights of the model; a tied head counts once. */
  public long parameterCount() {
    long embedding = (long) vocabularySize * hiddenSize;
    return embedding * (tiedHead ? 1 : 2) + layers * layerParameterCount() + hiddenSize;
  }

  /** The weights of one layer: seven projections and two norms. */
  long layerParameterCount() {
    long count = 2L * hiddenSize;
    for (Projection projection : Projection.values()) {
      LinearModule module = projection.module(this, 0);
      count += module.in() * module.out();
    }
    return count;
  }

  /** The most tokens that the model can be given at once. */
  public int contextLength() {
    return rotary.scaling().contextLength(maxPositionEmbeddings);
  }
}
