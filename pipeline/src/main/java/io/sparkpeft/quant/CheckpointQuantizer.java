package io.sparkpeft.quant;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.ModelFolderWriter;
import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorSource;
import io.sparkpeft.weights.WriteListener;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Writes a checkpoint with some of its weights in four bits, one weight in memory at a time. Every
 * weight is read two or three times: a file begins with what follows from all of its scales.
 */
public final class CheckpointQuantizer {
  private final TensorSource source;
  private final Quantization settings;
  private final QuantizationReport.Builder report = new QuantizationReport.Builder();

  private CheckpointQuantizer(TensorSource source, Quantization settings) {
    this.source = source;
    this.settings = settings;
  }

  /**
   * Writes a model folder. What is no target is copied; the tokenizer's files come along.
   *
   * @param skipped linear modules that are no targets
   * @param folder an existing folder to write into; the caller makes it appear whole
   * @param listener hears how far it has come
   * @throws io.sparkpeft.base.SparkPeftException (65) if a target is missing, is no float or has a
   *     value that is not finite, (78) if the base is quantised already, (73) if a file cannot be
   *     written
   */
  public static QuantizationReport write(
      ModelFolder base,
      List<WeightToQuantize> targets,
      List<String> skipped,
      Quantization settings,
      Path folder,
      WriteListener listener) {
    QuantizationConfig.read(base.config())
        .ifPresent(
            there -> {
              throw QuantErrors.quantizedAlready(there.text());
            });
    CheckpointQuantizer quantizer = new CheckpointQuantizer(base.tensors(), settings);
    List<NamedTensor> tensors = quantizer.tensors(targets);
    ObjectNode config = base.config();
    Dtype compute = base.tensors().entry(targets.get(0).name()).dtype();
    config.set(QuantizationConfig.KEY, QuantizationConfig.of(settings, skipped, compute));
    ModelFolderWriter.write(
        folder, config, tensors, ModelFolderWriter.DEFAULT_SHARD_BYTES, listener);
    ModelFolderWriter.copyCompanions(base.path(), folder);
    return quantizer.report.build();
  }

  private List<NamedTensor> tensors(List<WeightToQuantize> targets) {
    Map<String, WeightToQuantize> byName =
        targets.stream()
            .collect(
                Collectors.toMap(
                    WeightToQuantize::name, target -> target, (a, b) -> a, LinkedHashMap::new));
    List<NamedTensor> tensors = new ArrayList<>();
    for (String name : source.names()) {
      WeightToQuantize target = byName.remove(name);
      if (target == null) {
        tensors.add(NamedTensor.of(source, name));
      } else {
        tensors.addAll(
            new WeightQuantization(
                    source, target, settings, ByteBuffer::allocateDirect, Optional.of(report))
                .tensors());
      }
    }
    if (!byName.isEmpty()) {
      throw QuantErrors.missingWeights(byName.keySet());
    }
    tensors.forEach(tensor -> report.after(tensor.entry().bytes()));
    source.names().forEach(name -> report.before(source.entry(name).bytes()));
    return tensors;
  }
}
