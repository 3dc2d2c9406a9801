package io.sparkpeft.adapter;

import ai.djl.ndarray.NDManager;
import java.nio.file.Path;

/** Makes and loads adapters of every kind. */
public final class Adapters {
  private Adapters() {}

  /**
   * A new adapter, its values drawn as its configuration says.
   *
   * @param parent the manager whose close ends the adapter too
   * @param frozen the base's values, for what begins with them
   * @param seed with a tensor's name, decides what is drawn
   * @throws io.sparkpeft.base.SparkPeftException (78) if the configuration does not fit the base
   */
  public static Adapter create(
      NDManager parent, AdapterConfig config, BaseModel base, FrozenTensors frozen, long seed) {
    return switch (config.peftType()) {
      case LORA -> LoraAdapter.create(parent, (LoraConfig) config, base, frozen, seed);
      case VBLORA -> VbLoraAdapter.create(parent, (VbLoraConfig) config, base, frozen, seed);
      case IA3 ->
          ModuleAdapter.create(parent, config, ((Ia3Config) config).parts(base), frozen, seed);
      case PREFIX_TUNING -> PrefixAdapter.create(parent, (PrefixTuningConfig) config, base, seed);
      case BOTTLENECK ->
          ModuleAdapter.create(
              parent, config, ((BottleneckConfig) config).parts(base), frozen, seed);
    };
  }

  /** The same of an adapter that begins with none of the base's values. */
  public static Adapter create(NDManager parent, AdapterConfig config, BaseModel base, long seed) {
    return create(parent, config, base, FrozenTensors.NONE, seed);
  }

  /**
   * Reads an adapter that PEFT or we wrote. Values in bf16 and fp16 are widened to fp32.
   *
   * @param folder with adapter_config.json and adapter_model.safetensors
   * @param frozen the base's values, for what is measured by them
   * @throws io.sparkpeft.base.SparkPeftException (66) if a file is missing; (65) if one is broken,
   *     or if its tensors are not exactly those that its configuration means in this base: then all
   *     that are missing, unexpected or misshapen are listed
   */
  public static Adapter load(NDManager parent, Path folder, BaseModel base, FrozenTensors frozen) {
    AdapterConfig config = AdapterConfig.read(folder);
    return switch (config.peftType()) {
      case LORA -> LoraAdapter.load(parent, folder, base, frozen);
      case VBLORA -> VbLoraAdapter.load(parent, (VbLoraConfig) config, folder, base);
      case IA3 -> ModuleAdapter.load(parent, config, folder, ((Ia3Config) config).parts(base));
      case PREFIX_TUNING -> PrefixAdapter.load(parent, (PrefixTuningConfig) config, folder, base);
      case BOTTLENECK ->
          ModuleAdapter.load(parent, config, folder, ((BottleneckConfig) config).parts(base));
    };
  }

  /** The same of an adapter that is measured by none of the base's values. */
  public static Adapter load(NDManager parent, Path folder, BaseModel base) {
    return load(parent, folder, base, FrozenTensors.NONE);
  }
}
