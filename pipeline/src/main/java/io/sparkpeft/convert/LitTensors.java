package io.sparkpeft.convert;

import io.sparkpeft.weights.RenamedTensors;
import io.sparkpeft.weights.TensorSource;
import io.sparkpeft.weights.torch.TorchFile;
import java.nio.file.Path;

/**
 * The tensors of a Lit-GPT file under the names of today's litgpt. Before 0.5 queries, keys and
 * values were made by {@code attn.attn}, ordered group by group.
 *
 * @param order of queries, keys and values
 */
record LitTensors(TensorSource source, QueryKeyValue order) {
  private static final String FORMER = ".attn.attn.";
  private static final String PRESENT = ".attn.qkv.";

  static LitTensors open(Path file) {
    TensorSource stored = TorchFile.open(file);
    boolean former = stored.names().stream().anyMatch(name -> name.contains(FORMER));
    return former
        ? new LitTensors(
            new RenamedTensors(stored, name -> name.replace(FORMER, PRESENT)),
            QueryKeyValue.GROUPED)
        : new LitTensors(stored, QueryKeyValue.STACKED);
  }
}
