package io.sparkpeft.convert;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The layouts that are converted, each known by the names of its files of weights. */
public enum Format {
  /** Meta's, and Mistral's: weights beside params.json. */
  META("consolidated\\.(\\d{2}\\.pth|safetensors)"),

  /** Lit-GPT's and LitGPT's: weights beside model_config.yaml or lit_config.json. */
  LITGPT("lit_model\\.pth"),

  /** LoRA weights alone, beside model_config.yaml and hyperparameters.yaml. */
  LITGPT_LORA("lit_model\\.pth\\.lora");

  private final Pattern weights;

  Format(String weights) {
    this.weights = Pattern.compile(weights);
  }

  /** Its name in recipes. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The names of its files of weights in a folder, sorted. */
  List<String> weights(Path folder) {
    return files(folder).stream().filter(name -> weights.matcher(name).matches()).toList();
  }

  /**
   * The layout that a folder is in.
   *
   * @param wanted which, if it is in several
   * @throws io.sparkpeft.base.SparkPeftException (66) if there are no files of any, or not of the
   *     one that is wanted; (78) if there are of several and none is wanted
   */
  static Format of(Path folder, Optional<Format> wanted) {
    List<Format> found =
        Arrays.stream(values()).filter(format -> !format.weights(folder).isEmpty()).toList();
    if (wanted.isPresent() && found.contains(wanted.get())) {
      return wanted.get();
    }
    if (wanted.isPresent() || found.isEmpty()) {
      throw ConvertErrors.nothingToConvert(folder, wanted, files(folder));
    }
    if (found.size() > 1) {
      List<String> weights = new ArrayList<>();
      found.forEach(format -> weights.addAll(format.weights(folder)));
      throw ConvertErrors.severalFormats(folder, weights, found);
    }
    return found.get(0);
  }

  private static List<String> files(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw ConvertErrors.noFolder(folder, e);
    }
  }
}
