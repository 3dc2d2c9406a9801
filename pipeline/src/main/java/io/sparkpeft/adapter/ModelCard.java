package io.sparkpeft.adapter;

import io.sparkpeft.base.Json;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The README.md that hubs show for an adapter, with the header that PEFT gives it. */
final class ModelCard {
  private static final Set<String> OTHER =
      Set.of("peft_type", "task_type", "megatron_core", "qalora_group_size");

  private ModelCard() {}

  static String of(AdapterConfig config) {
    String base = config.baseModelNameOrPath().orElse("");
    String tags =
        tags(config.peftType(), base)
            .map(tag -> "- " + PythonJson.quoted(tag))
            .collect(Collectors.joining("\n"));
    return """
        ---
        %slibrary_name: peft
        tags:
        %s
        pipeline_tag: text-generation
        ---

        # %s adapter

        Trained with spark-peft; %s

        | setting | value |
        | --- | --- |
        %s

        ### Framework versions

        - PEFT %s
        """
        .formatted(
            base.isEmpty() ? "" : "base_model: " + PythonJson.quoted(base) + "\n",
            tags,
            config.peftType().method(),
            howToLoad(config.peftType()),
            settings(config),
            config.toJson().get("peft_version").asText("0.21.2"));
  }

  private static String howToLoad(PeftType type) {
    return type == PeftType.BOTTLENECK
        ? "named as in LLM-Adapters' fork of PEFT (arXiv:2304.01933). PEFT itself has no such"
            + " method."
        : "PEFT loads it as its own: `PeftModel.from_pretrained(base, folder)`.";
  }

  /** Those that PEFT gives. */
  private static Stream<String> tags(PeftType type, String base) {
    Stream<String> ofBase =
        base.isEmpty() ? Stream.empty() : Stream.of("base_model:adapter:" + base);
    return Stream.concat(ofBase, type == PeftType.LORA ? Stream.of("lora") : Stream.empty());
  }

  /** What the method itself can be told. */
  private static String settings(AdapterConfig config) {
    return PeftKeys.withoutBookkeeping(config.toJson()).properties().stream()
        .filter(field -> !Json.isFalse(field.getValue()) && !OTHER.contains(field.getKey()))
        .map(field -> "| " + field.getKey() + " | " + field.getValue() + " |")
        .collect(Collectors.joining("\n"));
  }
}
