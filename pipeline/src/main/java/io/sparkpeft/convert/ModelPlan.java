package io.sparkpeft.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Sha256;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorEntry;
import io.sparkpeft.weights.TensorSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * All tensors of a model in Hugging Face's layout, each with the rows that it is made of: exactly
 * those that its config.json means.
 *
 * @param where the checkpoint lies, for messages
 * @param source the checkpoint's tensors
 */
record ModelPlan(
    String where, TensorSource source, NameTable table, Heads heads, QueryKeyValue order) {
  static final String HEAD = "lm_head";
  private static final String WEIGHT = ".weight";

  /**
   * @param config what config.json shall hold
   * @param unused names of tensors that nothing is made of, and need not be
   * @throws io.sparkpeft.base.SparkPeftException (65) if tensors are unexpected or misshapen, (66)
   *     if one is missing, (78) if the model is not known here
   */
  List<NamedTensor> tensors(ObjectNode config, Set<String> unused) {
    Assembly assembly = new Assembly(source);
    List<NamedTensor> tensors = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    Set<String> used = new HashSet<>(unused);
    for (Map.Entry<String, long[]> weight : weights(config).entrySet()) {
      List<Rows> rows = rows(weight.getKey());
      rows.forEach(piece -> used.add(piece.source()));
      NamedTensor tensor = assembly.tensor(storedName(weight.getKey(), config), rows);
      check(tensor, weight.getValue(), wrong);
      tensors.add(tensor);
    }
    Set<String> unexpected = new TreeSet<>(source.names());
    unexpected.removeAll(used);
    unexpected.forEach(name -> wrong.add(name + " is not expected"));
    if (!wrong.isEmpty()) {
      throw ConvertErrors.doesNotFit(where, wrong);
    }
    return tensors;
  }

  /**
   * Whether the head's tensor is the embedding's, byte for byte, or missing: a model in Hugging
   * Face's layout then has one for both.
   */
  static boolean isTied(TensorSource source, String head, String embedding) {
    return !source.contains(head)
        || (source.entry(head).dtype() == source.entry(embedding).dtype()
            && sha256(source, head).equals(sha256(source, embedding)));
  }

  /** One of two large tensors is in memory at a time. */
  private static String sha256(TensorSource source, String name) {
    return new Sha256().add(source.bytes(name)).hex();
  }

  private static Map<String, long[]> weights(ObjectNode config) {
    return DecoderConfig.read(config).weightShapes();
  }

  private List<Rows> rows(String weight) {
    int dot = weight.lastIndexOf('.');
    String kind = weight.substring(dot); // .weight or .bias
    return table
        .rows(weight.substring(0, dot), new Stored(kind))
        .orElseThrow(() -> new IllegalStateException("the table has no " + weight))
        .stream()
        .map(piece -> new Rows(piece.source() + kind, piece.first(), piece.count()))
        .toList();
  }

  /** Checkpoints of GPT-NeoX have always called their head so; new readers know both names. */
  private static String storedName(String weight, ObjectNode config) {
    boolean former = config.get("model_type").asText().equals("gpt_neox");
    return former && weight.equals(HEAD + WEIGHT) ? "embed_out" + WEIGHT : weight;
  }

  private static void check(NamedTensor tensor, long[] expected, List<String> wrong) {
    TensorEntry entry = tensor.entry();
    if (!Arrays.equals(entry.shape(), expected)) {
      wrong.add(
          "%s is %s instead of %s"
              .formatted(entry.name(), Arrays.toString(entry.shape()), Arrays.toString(expected)));
    } else if (!entry.dtype().isFloatingPoint()) {
      wrong.add(entry.name() + " is stored as " + entry.dtype().torchName());
    } else if (entry.bytes() > Integer.MAX_VALUE) {
      wrong.add(entry.name() + " has more than 2147483647 bytes");
    }
  }

  /** The checkpoint's tensors of one kind. */
  private final class Stored implements Origin.Outputs {
    private final String kind;

    Stored(String kind) {
      this.kind = kind;
    }

    @Override
    public Heads heads() {
      return heads;
    }

    @Override
    public QueryKeyValue order() {
      return order;
    }

    @Override
    public long count(String source) {
      return ModelPlan.this.source.entry(source + kind).shape()[0];
    }
  }
}
