package io.sparkpeft.spark.eval;

import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.Adapters;
import io.sparkpeft.eval.RequestEncoder;
import io.sparkpeft.model.Decoder;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.quant.QuantizedFormat;
import io.sparkpeft.spark.TaskDevice;
import io.sparkpeft.spark.storage.Storage;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.Engine;
import io.sparkpeft.text.Tokenizer;
import io.sparkpeft.weights.ModelFolder;
import java.nio.file.Path;
import java.util.Optional;

/** A base model with its tokenizer and, if asked for, an adapter, in this process's memory. */
final class LoadedModel implements AutoCloseable {
  private final NDManager manager;
  private final Decoder decoder;
  private final Optional<Adapter> adapter;
  private final Tokenizer tokenizer;

  private LoadedModel(
      NDManager manager, Decoder decoder, Optional<Adapter> adapter, Tokenizer tokenizer) {
    this.manager = manager;
    this.decoder = decoder;
    this.adapter = adapter;
    this.tokenizer = tokenizer;
  }

  /**
   * Loads it to the device of the calling task.
   *
   * @throws io.sparkpeft.base.SparkPeftException (65, 66) if a folder is missing or broken, or the
   *     adapter does not fit
   */
  static LoadedModel load(ModelSpec spec) {
    NDManager manager = Engine.newManager(TaskDevice.here());
    try {
      ModelFolder folder = ModelFolder.open(Storage.here().ensure(spec.modelFolder()));
      DecoderConfig config = DecoderConfig.read(folder.config(), spec.quantizationOnLoad());
      Decoder decoder = Decoder.load(manager, config, folder.tensors(), arithmetic(spec, folder));
      Optional<Adapter> adapter = spec.adapterFolder().map(path -> adapter(manager, path, decoder));
      Tokenizer tokenizer = Tokenizer.open(spec.modelFolder());
      return new LoadedModel(manager, decoder, adapter, tokenizer);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** Another adapter for it, which is the caller's to close. */
  Adapter loadAdapter(Path folder) {
    return adapter(manager, folder, decoder);
  }

  private static Adapter adapter(NDManager manager, Path folder, Decoder decoder) {
    return Adapters.load(
        manager,
        Storage.here().ensure(folder),
        decoder.config().baseModel(),
        decoder.frozenTensors());
  }

  private static Arithmetic arithmetic(ModelSpec spec, ModelFolder folder) {
    Dtype stored = QuantizedFormat.plainDtype(folder.tensors());
    Optional<Dtype> wanted =
        spec.dtype().equals("auto") ? Optional.empty() : Dtype.ofTorchName(spec.dtype());
    return Arithmetic.choose(wanted, stored, TaskDevice.here());
  }

  Decoder decoder() {
    return decoder;
  }

  Optional<Adapter> adapter() {
    return adapter;
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  /** Encodes requests for this model, with its own prefix token and context length. */
  RequestEncoder requestEncoder() {
    int prefix =
        tokenizer
            .bosId()
            .orElseGet(
                () ->
                    tokenizer
                        .eosId()
                        .orElseThrow(
                            () -> SparkEvalErrors.noPrefixToken(tokenizer.files().folder())));
    return new RequestEncoder(
        (text, special) -> tokenizer.encode(text, special).ids(),
        prefix,
        tokenizer.decode(new int[] {prefix}, false),
        decoder.config().maxPositionEmbeddings());
  }

  @Override
  public void close() {
    tokenizer.close();
    manager.close();
  }
}
