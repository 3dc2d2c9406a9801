package io.sparkpeft.api;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.adapter.AdapterConfig;
import io.sparkpeft.adapter.BaseModel;
import io.sparkpeft.adapter.BaseWeights;
import io.sparkpeft.adapter.FrozenTensors;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.model.Decoder;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.quant.QuantizedFormat;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.tensor.Arithmetic;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.weights.ModelFolder;
import io.sparkpeft.weights.TensorSource;
import java.nio.file.Path;
import java.util.Optional;

/** A base model in an executor's memory. */
record LoadedBase(ModelFolder folder, DecoderConfig config, Decoder decoder) {

  /** As it is stored. */
  static LoadedBase load(NDManager manager, Path path, Arithmetic arithmetic) {
    return load(manager, path, Optional.empty(), arithmetic);
  }

  /**
   * @param quantization on load; empty for as it is stored
   */
  static LoadedBase load(
      NDManager manager, Path path, Optional<Quantization> quantization, Arithmetic arithmetic) {
    ModelFolder folder = ModelFolder.open(path);
    DecoderConfig config = DecoderConfig.read(folder.config(), quantization);
    return new LoadedBase(
        folder, config, Decoder.load(manager, config, folder.tensors(), arithmetic));
  }

  /**
   * The arithmetic for a model on this machine; see {@link Arithmetic#choose}.
   *
   * @param wanted {@code model.dtype}: AUTO or a {@link Dtype}
   */
  static Arithmetic arithmetic(Path path, String wanted, Device device) {
    TensorSource tensors = ModelFolder.open(path).tensors();
    Dtype stored = QuantizedFormat.plainDtype(tensors);
    Optional<Dtype> chosen =
        wanted.equals("AUTO") ? Optional.empty() : Optional.of(Dtype.valueOf(wanted));
    return Arithmetic.choose(chosen, stored, device);
  }

  /** The configuration of a new adapter over this base. */
  AdapterConfig adapterConfig(Recipe recipe) {
    JsonNode settings =
        recipe.adapterSettings().put("base_model_name_or_path", LocalCopy.name(folder.path()));
    return AdapterConfig.of(settings).resolvedFor(baseModel());
  }

  /** What an adapter has to know of it. */
  BaseModel baseModel() {
    return config.baseModel();
  }

  /** Its values, for adapters that begin with them or are measured by them. */
  FrozenTensors frozenTensors() {
    return decoder.frozenTensors();
  }

  /** How its files keep its weights. */
  BaseWeights weights() {
    return config.weights(folder.tensors().names());
  }
}
