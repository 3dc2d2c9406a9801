package io.sparkpeft.report;

import java.util.ArrayList;
import java.util.List;

/** What was trained, in the words of the papers. */
final class Method {
  private Method() {}

  /** Such as "QLoRA (nf4) of rank 16". */
  static String of(Settings settings) {
    List<String> words = new ArrayList<>();
    String type = settings.value("adapter.peft_type").orElse("an adapter");
    switch (type) {
      case "LORA" ->
          words.add(lora(settings) + " of rank " + settings.value("adapter.r").orElse("?"));
      case "VBLORA" -> words.add("VB-LoRA of rank " + settings.value("adapter.r").orElse("?"));
      case "IA3" -> words.add("IA³");
      case "PREFIX_TUNING" ->
          words.add(
              "Prefix tuning with "
                  + settings.value("adapter.num_virtual_tokens").orElse("?")
                  + " virtual tokens"
                  + (isTrue(settings, "adapter.prefix_projection") ? " through a projection" : ""));
      case "BOTTLENECK" -> words.add("Bottleneck adapters");
      default -> words.add("An adapter");
    }
    settings.value("model.quantization").ifPresent(bits -> words.add("a base in " + bits));
    return String.join(" over ", words);
  }

  private static String lora(Settings settings) {
    return isTrue(settings, "adapter.use_dora") ? "DoRA" : "LoRA";
  }

  private static boolean isTrue(Settings settings, String key) {
    return settings.value(key).filter("true"::equals).isPresent();
  }
}
