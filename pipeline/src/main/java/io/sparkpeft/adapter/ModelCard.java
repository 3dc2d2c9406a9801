package io.sparkpeft.adapter;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The README.md that hubs show for an adapter, with the header that PEFT gives it. */
final class ModelCard {
  private ModelCard() {}

  static String of(AdapterConfig config) {
    String base = config.baseModelNameOrPath().orElse("");
    String tags =
        (base.isEmpty() ? Stream.of("lora") : Stream.of("base_model:adapter:" + base, "lora"))
            .map(tag -> "- " + PythonJson.quoted(tag))
            .collect(Collectors.joining("\n"));
    return """
        ---
        %slibrary_name: peft
        tags:
        %s
        pipeline_tag: text-generation
        ---

        # LoRA adapter

        Trained with spark-peft; PEFT loads it as its own: \
        `PeftModel.from_pretrained(base, folder)`.

        | setting | value |
        | --- | --- |
        | r | %s |
        | lora_alpha | %s |
        | lora_dropout | %s |
        | target_modules | %s |

        ### Framework versions

        - PEFT %s
        """
        .formatted(
            base.isEmpty() ? "" : "base_model: " + PythonJson.quoted(base) + "\n",
            tags,
            config.toJson().get("r"),
            config.toJson().get("lora_alpha"),
            config.toJson().get("lora_dropout"),
            config.toJson().get("target_modules"),
            config.toJson().get("peft_version").asText());
  }
}
