package io.sparkpeft.recipe;

import static io.sparkpeft.recipe.Key.NamedAfter.BITSANDBYTES;
import static io.sparkpeft.recipe.Key.NamedAfter.QLORA;

import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.quant.QuantType;
import io.sparkpeft.quant.Quantization;
import io.sparkpeft.weights.ModelFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * @param path folder of a Hugging Face checkpoint, visible to every executor under the same name
 * @param dtype the type that the base's weights are computed in
 * @param type in which the base's linear layers are quantised on load; empty for as they are stored
 * @param blockSize weights that share a scale, where they are quantised
 * @param nested whether the scales are quantised too
 */
public record ModelSection(
    Optional<String> path,
    ComputeDtype dtype,
    Optional<QuantType> type,
    int blockSize,
    boolean nested) {

  /** The type of the base's weights while computing. */
  public enum ComputeDtype {
    /** That of the checkpoint, where the processor computes well in it; else float32. */
    AUTO,
    FLOAT32,
    BFLOAT16
  }

  static final Key<Optional<String>> PATH =
      Key.optional(
              "model.path",
              ValueTypes.TEXT,
              "none: every job needs it",
              "Folder of the base model: config.json, safetensors files, tokenizer files; for convert,"
                  + " of the checkpoint that is to become one.")
          .input();

  static final Key<ComputeDtype> DTYPE =
      Key.of(
          "model.dtype",
          ValueTypes.oneOf(ComputeDtype.class),
          ComputeDtype.AUTO,
          "The type that the base computes in; auto takes the checkpoint's where the processor"
              + " is fast in it, else float32.");

  static final Key<Optional<QuantType>> QUANTIZATION =
      Key.optional(
          "model.quantization",
          ValueTypes.oneOf(QuantType.class),
          "none: as the checkpoint is; the job quantize takes nf4",
          "The four-bit type in which the linear layers (all but the head) are kept, expanded"
              + " layer by layer to model.dtype: QLoRA. Experts are among them, expanded one by"
              + " one; their routers are not. A checkpoint that is quantised already needs no key.");

  static final Key<Boolean> DOUBLE_QUANT =
      Key.of(
              "model.double_quant",
              ValueTypes.BOOLEAN,
              true,
              "Whether the scales of model.quantization are quantised too, to eight bits: 4.127"
                  + " bits for each weight instead of 4.5, in blocks of 64.")
          .as(QLORA);

  static final Key<Integer> BLOCKSIZE =
      Key.of(
              "model.quantization_blocksize",
              ValueTypes.INTEGER,
              Quantization.DEFAULT_BLOCK,
              "How many weights of model.quantization share a scale.")
          .must("a power of two from 32 to 4096", Quantization::isBlockSize)
          .as(BITSANDBYTES);

  static final List<Key<?>> KEYS = List.of(PATH, DTYPE, QUANTIZATION, DOUBLE_QUANT, BLOCKSIZE);

  static ModelSection of(EffectiveRecipe recipe) {
    return new ModelSection(
        recipe.value(PATH),
        recipe.value(DTYPE),
        recipe.value(QUANTIZATION),
        recipe.value(BLOCKSIZE),
        recipe.value(DOUBLE_QUANT));
  }

  /** How the base is to be quantised on load; empty for as it is stored. */
  public Optional<Quantization> quantization() {
    return type.map(chosen -> new Quantization(chosen, blockSize, nested));
  }

  /** How {@code quantize} is to quantise the base. */
  public Quantization requiredQuantization() {
    return new Quantization(type.orElse(QuantType.NF4), blockSize, nested);
  }

  /** What the base is, read from its config.json and from what is to be done on load. */
  public DecoderConfig config() {
    return DecoderConfig.read(ModelFolder.openConfig(folder()), quantization());
  }

  /** The names of its tensors; none where there is a config.json alone. */
  public Set<String> tensorNames() {
    return ModelFolder.tensorNames(folder());
  }

  /** The folder of the base model. */
  public Path folder() {
    return Location.folder(path.orElseThrow(() -> RecipeErrors.notSet(PATH)));
  }
}
