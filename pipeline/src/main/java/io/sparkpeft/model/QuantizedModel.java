package io.sparkpeft.model;

import io.sparkpeft.quant.CheckpointQuantizer;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.quant.QuantizationReport;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.WriteListener;
import java.nio.file.Path;

/** Writes models with their linear layers in four bits. */
public final class QuantizedModel {
  private QuantizedModel() {}

  /**
   * Quantises all linear layers but the head, also those of experts; embeddings, norms, biases, the
   * head and what chooses among experts stay as they are. transformers loads NF4 and FP4 by itself;
   * experts in four bits its versions before 5 do, later ones refuse them.
   *
   * @param folder an existing folder to write into; the caller makes it appear whole
   * @param listener hears how far it has come
   * @throws io.sparkpeft.base.SparkPeftException (65) if weights are missing, are no floats or are
   *     not finite, (78) if the model is not known here or is quantised already, (73) if a file
   *     cannot be written
   */
  public static QuantizationReport write(
      ModelFolder base, Quantization settings, Path folder, WriteListener listener) {
    DecoderConfig config = DecoderConfig.read(base.config());
    StoredNames stored = new StoredNames(config, base.tensors().names());
    return CheckpointQuantizer.write(
        base,
        StoredQuantization.targets(config, stored),
        StoredQuantization.skipped(config),
        settings,
        folder,
        listener);
  }
}
